import Foundation
import RotaSchedule
import RotaStore
import RotaTesting
import Synchronization

extension StoreFault {
    static let jobs: [StoreFault] = [
        StoreFault("reads jobs without their metadata", "a job is read back") { store in
            store.jobHook = { base, id in
                var job = try await base.job(id)
                job?.definition.metadata = [:]
                return job
            }
        },
        StoreFault("throws where there is no job", "a job that is not there is nil") { store in
            store.jobHook = { base, id in
                guard let job = try await base.job(id) else { throw StoreError(.jobNotFound, "no job") }
                return job
            }
        },
        StoreFault("loses first executions", "T-6 ") { store in
            store.insertHook = { base, all in try await base.insert(all.map { JobInsertion($0.job) }) }
        },
        StoreFault("inserts one after the other", "a job whose identifier is taken") { store in
            store.insertHook = { base, all in
                var outcomes: [JobInsertion.Outcome] = []
                for insertion in all { outcomes += try await base.insert([insertion]) }
                return outcomes
            }
        },
        StoreFault("inserts the job before its executions", "an execution whose identifier is taken") { store in
            store.insertHook = { base, all in
                let outcomes = try await base.insert(all.map { JobInsertion($0.job) })
                for insertion in all { try await base.enqueue(insertion.executions) }
                return outcomes
            }
        },
        StoreFault(
            "ignores the keys of insertions", "T-55 a repeated", "T-55 one", "of many who insert under one key"
        ) { store in
            store.insertHook = { base, all in
                try await base.insert(all.map { JobInsertion($0.job, executions: $0.executions) })
            }
        },
        StoreFault("remembers the keys of deleted jobs", "an idempotency key is free again") { store in
            let known = Mutex<[String: Job]>([:])
            store.insertHook = { base, all in
                if let key = all.first?.idempotencyKey, let job = known.withLock({ $0[key] }) {
                    return [.existing(job)]
                }
                known.withLock { for one in all { $0[one.idempotencyKey ?? ""] = one.job } }
                return try await base.insert(all)
            }
        },
        StoreFault("keeps the executions of deleted jobs", "T-57 ") { store in
            store.deleteHook = { base, ids in ids }
            store.jobHook = { _, _ in nil }
        },
        StoreFault("throws where there is no job to delete", "I-29 ") { store in
            store.deleteHook = { base, ids in
                let gone = try await base.delete(ids)
                guard gone == ids else { throw StoreError(.jobNotFound, "no job") }
                return gone
            }
        },
        StoreFault(
            "changes what others have changed", "a change needs the present revision",
            "of many who change one revision"
        ) { store in
            store.replaceHook = { base, change in
                var change = change
                while true {
                    change.expectedRevision = try await base.job(change.id)?.revision ?? 0
                    do { return try await base.replace(change) } catch let error as StoreError
                        where error.code == .conflict
                    {}
                }
            }
        },
        StoreFault("calls a job that is not there a conflict", "a change of a job that is not there") { store in
            store.replaceHook = { base, change in
                do { return try await base.replace(change) } catch { throw StoreError(.conflict, "conflict") }
            }
        },
        StoreFault("forgets when a job goes on", "a change sets the revision") { store in
            store.replaceHook = { base, change in
                var change = change
                change.scheduleState.resumesAt = nil
                return try await base.replace(change)
            }
        },
        StoreFault("ignores new definitions", "S-47 ", "T-107 ") { store in
            store.replaceHook = { base, change in
                var change = change
                change.definition = nil
                return try await base.replace(change)
            }
            store.executionsHook = { base, query in
                var query = query
                query.jobNameContains = nil
                return try await base.executions(query)
            }
        },
        StoreFault("moves the cursor back", "a change never moves the cursor back") { store in
            store.replaceHook = { base, change in
                var job = try await base.replace(change)
                job.scheduleState.decidedThrough = change.scheduleState.decidedThrough
                return job
            }
        },
        StoreFault("loses the skips of a change", "a change records the occurrences") { store in
            store.replaceHook = { base, change in
                var change = change
                change.skips = []
                return try await base.replace(change)
            }
        },
        StoreFault("ignores the keys of changes", "I-28 ") { store in
            store.replaceHook = { base, change in
                var change = change
                change.idempotencyKey = nil
                return try await base.replace(change)
            }
        },
        StoreFault("knows no slugs", "S-22 ") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.attributes.slug = nil
                        return insertion
                    })
            }
        },
        StoreFault("lists the oldest version first", "S-11 ") { store in
            store.versionsHook = { base, job in try await base.versions(of: job).reversed() }
        },
        StoreFault("makes a version of every change", "a change of the schedule state alone") { store in
            store.replaceHook = { base, change in
                var change = change
                if change.definition == nil { change.definition = try await base.job(change.id)?.definition }
                return try await base.replace(change)
            }
        },
        StoreFault("keeps a hundred versions, whoever needs them", "of earlier versions") { store in
            store.versionsHook = { base, job in Array(try await base.versions(of: job).prefix(101)) }
        },
        StoreFault(
            "always runs the present version", "SX-7 a pinned", "SX-7 the minor", "TX-4 "
        ) { store in
            store.claimHook = { base, request in
                var claims = try await base.claim(request)
                for index in claims.indices {
                    claims[index].job = try await base.job(claims[index].job.id) ?? claims[index].job
                }
                return claims
            }
        },
        StoreFault("always runs the pinned version", "SX-7 an execution of the latest") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.versionPolicy = .pin
                        return insertion
                    })
            }
            store.replaceHook = { base, change in
                var change = change
                change.definition?.versionPolicy = .pin
                return try await base.replace(change)
            }
        },
        StoreFault("lists the newest dependency first", "S-15 ") { store in
            store.dependenciesHook = { base, job in try await base.dependencies(of: job).reversed() }
        },
        StoreFault("removes dependencies that are not there", "a dependency can be removed, once") { store in
            store.removeDependencyHook = { base, id in
                _ = try await base.removeDependency(id)
                return true
            }
        },
        StoreFault("accepts any dependency", "a dependency whose identifier is taken", "S-112 ") { store in
            store.addHook = { base, dependency in try? await base.addDependency(dependency) }
        },
        StoreFault("keeps dependencies for ever", "a dependency goes with either of its ends") { store in
            let all = Mutex<[JobDependency]>([])
            store.addHook = { base, dependency in
                try await base.addDependency(dependency)
                all.withLock { $0.append(dependency) }
            }
            store.dependenciesHook = { base, job in all.withLock { $0.filter { $0.jobID == job } } }
        },
    ]
}
