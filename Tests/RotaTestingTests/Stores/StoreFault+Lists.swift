import Foundation
import RotaStore
import RotaTesting
import Synchronization

extension StoreFault {
    static let lists: [StoreFault] = [
        StoreFault("lists the newest job first", "jobs are listed whole") { store in
            store.jobsHook = { base, query in
                var page = try await base.jobs(query)
                page.items.reverse()
                return page
            }
        },
        StoreFault("loses the record between two pages of jobs", "pages of jobs follow") { store in
            store.jobsHook = { base, query in
                var page = try await base.jobs(query)
                if query.after != nil { page.items = Array(page.items.dropFirst()) }
                return page
            }
        },
        StoreFault("pages jobs by their number", "a page stays where it was while jobs") { store in
            let offset = Mutex(0)
            store.jobsHook = { base, query in
                var all = query
                (all.limit, all.after) = (1000, nil)
                let items = try await base.jobs(all).items
                let start = query.after == nil ? 0 : offset.withLock { $0 }
                offset.withLock { $0 = start + query.limit }
                let page = items.dropFirst(start).prefix(query.limit)
                return RecordPage(items: Array(page), next: page.last.flatMap { _ in PageCursor("1") })
            }
        },
        StoreFault("takes any limit for jobs", "a page has from 1 to 1,000 jobs") { store in
            store.jobsHook = { base, query in
                var query = query
                query.limit = min(max(1, query.limit), 1000)
                return try await base.jobs(query)
            }
        },
        StoreFault("takes names by their letters' case", "jobs are found by their states") { store in
            store.jobsHook = { base, query in
                var page = try await base.jobs(query)
                if let text = query.nameContains, !text.isEmpty {
                    page.items.removeAll { !$0.name.contains(text) }
                }
                return page
            }
        },
        StoreFault("lists the oldest execution first", "T-103 ") { store in
            store.executionsHook = { base, query in
                var query = query
                query.order = .ascending
                return try await base.executions(query)
            }
        },
        StoreFault("repeats a record on the next page", "T-105 ") { store in
            let last = Mutex<Execution?>(nil)
            store.executionsHook = { base, query in
                var page = try await base.executions(query)
                if query.after != nil { page.items = last.withLock { $0.map { [$0] } ?? [] } + page.items }
                let end = page.items.last
                last.withLock { $0 = end }
                return page
            }
        },
        StoreFault("pages executions by their number", "a page stays where it was while executions") { store in
            let offset = Mutex(0)
            store.executionsHook = { base, query in
                var all = query
                (all.limit, all.after) = (1000, nil)
                let items = try await base.executions(all).items
                let start = query.after == nil ? 0 : offset.withLock { $0 }
                offset.withLock { $0 = start + query.limit }
                let page = items.dropFirst(start).prefix(query.limit)
                return RecordPage(items: Array(page), next: page.last.flatMap { _ in PageCursor("1") })
            }
        },
        StoreFault("takes any limit for executions", "T-104 ") { store in
            store.executionsHook = { base, query in
                var query = query
                query.limit = min(max(1, query.limit), 1000)
                return try await base.executions(query)
            }
        },
        StoreFault("takes the end of a time as a part of it", "T-97 to T-102 ") { store in
            store.executionsHook = { base, query in
                var query = query
                query.to = query.to?.addingTimeInterval(1)
                return try await base.executions(query)
            }
        },
        StoreFault("gives one execution to everybody", "of many who claim at once, one") { store in
            let first = Mutex<[Claim]>([])
            store.claimHook = { base, request in
                let claims = try await base.claim(request)
                return first.withLock { first in
                    if first.isEmpty { first = claims }
                    return first
                }
            }
        },
    ]
}
