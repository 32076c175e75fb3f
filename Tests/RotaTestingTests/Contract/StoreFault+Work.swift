import RotaStore
import RotaTesting

extension StoreFault {
    /// Faults of work without a schedule.
    static let work: [StoreFault] = [
        StoreFault(
            "ignores uniqueness", "unique work is queued once until it has ended",
            "work that is unique for a time is queued once within it, whatever the retention",
            "work with the same payload within a time is queued once, and is told apart from a repeated key",
            "an aged execution is kept while other work like it is not to be queued",
            "debounced work is postponed, with the newest payload, until it begins"
        ) { store in
            store.enqueueHook = { base, all in
                try await base.enqueue(all.map { $0.changing { $0.uniqueness = nil } })
            }
        },
        StoreFault(
            "drops what repeats an identifier or a key within a call",
            "each execution of a call is checked, even if it resolves to another one",
            "enqueuing refuses the whole batch for a missing job or an existing identifier"
        ) { store in
            store.enqueueHook = { base, all in
                var (ids, keys) = (Set<ExecutionID>(), Set<String>())
                return try await base.enqueue(
                    all.filter { execution in
                        guard ids.insert(execution.id).inserted else { return false }
                        return execution.details.idempotencyKey.map { keys.insert($0).inserted } ?? true
                    })
            }
        },
        StoreFault(
            "takes the same payload for a repeated key",
            "work with the same payload within a time is queued once, and is told apart from a repeated key"
        ) { store in
            store.enqueueHook = { base, all in
                try await base.enqueue(all).map { outcome in
                    if case .duplicate(let earlier) = outcome { .existing(earlier) } else { outcome }
                }
            }
        },
        StoreFault("ignores batches", "the last end of a batch queues what waits for it") { store in
            store.enqueueHook = { base, all in
                try await base.enqueue(all.map { $0.changing { $0.awaitedBatch = nil } })
            }
        },
        StoreFault("waits for an empty batch", "what waits for a batch without executions is queued at once") { store in
            store.enqueueHook = { base, all in
                var all = all.map { $0.changing { $0.awaitedBatch = nil } }
                all[0].progress.status = .waiting
                return try await base.enqueue(all)
            }
        },
        StoreFault("takes no queue for one", "a paused queue holds its work, and a paused schedule does not") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.schedule = .every(.seconds(60))
                        return insertion
                    })
            }
        },
        StoreFault("lists all executions as dead letters", "a dead letter is one until it is replayed or discarded") {
            store in
            store.executionsHook = { base, query in
                var query = query
                query.isDeadLetter = nil
                return try await base.executions(query)
            }
        },
        StoreFault(
            "loses the rule of a delay",
            "a trail tells what held a traced execution, who claimed it, and which rule chose its delay"
        ) { store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        completion.reason = nil
                        return completion
                    })
            }
        },
        StoreFault(
            "refuses a repeated completion",
            "a completion and an enqueuing that are repeated get the first answer again, and count once"
        ) { store in
            store.finishHook = { base, completions in
                var outcomes: [Completion.Outcome] = []
                for completion in completions {
                    let isRunning = try await base.execution(completion.executionID)?.status == .running
                    outcomes += isRunning ? try await base.finish([completion]) : [.stale]
                }
                return outcomes
            }
        },
        StoreFault("finds everybody's leases", "a scheduler finds the leases that it holds") { store in
            store.leasesHook = { base, _ in
                try await base.leases(of: "one") + base.leases(of: "two")
            }
        },
        StoreFault("drops the plan", "a turn does what its operations do, with a plan for the due work") { store in
            store.turnHook = { base, turn in
                var turn = turn
                turn.due?.plan = { _ in StoreTurn.Plan() }
                return try await base.turn(turn)
            }
        },
        StoreFault("tries for good", "a trial tells what enqueuing would do, and changes nothing") { store in
            store.trialHook = { base, request in
                let trial = try await base.trial(of: request.execution, at: request.now)
                _ = try await base.enqueue([request.execution])
                return trial
            }
        },
        StoreFault("loses checkpoints", "the next attempt gets the checkpoint that was saved last") { store in
            store.renewHook = { base, renewals in
                try await base.renew(
                    renewals.map { renewal in
                        var renewal = renewal
                        renewal.checkpoint = nil
                        return renewal
                    })
            }
        },
    ]
}

extension Execution {
    /// The execution with other details.
    func changing(_ change: (inout ExecutionDetails) -> Void) -> Execution {
        var details = details
        change(&details)
        return with(details: details)
    }
}
