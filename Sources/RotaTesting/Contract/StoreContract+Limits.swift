import Foundation
import RotaSchedule
import RotaStore

extension StoreContract {
    /// Executions held back by a limit wait without blocking others.
    static let limits: [Check] = [
        Check("a job's concurrency limit holds") { probe in
            let (job, other) = (probe.job { $0.limits = .concurrency(2) }, probe.job())
            let executions = (0..<5).map { probe.execution(of: job, at: Double($0)) }
            try await probe.insert(job, executions: executions)
            try await probe.insert(other, executions: [probe.execution(of: other, at: 9)])
            let claims = try await probe.claim()
            try probe.expect(
                claims.map(\.execution.jobID), [job.id, job.id, other.id], "the jobs of the executions that can run")
            try probe.expect(await probe.claim(), [], "other executions that can run")
            try await probe.finish(claims[0], .succeeded)
            try await probe.finish(claims[1], .waiting(until: nil))
            try probe.expect(
                await probe.claim().map(\.execution.id), [executions[2].id, executions[3].id],
                "the executions that can run when one has finished and one is waiting")
        },
        Check("the concurrency limit for each key holds") { probe in
            let job = probe.job { $0.limits.concurrencyPerKey = 1 }
            let executions = ["red", "red", "green", nil, nil].enumerated().map { number, key in
                probe.execution(of: job, at: Double(number)) { $0.concurrencyKey = key }
            }
            try await probe.insert(job, executions: executions)
            let claims = try await probe.claim()
            try probe.expect(
                claims.map(\.execution.id), [0, 2, 3, 4].map { executions[$0].id }, "the executions that can run")
            try await probe.finish(claims[1], .succeeded)
            try probe.expect(await probe.claim(), [], "the executions that can run when another key is free")
            try await probe.finish(claims[0], .retry(at: probe.at(500), after: probe.failure))
            try probe.expect(
                await probe.claim().map(\.execution.id), [executions[1].id],
                "the executions that can run when their key is free")
        },
        Check("a job's rate limit holds in every sliding window") { probe in
            let job = probe.job(next: nil) { definition in
                definition.limits.rate = RateLimit(2, per: .seconds(60))
                definition.retention = .last(0)
            }
            try await probe.insert(job, executions: (0..<6).map { _ in probe.execution(of: job) })
            let first = try await probe.claim(1, at: 10)
            try probe.expect(first.count, 1, "the number of starts at 10 s")
            // A start counts even if its execution was removed or retried immediately.
            try await probe.finish(first[0], .succeeded, at: 11)
            let second = try await probe.claim(at: 40)
            try probe.expect(second.count, 1, "the number of starts at 40 s")
            try await probe.finish(second[0], .retry(at: probe.at(41), after: probe.failure), at: 41)
            try probe.expect(await probe.claim(at: 69), [], "the executions that can start at 69 s")
            try await probe.expectWake(at: 69, by: 70)
            try probe.expect(await probe.claim(at: 70).count, 1, "the number of starts at 70 s")
            try probe.expect(await probe.claim(at: 99), [], "the executions that can start at 99 s")
            try probe.expect(await probe.claim(at: 100).count, 1, "the number of starts at 100 s")
        },
        Check("a rate limit holds after a clock that was ahead is corrected") { probe in
            let job = probe.job(next: nil) { $0.limits.rate = RateLimit(2, per: .seconds(60)) }
            try await probe.insert(job, executions: (0..<9).map { _ in probe.execution(of: job) })
            try probe.expect(await probe.claim(at: 10).count, 2, "the number of starts at 10 s")
            try probe.expect(await probe.claim(at: 9010).count, 2, "the number of starts at 9,010 s")
            try probe.expect(await probe.claim(at: 20), [], "the executions that can start at 20 s")
            try probe.expect(await probe.claim(at: 70).count, 2, "the number of starts at 70 s")
        },
        Check("jobs share a rate limit of the same name") { probe in
            let shared = SharedRateLimit("api", RateLimit(3, per: .seconds(60)))
            let jobs = (0..<2).map { _ in probe.job { $0.limits.sharedRates = [shared] } }
            let other = probe.job {
                $0.limits.sharedRates = [SharedRateLimit("another", RateLimit(1, per: .seconds(60)))]
            }
            for job in jobs { try await probe.insert(job, executions: (0..<2).map { _ in probe.execution(of: job) }) }
            try await probe.insert(other, executions: [probe.execution(of: other)])
            let claims = try await probe.claim(at: 10)
            try probe.expect(claims.count { $0.job.id != other.id }, 3, "the number of starts under the shared name")
            try probe.expect(claims.count { $0.job.id == other.id }, 1, "the number of starts under another name")
            _ = try await probe.store.delete([jobs[0].id])
            try await probe.store.enqueue([probe.execution(of: jobs[1], at: 20)])
            try probe.expect(await probe.claim(at: 69), [], "the executions that can start before the window moved on")
            try probe.require(await !probe.claim(at: 70).isEmpty, "a start when the window has moved on")
        },
        Check("an execution due outside its job's window waits for the window to open") { probe in
            let window = try ExecutionWindow("10-19 * * * *")
            let job = probe.job(next: nil) { $0.limits.window = window }
            try await probe.insert(job, executions: [probe.execution(of: job)])
            try probe.expect(await probe.claim(at: 599), [], "the executions that can start before the window opens")
            try await probe.expectWake(at: 599, by: 600)
            let claim = try await probe.claimOne(at: 600)
            try await probe.finish(claim, .retry(at: probe.at(700), after: probe.failure), at: 601)
            try probe.expect(await probe.claim(at: 1200), [], "the executions that can start after the window closed")
            try await probe.expectWake(at: 1200, by: 4200)
        },
        Check("an expired execution is not claimed") { probe in
            let job = probe.job(next: nil) { $0.limits.timeToLive = .seconds(100) }
            let execution = probe.execution(of: job)
            try await probe.insert(job, executions: [execution])
            try await probe.expectWake(at: 50, by: 100)
            try probe.expect(await probe.claim(at: 100), [], "the executions that can start")
            let dueWork = try await probe.store.dueWork(at: probe.at(100), limit: 10)
            try probe.expect(dueWork.isPruningDue, true, "isPruningDue")
        },
        Check("a job's current limits apply") { probe in
            let job = probe.job { $0.limits = .concurrency(1) }
            try await probe.insert(job, executions: (0..<4).map { _ in probe.execution(of: job) })
            try probe.expect(await probe.claim().count, 1, "the number running under a limit of one")
            var definition = job.definition
            definition.limits = .concurrency(3)
            let changed = try await probe.store.replace(probe.change(job, definition: definition))
            try probe.expect(await probe.claim().count, 2, "the number that can start under a limit of three")
            definition.limits = .none
            _ = try await probe.store.replace(probe.change(changed, definition: definition))
            try probe.expect(await probe.claim().count, 1, "the number that can start without a limit")
        },
        Check("a higher priority goes first, and waiting outweighs a lower one") { probe in
            let (low, high) = (probe.job("low"), probe.job("high") { $0.priority = 5 })
            let late = [probe.execution(of: low, at: 100), probe.execution(of: high, at: 101)]
            // Five steps outweigh five minutes of waiting. This one has waited longer.
            let early = probe.execution(of: low, at: -200)
            let own = probe.execution(of: low, at: 102) { $0.priority = 10 }
            try await probe.insert(low, executions: [late[0], early, own])
            try await probe.insert(high, executions: [late[1]])
            try probe.expect(
                await probe.claim(at: 200).map(\.execution.id), [own.id, early.id, late[1].id, late[0].id],
                "the order with five minutes of priority")
        },
        Check("limits hold for concurrent claims") { probe in
            let job = probe.job { definition in
                definition.limits = .concurrency(5)
                definition.limits.rate = RateLimit(4, per: .seconds(60))
            }
            try await probe.insert(job, executions: (0..<20).map { _ in probe.execution(of: job) })
            let claims = try await probe.atOnce(8) { number in
                try await probe.claim(2, by: "scheduler \(number)")
            }.flatMap(\.self)
            try probe.expect(claims.count, 4, "the number of starts")
        },
    ]
}

extension StoreProbe {
    /// Requires that the next wakeup is in the future and not too late.
    func expectWake(at seconds: Double, by latest: Double) async throws {
        let wake = try await store.dueWork(at: at(seconds), limit: 10).nextWakeup
        try require(
            wake.map { $0 > at(seconds) && $0 <= at(latest) } ?? false,
            "the next wakeup must be after \(at(seconds)) and by \(at(latest)), but is \(wake.map { "\($0)" } ?? "none")"
        )
    }
}
