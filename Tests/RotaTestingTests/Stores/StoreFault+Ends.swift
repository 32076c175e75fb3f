import Foundation
import RotaStore
import RotaTesting

extension StoreFault {
    static let ends: [StoreFault] = [
        StoreFault("queues no notifications", "T-58 ", "a notification takes no run's place") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.notifications = []
                        return insertion
                    })
            }
        },
        StoreFault("counts notifications as runs of the history", "a notification takes no run's place") { store in
            store.executionsHook = { base, query in
                var page = try await base.executions(query)
                if page.items.contains(where: { $0.source == .notification }) { page.items = page.items.suffix(1) }
                return page
            }
        },
        StoreFault("lets breakers count nothing", "the end of a run is counted by its job's breaker") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.breaker = nil
                        return insertion
                    })
            }
        },
        StoreFault("starts all runs of a backfill at once", "the runs of a backfill that wait") { store in
            store.enqueueHook = { base, executions in
                try await base.enqueue(
                    executions.map { execution in
                        var execution = execution
                        if execution.progress.status == .waiting { execution.progress.status = .queued }
                        return execution
                    })
            }
        },
        StoreFault("never passes a backfill on", "the runs of a backfill that wait") { store in
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
        StoreFault("forgets that a retention was lowered", "history beyond a retention that was lowered") { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.isPruningDue = false
                return agenda
            }
        },
        StoreFault("takes the keys of occurrences for nothing", "SX-5 an occurrence") { store in
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
        StoreFault("keeps one skip for an instant", "two skips that begin at one instant") { store in
            store.skipsHook = { base, job in
                var seen: Set<Date> = []
                return try await base.skips(of: job).filter { seen.insert($0.first).inserted }
            }
        },
        StoreFault("lets two first executions have one key", "SX-5 two first executions") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.executions = Array(insertion.executions.prefix(1))
                        return insertion
                    })
            }
        },
        StoreFault("queues what runs already", "what runs, or has no end") { store in
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
