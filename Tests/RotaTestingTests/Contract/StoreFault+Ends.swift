import Foundation
import RotaStore
import RotaTesting

extension StoreFault {
    static let ends: [StoreFault] = [
        StoreFault(
            "queues no notifications", "finishing an execution queues its notifications in the same step",
            "a notification counts neither toward retention nor in the statistics"
        ) { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.notifications = []
                        return insertion
                    })
            }
        },
        StoreFault(
            "counts notifications toward retention",
            "a notification counts neither toward retention nor in the statistics"
        ) { store in
            store.executionsHook = { base, query in
                var page = try await base.executions(query)
                if page.items.contains(where: { $0.source == .notification }) { page.items = page.items.suffix(1) }
                return page
            }
        },
        StoreFault("forgets interrupted attempts", "a release with an attempt keeps both, and the job has run") {
            store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        if case .released = completion.next { completion.attempt = nil }
                        return completion
                    })
            }
        },
        StoreFault("ignores circuit breakers", "a failed execution counts for its job's breaker, which pauses the job")
        { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.breaker = nil
                        return insertion
                    })
            }
        },
        StoreFault(
            "starts all executions of a backfill together", "waiting executions of a backfill run one after the other"
        ) { store in
            store.enqueueHook = { base, executions in
                try await base.enqueue(
                    executions.map { execution in
                        var execution = execution
                        if execution.progress.status == .waiting { execution.progress.status = .queued }
                        return execution
                    })
            }
        },
        StoreFault(
            "reports the health of all jobs as that of each",
            "health counts what ended of the executions created in a window, by job, group and in all"
        ) { store in
            store.healthHook = { base, question in
                try await base.health(of: .all, over: question.1, at: question.2)
            }
        },
        StoreFault(
            "ignores chains", "an end queues what the job's chain asks for, once, with a payload from the output",
            "a chain ends with a failure that says so after ten links"
        ) { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.chain = []
                        return insertion
                    })
            }
        },
        StoreFault("never continues a backfill", "waiting executions of a backfill run one after the other") { store in
            store.enqueueHook = { base, executions in
                var runs: [Execution] = []
                for execution in executions {
                    guard execution.progress.status == .waiting, let job = try await base.job(execution.jobID) else {
                        runs.append(execution)
                        continue
                    }
                    var alone = job.execution(
                        id: execution.id, source: execution.source, scheduledFor: execution.scheduledFor,
                        createdAt: execution.createdAt)
                    alone.progress.status = .waiting
                    runs.append(alone)
                }
                return try await base.enqueue(runs)
            }
        },
        StoreFault("ignores a lowered retention", "lowering the retention removes history immediately or when pruning")
        { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.isPruningDue = false
                return agenda
            }
        },
        StoreFault(
            "ignores the keys of occurrences", "an occurrence with a known idempotency key is skipped as a duplicate"
        ) { store in
            store.fireHook = { base, fires in
                var bare: [FireRequest] = []
                for var fire in fires {
                    let job = try await base.job(fire.jobID)
                    fire.executions = fire.executions.compactMap { run in
                        job?.execution(
                            id: run.id, source: run.source, scheduledFor: run.scheduledFor, createdAt: run.createdAt)
                    }
                    bare.append(fire)
                }
                return try await base.fire(bare)
            }
        },
        StoreFault("keeps one skip for each date", "two skips that begin at the same date are two records") { store in
            store.skipsHook = { base, job in
                var seen: Set<Date> = []
                return try await base.skips(of: job).filter { seen.insert($0.first).inserted }
            }
        },
        StoreFault(
            "accepts two first executions with the same key",
            "two first executions of a job with the same key are refused"
        ) { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.executions = Array(insertion.executions.prefix(1))
                        return insertion
                    })
            }
        },
        StoreFault(
            "enqueues running executions", "only queued, waiting and completely finished executions can be enqueued"
        ) { store in
            store.enqueueHook = { base, executions in
                do {
                    return try await base.enqueue(executions)
                } catch let error as StoreError where error.code == .invalidExecution {
                    return executions.map { .queued($0) }
                }
            }
        },
    ]
}
