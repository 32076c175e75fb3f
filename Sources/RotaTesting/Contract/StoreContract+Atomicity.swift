import Foundation
import RotaStore

extension StoreContract {
    /// Several schedulers use a store at the same time.
    static let atomicity: [Check] = [
        Check("concurrent claims never share an execution") { probe in
            let job = probe.job()
            let executions = (0..<40).map { _ in probe.execution(of: job) }
            try await probe.insert(job, executions: executions)
            let claims = try await probe.atOnce(8) { number in
                try await probe.claim(7, by: "scheduler \(number)")
            }.flatMap(\.self)
            try probe.expect(claims.count, 40, "the number of claims")
            try probe.expect(Set(claims.map(\.execution.id)), Set(executions.map(\.id)), "the claimed executions")
        },
        Check("only one of several concurrent fires succeeds") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let fires = (0..<8).map { _ in probe.fire(job, at: 60) }
            let outcomes = try await probe.atOnce(8) { number in
                try await probe.only(probe.store.fire([fires[number]]))
            }
            try probe.expect(outcomes.count { $0 == .conflict }, 7, "the number of refused calls")
            try probe.expect(await probe.executions().count, 1, "the number of executions")
        },
        Check("only one of several concurrent replacements succeeds") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let isDone = try await probe.atOnce(8) { number in
                do {
                    _ = try await probe.store.replace(
                        probe.change(job, definition: probe.job("by \(number)").definition))
                    return true
                } catch let error as StoreError where error.code == .conflict {
                    return false
                }
            }
            try probe.expect(isDone.count { $0 }, 1, "the number of changes")
            try probe.expect(await probe.job(job.id).version, 2, "the version")
        },
        Check("only one of several concurrent insertions with one key succeeds") { probe in
            let jobs = (0..<8).map { probe.job("job \($0)") }
            let outcomes = try await probe.atOnce(8) { number in
                try await probe.only(probe.store.insert([JobInsertion(jobs[number], idempotencyKey: "key")]))
            }
            let inserted = outcomes.filter { if case .inserted = $0 { true } else { false } }
            try probe.expect(inserted.count, 1, "the number of jobs inserted")
            try probe.expect(await probe.store.jobs(JobQuery()).items.count, 1, "the number of jobs")
        },
        Check("only one of several concurrent completions succeeds") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            let outcomes = try await probe.atOnce(8) { number in
                try await probe.end(claim, .succeeded, at: 30 + Double(number))
            }
            try probe.expect(outcomes.count { $0 == .stale }, 7, "the number of refused calls")
            let statistics = try await probe.job(job.id).statistics
            try probe.expect(statistics.succeeded, 1, "the number of successes")
        },
        Check("each completion of a batch has its own outcome") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job), probe.execution(of: job)])
            let claims = try await probe.claim()
            try probe.expect(claims.count, 2, "the number of claims")
            let completions = [(claims[0], 20.0), (claims[0], 21), (claims[1], 20)].map { claim, seconds in
                Completion(
                    executionID: claim.execution.id, token: claim.lease.token, attempt: nil, next: .succeeded,
                    date: probe.at(seconds))
            }
            let outcomes = try await probe.store.finish(completions)
            try probe.expect(outcomes.count, 3, "the number of outcomes")
            try probe.expect(outcomes[1], .stale, "the second completion of the first")
            try probe.require(
                outcomes[0] != .stale && outcomes[2] != .stale, "the first completion of each must be recorded")
        },
        Check("a scheduler finds the leases that it holds") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: (0..<3).map { _ in probe.execution(of: job) })
            let first = try await probe.claim(2, by: "one")
            _ = try await probe.claim(2, by: "two")
            try probe.expect(
                Set(await probe.store.leases(of: "one").map(\.execution)), Set(first.map(\.execution)),
                "the leases of the first")
            try await probe.finish(first[0], .succeeded)
            try probe.expect(
                await probe.store.leases(of: "one").map(\.execution.id), [first[1].execution.id],
                "the leases of the first after an end")
            try probe.expect(await probe.store.leases(of: "three"), [], "the leases of a third")
        },
    ]
}

extension StoreProbe {
    /// The results of concurrent calls, in the order of their numbers.
    func atOnce<Value: Sendable>(
        _ count: Int, _ call: @escaping @Sendable (Int) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            for number in 0..<count { group.addTask { (number, try await call(number)) } }
            var values: [(Int, Value)] = []
            for try await value in group { values.append(value) }
            return values.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
