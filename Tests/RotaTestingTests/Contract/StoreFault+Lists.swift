import Foundation
import RotaStore
import RotaTesting
import Synchronization

extension StoreFault {
    static let lists: [StoreFault] = [
        StoreFault("lists the newest job first", "jobs are listed in full, oldest first") { store in
            store.jobsHook = { base, query in
                var page = try await base.jobs(query)
                page.items.reverse()
                return page
            }
        },
        StoreFault("loses the record between two pages of jobs", "pages of jobs have no gaps or repetitions") { store in
            store.jobsHook = { base, query in
                var page = try await base.jobs(query)
                if query.after != nil { page.items = Array(page.items.dropFirst()) }
                return page
            }
        },
        StoreFault("pages jobs by offset", "a cursor keeps its place while jobs are added and deleted") { store in
            let offset = Mutex(0)
            store.jobsHook = { base, query in
                var all = query
                (all.limit, all.after) = (1000, nil)
                let items = try await base.jobs(all).items
                let start = query.after == nil ? 0 : offset.withLock { $0 }
                offset.withLock { $0 = start + query.limit }
                let page = items.dropFirst(start).prefix(query.limit)
                return RecordPage(items: Array(page), next: page.last.map { _ in PageCursor(after: 1) })
            }
        },
        StoreFault(
            "lists jobs in the order of their creation only",
            "jobs are listed by name in any case, and by next run with those without one last"
        ) { store in
            store.jobsHook = { base, query in
                var query = query
                query.sort = .createdAt
                return try await base.jobs(query)
            }
        },
        StoreFault(
            "lists a paused job by the date at which it resumes",
            "jobs are listed by name in any case, and by next run with those without one last"
        ) { store in
            store.jobsHook = { base, query in
                let page = try await base.jobs(query)
                guard query.sort == .nextRun else { return page }
                let wakes = page.items.sorted {
                    ($0.scheduleState.nextWakeup ?? .distantFuture) < ($1.scheduleState.nextWakeup ?? .distantFuture)
                }
                return RecordPage(items: query.order == .ascending ? wakes : wakes.reversed(), next: page.next)
            }
        },
        StoreFault(
            "pages sorted jobs by offset",
            "a sorted list misses and repeats no job that stays in place while others change"
        ) { store in
            let offset = Mutex(0)
            store.jobsHook = { base, query in
                guard query.sort != .createdAt else { return try await base.jobs(query) }
                var all = query
                (all.limit, all.after) = (1000, nil)
                let items = try await base.jobs(all).items
                let start = query.after == nil ? 0 : offset.withLock { $0 }
                offset.withLock { $0 = start + query.limit }
                let page = items.dropFirst(start).prefix(query.limit)
                return RecordPage(items: Array(page), next: page.last.map { _ in PageCursor(after: 1) })
            }
        },
        StoreFault("takes any cursor", "the cursor of a list in another order is refused") { store in
            store.jobsHook = { base, query in
                var query = query
                if query.after?.date == nil, query.after?.name == nil { query.after = nil }
                return try await base.jobs(query)
            }
        },
        StoreFault("accepts any limit for jobs", "a page has from 1 to 1,000 jobs") { store in
            store.jobsHook = { base, query in
                var query = query
                query.limit = min(max(1, query.limit), 1000)
                return try await base.jobs(query)
            }
        },
        StoreFault("matches names by case", "jobs are found by state and by a part of the name") { store in
            store.jobsHook = { base, query in
                var page = try await base.jobs(query)
                if let text = query.nameContains, !text.isEmpty {
                    page.items.removeAll { !$0.name.contains(text) }
                }
                return page
            }
        },
        StoreFault(
            "lists the oldest execution first",
            "executions are listed in the order of their creation, newest first by default"
        ) { store in
            store.executionsHook = { base, query in
                var query = query
                query.order = .ascending
                return try await base.executions(query)
            }
        },
        StoreFault(
            "repeats a record on the next page", "pages of executions have no gaps or repetitions in either order"
        ) { store in
            let last = Mutex<Execution?>(nil)
            store.executionsHook = { base, query in
                var page = try await base.executions(query)
                if query.after != nil { page.items = last.withLock { $0.map { [$0] } ?? [] } + page.items }
                let end = page.items.last
                last.withLock { $0 = end }
                return page
            }
        },
        StoreFault("pages executions by offset", "a cursor keeps its place while executions are added") { store in
            let offset = Mutex(0)
            store.executionsHook = { base, query in
                var all = query
                (all.limit, all.after) = (1000, nil)
                let items = try await base.executions(all).items
                let start = query.after == nil ? 0 : offset.withLock { $0 }
                offset.withLock { $0 = start + query.limit }
                let page = items.dropFirst(start).prefix(query.limit)
                return RecordPage(items: Array(page), next: page.last.map { _ in PageCursor(after: 1) })
            }
        },
        StoreFault("accepts any limit for executions", "a page has from 1 to 1,000 executions") { store in
            store.executionsHook = { base, query in
                var query = query
                query.limit = min(max(1, query.limit), 1000)
                return try await base.executions(query)
            }
        },
        StoreFault(
            "includes the end of a date range", "executions are found by job, status, date, name and all of them"
        ) { store in
            store.executionsHook = { base, query in
                var query = query
                query.to = query.to?.addingTimeInterval(1)
                return try await base.executions(query)
            }
        },
        StoreFault("returns the same execution to every claim", "concurrent claims never share an execution") { store in
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
