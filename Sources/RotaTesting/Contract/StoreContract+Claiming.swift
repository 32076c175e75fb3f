import Foundation
import RotaStore

extension StoreContract {
    /// Due work goes to one scheduler at a time.
    static let claiming: [Check] = [
        Check("executions are claimed in the order of their due dates, up to the limit") { probe in
            let job = probe.job()
            let executions = [3.0, 1, 4, 2].map { probe.execution(of: job, at: $0) }
            try await probe.insert(job, executions: executions)
            let first = try await probe.claim(2, at: 10)
            try probe.expect(
                first.map(\.execution.id), [executions[1], executions[3]].map(\.id), "the first two claims")
            let rest = try await probe.claim(at: 10)
            try probe.expect(rest.map(\.execution.id), [executions[0], executions[2]].map(\.id), "the other claims")
            try probe.expect(await probe.claim(at: 10), [], "the remaining executions")
        },
        Check("nothing is claimed before its due date") { probe in
            let job = probe.job()
            let late = job.execution(
                id: ExecutionID(bits: probe.id()), source: .manual, scheduledFor: probe.at(0), dueAt: probe.at(50),
                createdAt: probe.at(0))
            try await probe.insert(job, executions: [late])
            try probe.expect(await probe.claim(at: 49), [], "the jobs due a second before")
            try probe.expect(await probe.claim(at: 50).map(\.execution.id), [late.id], "the jobs due then")
        },
        Check("a claim with a limit of 0 or less takes nothing") { probe in
            let job = probe.job()
            let execution = probe.execution(of: job)
            try await probe.insert(job, executions: [execution])
            for limit in [0, -1] { try probe.expect(await probe.claim(limit), [], "a claim of \(limit)") }
            try probe.expect(await probe.execution(execution.id), execution, "the execution")
        },
        Check("a claim has its job, a lease and a token, and is stored as returned") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne(at: 10, lease: 30)
            let progress = claim.execution.progress
            try probe.expect(progress.status, .running, "the status")
            try probe.expect(progress.lease?.owner, "one", "the owner of the lease")
            try probe.expect(progress.lease?.expiresAt, probe.at(40), "the end of the lease")
            try probe.require((progress.lease?.token ?? 0) > 0, "a token above zero")
            try probe.expect(progress.startedAt, probe.at(10), "startedAt")
            try probe.expect(progress.attemptStartedAt, probe.at(10), "attemptStartedAt")
            try probe.expect(claim.job, job, "the job")
            try probe.expect(await probe.execution(claim.execution.id), claim.execution, "the stored execution")
        },
        Check("fencing tokens grow with every claim") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            var tokens: [Int] = []
            for turn in 0..<4 {
                let claim = try await probe.claimOne(at: 10 + Double(turn))
                tokens.append(claim.lease.token)
                try probe.expect(
                    claim.execution.progress.startedAt, probe.at(turn == 1 ? 11 : turn == 0 ? 10 : 11),
                    "startedAt")
                if turn == 0 {
                    try await probe.finish(claim, .released(until: probe.at(0)), at: 10)
                } else {
                    try await probe.finish(
                        claim, .retry(at: probe.at(0), after: probe.failure), at: 10, attempt: probe.attempt(turn))
                }
            }
            try probe.expect(tokens, tokens.sorted(), "the order of the tokens")
            try probe.expect(Set(tokens).count, 4, "the number of different tokens")
        },
        Check("running, waiting and finished executions are not claimed") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: (0..<4).map { _ in probe.execution(of: job) })
            let claims = try await probe.claim()
            try probe.expect(claims.count, 4, "the number of claims")
            try await probe.finish(claims[0], .succeeded)
            try await probe.finish(claims[1], .waiting(until: nil))
            try await probe.finish(claims[2], .canceled)
            try probe.expect(await probe.claim(at: 1000), [], "the executions that can be claimed")
        },
        Check("a triggered execution is claimed in every state of its job") { probe in
            let job = probe.job(state: .paused)
            try await probe.insert(job)
            let execution = probe.execution(of: job)
            try await probe.store.enqueue([execution])
            try probe.expect(await probe.claim().map(\.execution.id), [execution.id], "the claimed execution")
        },
        Check("enqueuing refuses the whole batch for a missing job or an existing identifier") { probe in
            let job = probe.job()
            let (first, second) = (probe.execution(of: job), probe.execution(of: job))
            try await probe.insert(job, executions: [first])
            let other = job.execution(
                id: first.id, source: .manual, scheduledFor: probe.at(5), createdAt: probe.at(0))
            try await probe.expect(.duplicate, "another execution with an existing identifier") {
                _ = try await probe.store.enqueue([second, other])
            }
            try await probe.expect(.duplicate, "an execution twice in a batch") {
                _ = try await probe.store.enqueue([second, second])
            }
            try await probe.expect(.jobNotFound, "an execution of a missing job") {
                _ = try await probe.store.enqueue([second, probe.execution(of: probe.job())])
            }
            try probe.expect(await probe.executions().map(\.id), [first.id], "the queued executions")
            try probe.expect(await probe.store.enqueue([second]), [.queued(second)], "the outcome of a valid batch")
        },
        Check("two first executions of a job with the same key are refused") { probe in
            let job = probe.job()
            let executions = (0..<2).map { _ in probe.execution(of: job) { $0.idempotencyKey = "once" } }
            try await probe.expect(.duplicate, "two first executions with the same key") {
                try await probe.insert(job, executions: executions)
            }
            try probe.expect(await probe.store.job(job.id), nil, "the job")
        },
        Check("only queued, waiting and completely finished executions can be enqueued") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let statuses: [(ExecutionStatus, Bool)] = [(.running, false), (.succeeded, false), (.queued, true)]
            for (status, hasEnd) in statuses {
                var execution = probe.execution(of: job)
                execution.progress.status = status
                execution.progress.finishedAt = hasEnd ? probe.at(1) : nil
                try await probe.expect(.invalidExecution, "an execution with the status \(status.rawValue)") {
                    try await probe.store.enqueue([probe.execution(of: job), execution])
                }
                let other = probe.job()
                let first = other.execution(
                    id: execution.id, source: .manual, scheduledFor: probe.at(0), createdAt: probe.at(0))
                var same = first
                same.progress = execution.progress
                try await probe.expect(.invalidExecution, "a first execution with the status \(status.rawValue)") {
                    try await probe.insert(other, executions: [same])
                }
            }
            var over = probe.execution(of: job)
            over.progress.status = .failed
            over.progress.finishedAt = probe.at(2)
            try await probe.store.enqueue([over])
            try probe.expect(await probe.executions(), [over], "the stored executions")
        },
        Check("an execution with a known idempotency key of its job is not queued again") { probe in
            let (job, other) = (probe.job(), probe.job())
            try await probe.insert(job, other)
            let executions = [job, job, job, other].map { probe.execution(of: $0) { $0.idempotencyKey = "key" } }
            let first = try await probe.store.enqueue([executions[0], executions[1]])
            try probe.expect(first, [.queued(executions[0]), .existing(executions[0])], "the outcomes")
            let ended = try await probe.finish(probe.claimOne(), .succeeded)
            let second = try await probe.store.enqueue([executions[2], executions[3]])
            try probe.expect(
                second, [.existing(ended), .queued(executions[3])], "the outcomes after the first has finished")
            try probe.expect(
                await probe.executions().map(\.id), [executions[0].id, executions[3].id], "the stored executions")
        },
    ]
}

