import Foundation
import RotaStore

extension StoreContract {
    /// Work that is due goes to one scheduler at a time.
    static let claiming: [Check] = [
        Check("executions are claimed in the order of their due times, as many as asked for") { probe in
            let job = probe.job()
            let runs = [3.0, 1, 4, 2].map { probe.run(of: job, at: $0) }
            try await probe.insert(job, runs: runs)
            let first = try await probe.claim(2, at: 10)
            try probe.expect(first.map(\.execution.id), [runs[1], runs[3]].map(\.id), "the first two")
            let rest = try await probe.claim(at: 10)
            try probe.expect(rest.map(\.execution.id), [runs[0], runs[2]].map(\.id), "the rest")
            try probe.expect(await probe.claim(at: 10), [], "what is left")
        },
        Check("nothing is claimed before its instant") { probe in
            let job = probe.job()
            let late = job.execution(
                id: ExecutionID(bits: probe.id()), source: .manual, scheduledFor: probe.at(0), dueAt: probe.at(50),
                createdAt: probe.at(0))
            try await probe.insert(job, runs: [late])
            try probe.expect(await probe.claim(at: 49), [], "what is due a second before")
            try probe.expect(await probe.claim(at: 50).map(\.execution.id), [late.id], "what is due then")
        },
        Check("a claim of none takes none") { probe in
            let job = probe.job()
            let run = probe.run(of: job)
            try await probe.insert(job, runs: [run])
            for limit in [0, -1] { try probe.expect(await probe.claim(limit), [], "a claim of \(limit)") }
            try probe.expect(await probe.execution(run.id), run, "the execution")
        },
        Check("a claim comes with its job, a lease and a token, and is kept as it was handed out") { probe in
            let job = probe.job()
            try await probe.insert(job, runs: [probe.run(of: job)])
            let claim = try await probe.claimOne(at: 10, lease: 30)
            let progress = claim.execution.progress
            try probe.expect(progress.status, .running, "the status")
            try probe.expect(progress.lease?.owner, "one", "the owner of the lease")
            try probe.expect(progress.lease?.expiresAt, probe.at(40), "the end of the lease")
            try probe.require((progress.lease?.token ?? 0) > 0, "a token above zero")
            try probe.expect(progress.startedAt, probe.at(10), "when the first attempt began")
            try probe.expect(progress.attemptStartedAt, probe.at(10), "when this attempt began")
            try probe.expect(claim.job, job, "the job")
            try probe.expect(await probe.execution(claim.execution.id), claim.execution, "the execution that is kept")
        },
        Check("tokens grow with every claim of an execution") { probe in
            let job = probe.job()
            try await probe.insert(job, runs: [probe.run(of: job)])
            var tokens: [Int] = []
            for turn in 0..<4 {
                let claim = try await probe.claimOne(at: 10 + Double(turn))
                tokens.append(claim.execution.progress.lease?.token ?? 0)
                try probe.expect(
                    claim.execution.progress.startedAt, probe.at(turn == 1 ? 11 : turn == 0 ? 10 : 11),
                    "when the first attempt that counts began")
                if turn == 0 {
                    try await probe.finish(claim, .released(until: probe.at(0)), at: 10)
                } else {
                    try await probe.finish(
                        claim, .retry(at: probe.at(0), after: probe.failure), at: 10, attempt: probe.attempt(turn))
                }
            }
            try probe.expect(tokens, tokens.sorted(), "tokens in order")
            try probe.expect(Set(tokens).count, 4, "the number of different tokens")
        },
        Check("what is running, parked or over is not claimed") { probe in
            let job = probe.job()
            try await probe.insert(job, runs: (0..<4).map { _ in probe.run(of: job) })
            let claims = try await probe.claim()
            try probe.expect(claims.count, 4, "the number of claims")
            try await probe.finish(claims[0], .succeeded)
            try await probe.finish(claims[1], .parked(until: nil))
            try await probe.finish(claims[2], .canceled)
            try probe.expect(await probe.claim(at: 1000), [], "what can be claimed")
        },
        Check("a run that was asked for is claimed whatever its job's state") { probe in
            let job = probe.job(state: .paused)
            try await probe.insert(job)
            let run = probe.run(of: job)
            try await probe.store.enqueue([run])
            try probe.expect(await probe.claim().map(\.execution.id), [run.id], "what is claimed")
        },
        Check("enqueuing refuses the batch if a job is not there, or an identifier is taken") { probe in
            let job = probe.job()
            let (first, second) = (probe.run(of: job), probe.run(of: job))
            try await probe.insert(job, runs: [first])
            try await probe.expect(.duplicate, "an execution that is there") {
                _ = try await probe.store.enqueue([second, first])
            }
            try await probe.expect(.duplicate, "an execution twice in a batch") {
                _ = try await probe.store.enqueue([second, second])
            }
            try await probe.expect(.jobNotFound, "an execution of a job that is not there") {
                _ = try await probe.store.enqueue([second, probe.run(of: probe.job())])
            }
            try probe.expect(await probe.runs().map(\.id), [first.id], "what is queued")
            try probe.expect(await probe.store.enqueue([second]), [.queued(second)], "the outcome of a good batch")
        },
        Check("SX-5 two first executions of a job with one key are refused") { probe in
            let job = probe.job()
            let runs = (0..<2).map { _ in probe.run(of: job) { $0.idempotencyKey = "once" } }
            try await probe.expect(.duplicate, "a second first execution with one key") {
                try await probe.insert(job, runs: runs)
            }
            try probe.expect(await probe.store.job(job.id), nil, "the job")
        },
        Check("what runs, or has no end, cannot be queued; what is over can be brought along") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let statuses: [(ExecutionStatus, Bool)] = [(.running, false), (.succeeded, false), (.queued, true)]
            for (status, hasEnd) in statuses {
                var run = probe.run(of: job)
                run.progress.status = status
                run.progress.finishedAt = hasEnd ? probe.at(1) : nil
                try await probe.expect(.invalidExecution, "a run that is \(status.rawValue)") {
                    try await probe.store.enqueue([probe.run(of: job), run])
                }
                let other = probe.job()
                let first = other.execution(
                    id: run.id, source: .manual, scheduledFor: probe.at(0), createdAt: probe.at(0))
                var same = first
                same.progress = run.progress
                try await probe.expect(.invalidExecution, "a first execution that is \(status.rawValue)") {
                    try await probe.insert(other, runs: [same])
                }
            }
            var over = probe.run(of: job)
            over.progress.status = .failed
            over.progress.finishedAt = probe.at(2)
            try await probe.store.enqueue([over])
            try probe.expect(await probe.runs(), [over], "what is kept")
        },
        Check("S-69 a run with the idempotency key of an earlier one of its job is not queued") { probe in
            let (job, other) = (probe.job(), probe.job())
            try await probe.insert(job, other)
            let runs = [job, job, job, other].map { job in
                probe.run(of: job) { $0.idempotencyKey = "key" }
            }
            let first = try await probe.store.enqueue([runs[0], runs[1]])
            try probe.expect(first, [.queued(runs[0]), .existing(runs[0])], "the outcomes")
            let claim = try await probe.claimOne()
            let ended = try await probe.finish(claim, .succeeded)
            let second = try await probe.store.enqueue([runs[2], runs[3]])
            try probe.expect(second, [.existing(ended), .queued(runs[3])], "the outcomes when the first has ended")
            try probe.expect(await probe.runs().map(\.id), [runs[0].id, runs[3].id], "what is there")
        },
    ]
}
