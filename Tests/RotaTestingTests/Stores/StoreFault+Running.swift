import Foundation
import RotaHTTP
import RotaStore
import RotaTesting
import Synchronization

extension StoreFault {
    static let running: [StoreFault] = [
        StoreFault("claims the latest first", "executions are claimed in the order", "S-68 ") { store in
            store.claimHook = { base, request in try await base.claim(request).reversed() }
        },
        StoreFault("claims a minute early", "nothing is claimed before its instant") { store in
            store.claimHook = { base, request in
                var request = request
                request.now += 60
                return try await base.claim(request)
            }
        },
        StoreFault("always claims one", "a claim of none") { store in
            store.claimHook = { base, request in
                var request = request
                request.limit = max(1, request.limit)
                return try await base.claim(request)
            }
        },
        StoreFault("gives longer leases than it was asked for", "a claim comes with its job") { store in
            store.claimHook = { base, request in
                var request = request
                request.leaseExpiresAt += 1
                return try await base.claim(request)
            }
        },
        StoreFault("gives the same token again", "tokens grow") { store in
            store.claimHook = { base, request in
                var claims = try await base.claim(request)
                for index in claims.indices {
                    let lease = Lease(owner: "one", token: 1, expiresAt: request.leaseExpiresAt)
                    claims[index].execution.progress.lease = lease
                }
                return claims
            }
            store.finishHook = { base, completions in
                var present: [Completion] = []
                for var completion in completions {
                    completion.token = try await base.execution(completion.executionID)?.progress.lease?.token ?? 0
                    present.append(completion)
                }
                return try await base.finish(present)
            }
        },
        StoreFault(
            "queues what is to be parked", "what is running, parked or over", "T-73 a parked",
            "T-73 an answer lets", "T-73 an answer may end", "T-73 what was parked",
            "jobs and executions are counted"
        ) { store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        if case .parked = completion.next { completion.next = .released(until: completion.date) }
                        return completion
                    })
            }
        },
        StoreFault("claims for active jobs only", "a run that was asked for") { store in
            store.claimHook = { base, request in try await base.claim(request).filter { $0.job.state == .active } }
        },
        StoreFault("enqueues one after the other", "enqueuing refuses the batch") { store in
            store.enqueueHook = { base, executions in
                var outcomes: [EnqueueOutcome] = []
                for execution in executions { outcomes += try await base.enqueue([execution]) }
                return outcomes
            }
        },
        StoreFault("says that it queued what was there", "S-69 ") { store in
            store.enqueueHook = { base, executions in
                try await base.enqueue(executions).map { .queued($0.execution) }
            }
        },
        StoreFault(
            "knows no limits", "T-46 ", "S-36 ", "S-37 ", "S-34 a clock", "the limits that count",
            "of many who claim at once, none"
        ) { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.limits = .none
                        return insertion
                    })
            }
        },
        StoreFault("renews nothing", "a renewal with the latest token", "S-64 ") { store in
            store.renewHook = { _, renewals in renewals.map { _ in .renewed } }
        },
        StoreFault("loses no renewal", "a renewal with another token", "each renewal of a batch") { store in
            store.renewHook = { base, renewals in
                try await base.renew(renewals).map { $0 == .lost ? .renewed : $0 }
            }
        },
        StoreFault("refuses the end under a lease that has run out", "a lease that has run out is still good") {
            store in
            store.finishHook = { base, completions in
                var outcomes: [Completion.Outcome] = []
                for completion in completions {
                    let end = try await base.execution(completion.executionID)?.progress.lease?.expiresAt
                    outcomes +=
                        (end.map { $0 < completion.date } ?? false) ? [.stale] : try await base.finish([completion])
                }
                return outcomes
            }
        },
        StoreFault("takes any token", "of two who end one run") { store in
            store.finishHook = { base, completions in
                var present: [Completion] = []
                for var completion in completions {
                    completion.token = try await base.execution(completion.executionID)?.progress.lease?.token ?? 0
                    present.append(completion)
                }
                return try await base.finish(present)
            }
        },
        StoreFault("calls stale what is gone", "the end of what is gone") { store in
            store.finishHook = { base, completions in
                try await base.finish(completions).map { $0 == .missing ? .stale : $0 }
            }
        },
        StoreFault(
            "ends a run for everyone who asks", "of many who end one run", "each completion of a batch"
        ) { store in
            store.finishHook = { base, completions in
                var outcomes = try await base.finish(completions)
                for (index, outcome) in outcomes.enumerated() where outcome == .stale {
                    if let execution = try await base.execution(completions[index].executionID) {
                        outcomes[index] = .recorded(execution)
                    }
                }
                return outcomes
            }
        },
        StoreFault("loses outputs", "a success is kept") { store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        completion.output = nil
                        return completion
                    })
            }
        },
        StoreFault("takes a failure for a cancellation", "a failure is kept", "K-16 ") { store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        if case .failed = completion.next { completion.next = .canceled }
                        return completion
                    })
            }
        },
        StoreFault("takes a release for a retry", "a release leaves no attempt") { store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        if case .released(let date) = completion.next {
                            completion.next = .retry(
                                at: date, after: ExecutionFailure(kind: .timeout, message: "released"))
                        }
                        return completion
                    })
            }
        },
        StoreFault("keeps all history", "history beyond the retention", "I-38 ") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.retention = .last(1000)
                        return insertion
                    })
            }
        },
        StoreFault(
            "calls nothing off but says so", "T-74 ", "a running execution is called off",
            "an execution that was called off while it ran is not", "a waiting execution"
        ) { store in
            store.cancelHook = { base, requests in
                var outcomes: [Cancellation.Outcome] = []
                for request in requests {
                    outcomes.append(try await base.execution(request.executionID).map { .requested($0) } ?? .missing)
                }
                return outcomes
            }
        },
        StoreFault("takes no success after a request to call off", "an execution that was called off while it ran may")
        {
            store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        completion.next = .canceled
                        return completion
                    })
            }
        },
        StoreFault("throws where there is nothing to call off", "calling off what is not there") { store in
            store.cancelHook = { base, requests in
                let outcomes = try await base.cancel(requests)
                if outcomes.contains(.missing) { throw StoreError(.invalidExecution, "no execution") }
                return outcomes
            }
        },
        StoreFault("takes answers that nobody waits for", "an answer to what does not wait") { store in
            store.answerHook = { base, answers in
                try await base.completeWaiting(answers).map { outcome in
                    if case .notWaiting(let execution) = outcome { .recorded(execution) } else { outcome }
                }
            }
        },
        StoreFault("lets nothing expire", "S-66 what has not started") { store in
            store.pruneHook = { _, _ in PruneReport() }
        },
        StoreFault("never goes on with a retry that is late", "S-66 what waits for its retry") { store in
            store.claimHook = { base, request in
                try await base.claim(request).filter { $0.execution.attempts.isEmpty }
            }
        },
        StoreFault("prunes without a limit", "pruning goes on") { store in
            store.pruneHook = { base, moment in try await base.prune(at: moment.now, limit: 1000) }
        },
    ]
}
