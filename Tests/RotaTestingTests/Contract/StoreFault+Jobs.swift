import Foundation
import RotaSchedule
import RotaStore
import RotaTesting
import Synchronization

extension StoreFault {
    static let jobs: [StoreFault] = [
        StoreFault("reads jobs without their metadata", "a job is read back as it was inserted") { store in
            store.jobHook = { base, id in
                var job = try await base.job(id)
                job?.definition.metadata = [:]
                return job
            }
        },
        StoreFault("throws for a missing job", "reading a missing job returns nil") { store in
            store.jobHook = { base, id in
                guard let job = try await base.job(id) else { throw StoreError(.jobNotFound, "a missing job") }
                return job
            }
        },
        StoreFault("loses first executions", "a job's first executions are inserted with it") { store in
            store.insertHook = { base, all in try await base.insert(all.map { JobInsertion($0.job) }) }
        },
        StoreFault(
            "inserts the jobs of a batch one by one",
            "a job with an existing identifier is refused with its whole batch"
        ) { store in
            store.insertHook = { base, all in
                var outcomes: [JobInsertion.Outcome] = []
                for insertion in all { outcomes += try await base.insert([insertion]) }
                return outcomes
            }
        },
        StoreFault(
            "inserts the job before its executions",
            "an execution with an existing identifier is refused with its whole batch"
        ) { store in
            store.insertHook = { base, all in
                let outcomes = try await base.insert(all.map { JobInsertion($0.job) })
                for insertion in all { try await base.enqueue(insertion.executions) }
                return outcomes
            }
        },
        StoreFault(
            "ignores the keys of insertions", "a repeated idempotency key returns the first job unchanged",
            "an idempotency key twice in one batch creates one job",
            "only one of several concurrent insertions with one key succeeds"
        ) { store in
            store.insertHook = { base, all in
                try await base.insert(all.map { JobInsertion($0.job, executions: $0.executions) })
            }
        },
        StoreFault("remembers the keys of deleted jobs", "deleting a job frees its idempotency key") { store in
            let known = Mutex<[String: Job]>([:])
            store.insertHook = { base, all in
                if let key = all.first?.idempotencyKey, let job = known.withLock({ $0[key] }) {
                    return [.existing(job)]
                }
                known.withLock { for one in all { $0[one.idempotencyKey ?? ""] = one.job } }
                return try await base.insert(all)
            }
        },
        StoreFault(
            "keeps the executions of deleted jobs",
            "deleting a job deletes everything that belongs to it and nothing else"
        ) { store in
            store.deleteHook = { base, ids in ids }
            store.jobHook = { _, _ in nil }
        },
        StoreFault("throws when deleting a missing job", "deleting a missing job is not an error") { store in
            store.deleteHook = { base, ids in
                let gone = try await base.delete(ids)
                guard gone == ids else { throw StoreError(.jobNotFound, "a missing job") }
                return gone
            }
        },
        StoreFault(
            "replaces from an old revision", "a replacement needs the current revision, and a conflict changes nothing",
            "only one of several concurrent replacements succeeds"
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
        StoreFault("reports a missing job as a conflict", "replacing a missing job is refused") { store in
            store.replaceHook = { base, change in
                do { return try await base.replace(change) } catch { throw StoreError(.conflict, "conflict") }
            }
        },
        StoreFault("forgets when a job resumes", "a replacement sets the revision and keeps other fields") { store in
            store.replaceHook = { base, change in
                var change = change
                change.scheduleState.resumesAt = nil
                return try await base.replace(change)
            }
        },
        StoreFault(
            "ignores new definitions", "a new definition increments the version", "an execution keeps its job's name"
        ) { store in
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
        StoreFault(
            "declares in several steps", "a declaration from an old revision of its owner changes nothing",
            "a declaration with a job that changed or is gone changes nothing",
            "a declaration with a taken slug changes nothing"
        ) { store in
            store.declareHook = { base, declaration in
                let inserted = try await base.insert(declaration.insertions).map(\.job)
                var replaced: [Job] = []
                for replacement in declaration.replacements { replaced.append(try await base.replace(replacement)) }
                _ = try await base.delete(declaration.deletions)
                _ = try await base.declare(JobDeclaration(declaration.owner))
                return inserted + replaced
            }
        },
        StoreFault(
            "forgets owners", "a declaration inserts, replaces and deletes in one step, and records its owner"
        ) { store in
            store.ownerHook = { _, _ in nil }
        },
        StoreFault("ignores the owner in a query", "jobs are listed by the owner that declared them") { store in
            store.jobsHook = { base, query in
                var query = query
                query.declaredBy = nil
                return try await base.jobs(query)
            }
        },
        StoreFault("moves the cursor back", "a replacement never moves the cursor back") { store in
            store.replaceHook = { base, change in
                var job = try await base.replace(change)
                job.scheduleState.decidedThrough = change.scheduleState.decidedThrough
                return job
            }
        },
        StoreFault("loses the skips of a replacement", "a replacement records its skips") { store in
            store.replaceHook = { base, change in
                var change = change
                change.skips = []
                return try await base.replace(change)
            }
        },
        StoreFault(
            "ignores operation keys", "a replacement repeated with its operation key does nothing until the key expires"
        ) { store in
            store.replaceHook = { base, change in
                var change = change
                change.idempotencyKey = nil
                return try await base.replace(change)
            }
        },
        StoreFault("allows repeated slugs", "a slug is unique within a project") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.attributes.slug = nil
                        return insertion
                    })
            }
        },
        StoreFault("lists the oldest version first", "a job's versions are listed in full, newest first") { store in
            store.versionsHook = { base, job in try await base.versions(of: job).reversed() }
        },
        StoreFault("adds a version for every replacement", "a change of the schedule state alone adds no version") {
            store in
            store.replaceHook = { base, change in
                var change = change
                if change.definition == nil { change.definition = try await base.job(change.id)?.definition }
                return try await base.replace(change)
            }
        },
        StoreFault(
            "removes versions that executions need",
            "the newest 100 earlier versions are kept, and those that executions need"
        ) { store in
            store.versionsHook = { base, job in Array(try await base.versions(of: job).prefix(101)) }
        },
        StoreFault(
            "always runs the current version", "a pinned execution runs the version it was created with",
            "the minor policy runs the current version only if it is backwards compatible",
            "an execution keeps the version of its first attempt"
        ) { store in
            store.claimHook = { base, request in
                var claims = try await base.claim(request)
                for index in claims.indices {
                    claims[index].job = try await base.job(claims[index].job.id) ?? claims[index].job
                }
                return claims
            }
        },
        StoreFault("always runs the pinned version", "the latest policy runs the current version") { store in
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
        StoreFault("lists the newest dependency first", "a job's dependencies are listed oldest first") { store in
            store.dependenciesHook = { base, job in try await base.dependencies(of: job).reversed() }
        },
        StoreFault("removes missing dependencies", "a dependency can be removed once") { store in
            store.removeDependencyHook = { base, id in
                _ = try await base.removeDependency(id)
                return true
            }
        },
        StoreFault(
            "accepts any dependency", "a dependency with an existing identifier or a missing job is refused",
            "a dependency that closes a circle is refused"
        ) { store in
            store.addHook = { base, dependency in try? await base.addDependency(dependency) }
        },
        StoreFault(
            "ignores dependencies",
            "an execution waits until the latest one of the job it depends on ended as the condition says",
            "an execution that has made an attempt passes a dependency that is no longer met",
            "an execution with a key waits for the one with the same key of the job it depends on",
            "a dependency that is removed, with its job or alone, holds nothing"
        ) { store in
            let known = Mutex<[JobDependency]>([])
            store.addHook = { base, dependency in
                try await base.addDependency(dependency)
                known.withLock { $0.append(dependency) }
            }
            store.claimHook = { base, request in
                let all = known.withLock(\.self)
                var removed: [JobDependency] = []
                for dependency in all where try await base.removeDependency(dependency.id) {
                    removed.append(dependency)
                }
                let claims = try await base.claim(request)
                for dependency in removed { try await base.addDependency(dependency) }
                return claims
            }
        },
        StoreFault(
            "takes the latest execution for that with the key",
            "an execution with a key waits for the one with the same key of the job it depends on"
        ) { store in
            store.enqueueHook = { base, all in
                try await base.enqueue(all.map { $0.changing { $0.dependencyKey = nil } })
            }
        },
        StoreFault("keeps dependencies of deleted jobs", "deleting either job deletes the dependency") { store in
            let all = Mutex<[JobDependency]>([])
            store.addHook = { base, dependency in
                try await base.addDependency(dependency)
                all.withLock { $0.append(dependency) }
            }
            store.dependenciesHook = { base, job in all.withLock { $0.filter { $0.jobID == job } } }
        },
    ]
}