extension StoreContract {
    /// A trial and a trail tell what would be, and what was decided.
    static let trials: [Check] = [
        Check("a trail tells what held a traced execution, who claimed it, and which rule chose its delay") { probe in
            let job = probe.queue { $0.limits = .concurrency(1) }
            try await probe.insert(job)
            _ = try await probe.enqueue(probe.execution(of: job))
            let first = try await probe.claimOne()
            var traced = probe.execution(of: job)
            traced.progress.trail = ExecutionTrail()
            _ = try await probe.enqueue(traced)
            _ = try await probe.claim(at: 12)
            try await probe.finish(first, .succeeded)
            let second = try await probe.claimOne(at: 30)
            let reason = "the fixed delay"
            _ = try await probe.store.finish([
                Completion(
                    executionID: traced.id, token: second.lease.token,
                    attempt: probe.attempt(1, failure: probe.failure),
                    next: .retry(at: probe.at(90), after: probe.failure), date: probe.at(35), reason: reason)
            ])
            let decisions = try await probe.execution(traced.id).progress.trail?.decisions ?? []
            try probe.expect(
                decisions.map(\.kind), [.held, .claimed, .retried], "the kinds of the decisions")
            try probe.expect(
                decisions.map(\.date), [probe.at(0), probe.at(30), probe.at(35)], "the dates of the decisions")
            try probe.expect(
                decisions.map(\.holds), [["concurrency"], [], []], "the holds")
            try probe.require(
                decisions[1].detail.contains("one") && decisions[2].detail.contains(reason),
                "the trail names the scheduler that claimed and the rule that chose the delay: \(decisions)")
        },
        Check("a trial tells what enqueuing would do, and changes nothing") { probe in
            let job = probe.queue()
            try await probe.insert(job)
            let known = probe.execution(of: job) { $0.idempotencyKey = "order-1" }
            _ = try await probe.enqueue(known)
            let repeated = probe.execution(of: job) { $0.idempotencyKey = "order-1" }
            let later = probe.execution(of: job, at: 90)
            try probe.expect(
                await probe.store.trial(of: repeated, at: probe.at(10)).outcome, .existing(known),
                "the outcome of a repeated key")
            let trial = try await probe.store.trial(of: later, at: probe.at(10))
            try probe.expect(trial.outcome, .queued(later), "the outcome of new work")
            try probe.expect(trial.holds, [.notDue(until: probe.at(90))], "what would hold it")
            try probe.expect(
                await probe.store.executions(ExecutionQuery()).items.map(\.id), [known.id],
                "the executions after two trials")
            try await probe.expect(.jobNotFound, "the trial of an execution whose job is missing") {
                _ = try await probe.store.trial(of: probe.execution(of: probe.job("gone")), at: probe.at(10))
            }
        },
    ]
}
