import Foundation
import RotaHTTP
import RotaStore
import RotaTesting
import Synchronization

extension StoreFault {
    static let running: [StoreFault] = [
        StoreFault(
            "claims the latest due date first",
            "executions are claimed in the order of their due dates, up to the limit",
            "a higher priority goes first, and waiting outweighs a lower one"
        ) { store in
            store.claimHook = { base, request in try await base.claim(request).reversed() }
        },
        StoreFault("claims a minute early", "nothing is claimed before its due date") { store in
            store.claimHook = { base, request in
                var request = request
                request.now += 60
                return try await base.claim(request)
            }
        },
        StoreFault("always claims one", "a claim with a limit of 0 or less takes nothing") { store in
            store.claimHook = { base, request in
                var request = request
                request.limit = max(1, request.limit)
                return try await base.claim(request)
            }
        },
        StoreFault(
            "grants longer leases than requested", "a claim has its job, a lease and a token, and is stored as returned"
        ) { store in
            store.claimHook = { base, request in
                var request = request
                request.leaseExpiresAt += 1
                return try await base.claim(request)
            }
        },
        StoreFault("repeats a token", "fencing tokens grow with every claim") { store in
            store.claimHook = { base, request in
                var claims = try await base.claim(request)
                for index in claims.indices {
                    let lease = Lease(owner: "one", token: 1, expiresAt: request.leaseExpiresAt)
                    claims[index].lease = lease
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
            "queues executions that should wait", "running, waiting and finished executions are not claimed",
            "a waiting execution is not due", "an external completion can queue a waiting execution again",
            "an external completion finishes a waiting execution with any result",
            "an execution that waits until a date expires then", "jobs and executions are counted by state"
        ) { store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        if case .waiting = completion.next { completion.next = .released(until: completion.date) }
                        return completion
                    })
            }
        },
        StoreFault("claims only for active jobs", "a triggered execution is claimed in every state of its job") {
            store in
            store.claimHook = { base, request in try await base.claim(request).filter { $0.job.state == .active } }
        },
        StoreFault(
            "enqueues the executions of a batch one by one",
            "enqueuing refuses the whole batch for a missing job or an existing identifier"
        ) { store in
            store.enqueueHook = { base, executions in
                var outcomes: [EnqueueOutcome] = []
                for execution in executions { outcomes += try await base.enqueue([execution]) }
                return outcomes
            }
        },
        StoreFault(
            "reports existing executions as queued",
            "an execution with a known idempotency key of its job is not queued again"
        ) { store in
            store.enqueueHook = { base, executions in
                try await base.enqueue(executions).map { .queued($0.execution) }
            }
        },
        StoreFault(
            "ignores limits", "a job's concurrency limit holds", "the concurrency limit for each key holds",
            "jobs share a rate limit of the same name", "a rate limit holds after a clock that was ahead is corrected",
            "a job's current limits apply", "limits hold for concurrent claims"
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
        StoreFault(
            "renews nothing", "a renewal with the latest token extends the lease",
            "heartbeats and progress are kept across renewals without them"
        ) { store in
            store.renewHook = { _, renewals in renewals.map { _ in .renewed } }
        },
        StoreFault(
            "renews lost leases", "a renewal with another token or of an execution that is not running is lost",
            "each renewal of a batch has its own outcome"
        ) { store in
            store.renewHook = { base, renewals in
                try await base.renew(renewals).map { $0 == .lost ? .renewed : $0 }
            }
        },
        StoreFault(
            "refuses a completion under an expired lease",
            "an expired lease is valid until the execution is claimed again"
        ) {
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
        StoreFault("accepts any token", "only the first of two completions is recorded") { store in
            store.finishHook = { base, completions in
                var present: [Completion] = []
                for var completion in completions {
                    completion.token = try await base.execution(completion.executionID)?.progress.lease?.token ?? 0
                    present.append(completion)
                }
                return try await base.finish(present)
            }
        },
        StoreFault("compares tokens alone", "another scheduler with the same token neither completes nor renews") {
            store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        completion.owner = nil
                        return completion
                    })
            }
        },
        StoreFault(
            "compares tokens alone in renewals", "another scheduler with the same token neither completes nor renews"
        ) { store in
            store.renewHook = { base, renewals in
                try await base.renew(
                    renewals.map { renewal in
                        var renewal = renewal
                        renewal.owner = nil
                        return renewal
                    })
            }
        },
        StoreFault("reports missing executions as stale", "completing a deleted execution returns missing") { store in
            store.finishHook = { base, completions in
                try await base.finish(completions).map { $0 == .missing ? .stale : $0 }
            }
        },
        StoreFault(
            "records every completion of an execution", "only one of several concurrent completions succeeds",
            "each completion of a batch has its own outcome"
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
        StoreFault("loses outputs", "a success keeps its attempt and output") { store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        completion.output = nil
                        return completion
                    })
            }
        },
        StoreFault(
            "records failures as cancellations", "a failure keeps its reason", "a job's statistics count its results"
        ) { store in
            store.finishHook = { base, completions in
                try await base.finish(
                    completions.map { completion in
                        var completion = completion
                        if case .failed = completion.next { completion.next = .canceled }
                        return completion
                    })
            }
        },
        StoreFault(
            "takes the last end for the last success",
            "a job's last success is the latest, in whatever order results arrive"
        ) { store in
            store.jobHook = { base, id in
                guard var job = try await base.job(id) else { return nil }
                let last = job.lastFinishedAt
                job.statistics.lastSucceededAt = last
                return job
            }
        },
        StoreFault("records releases as retries", "a release leaves no attempt and no start") { store in
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
        StoreFault(
            "keeps all history", "retention removes the oldest finished executions and keeps unfinished ones",
            "a retention of 0 days keeps no finished execution"
        ) { store in
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
            "reports cancellations without making them", "a queued execution is canceled immediately",
            "canceling a running execution is requested from its worker", "a canceled running execution is not retried",
            "a waiting execution and a waiting retry are canceled immediately"
        ) { store in
            store.cancelHook = { base, requests in
                var outcomes: [Cancellation.Outcome] = []
                for request in requests {
                    outcomes.append(try await base.execution(request.executionID).map { .requested($0) } ?? .missing)
                }
                return outcomes
            }
        },
        StoreFault("refuses a success after a requested cancellation", "a canceled running execution can still succeed")
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
        StoreFault(
            "cancels a page only", "a bulk cancellation cancels what its query lists, oldest first, up to its limit"
        ) { store in
            store.cancelMatchingHook = { base, request in
                var request = request
                request.limit = min(request.limit, request.query.limit)
                return try await base.cancel(matching: request)
            }
        },
        StoreFault("throws when canceling a missing execution", "canceling a missing execution returns missing") {
            store in
            store.cancelHook = { base, requests in
                let outcomes = try await base.cancel(requests)
                if outcomes.contains(.missing) { throw StoreError(.invalidExecution, "a missing execution") }
                return outcomes
            }
        },
        StoreFault(
            "accepts external completions of executions that do not wait",
            "an external completion of an execution that does not wait or is missing does nothing"
        ) { store in
            store.answerHook = { base, answers in
                try await base.completeWaiting(answers).map { outcome in
                    if case .notWaiting(let execution) = outcome { .recorded(execution) } else { outcome }
                }
            }
        },
        StoreFault(
            "forgets heartbeats from outside",
            "a heartbeat from outside is recorded, and the execution waits as long as before"
        ) { store in
            store.answerHook = { base, answers in
                var outcomes: [ExternalCompletion.Outcome] = []
                for answer in answers {
                    guard case .waiting = answer.next, let execution = try await base.execution(answer.executionID)
                    else {
                        outcomes += try await base.completeWaiting([answer])
                        continue
                    }
                    outcomes.append(.recorded(execution))
                }
                return outcomes
            }
        },
        StoreFault("never expires executions", "an execution that did not start in time expires") { store in
            store.pruneHook = { _, _ in PruneReport() }
        },
        StoreFault("expires late retries", "running executions and waiting retries do not expire") { store in
            store.claimHook = { base, request in
                try await base.claim(request).filter { $0.execution.attempts.isEmpty }
            }
        },
        StoreFault("prunes without a limit", "pruning continues after its limit") { store in
            store.pruneHook = { base, moment in try await base.prune(at: moment.now, limit: 1000) }
        },
    ]
}
