import Foundation
import RotaStore

extension StoreContract {
    /// A lease is the right to run an execution, until a later claim.
    static let leases: [Check] = [
        Check("a renewal with the latest token extends the lease") { probe in
            let job = probe.job(next: nil)
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne(at: 10, lease: 30)
            try probe.expect(await probe.renew(claim, until: 100), .renewed, "the outcome")
            try probe.expect(
                await probe.execution(claim.execution.id).progress.lease?.expiresAt, probe.at(100),
                "the expiry of the lease")
            let before = try await probe.store.dueWork(at: probe.at(99), limit: 10)
            try probe.expect(before.expiredLeases, [], "the leases expired before")
            let after = try await probe.store.dueWork(at: probe.at(100), limit: 10)
            try probe.expect(after.expiredLeases.map(\.execution.id), [claim.execution.id], "the leases expired then")
        },
        Check("a renewal with another token or of an execution that is not running is lost") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let first = try await probe.claimOne()
            try await probe.finish(first, .released(until: probe.at(10)))
            try probe.expect(await probe.renew(first, until: 100), .lost, "a renewal of a released execution")
            let second = try await probe.claimOne()
            try probe.expect(await probe.renew(first, until: 1000), .lost, "a renewal with an old token")
            try probe.expect(
                await probe.execution(second.execution.id), second.execution, "the execution after lost renewals")
            try await probe.finish(second, .succeeded)
            try probe.expect(await probe.renew(second, until: 100), .lost, "a renewal of a finished execution")
            _ = try await probe.store.delete([job.id])
            try probe.expect(await probe.renew(second, until: 100), .lost, "a renewal of a deleted execution")
        },
        Check("heartbeats and progress are kept across renewals without them") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            let report = ProgressReport(fraction: 0.5, message: "half way")
            _ = try await probe.renew(claim, until: 50, heartbeat: 12, report: report)
            _ = try await probe.renew(claim, until: 60)
            let progress = try await probe.execution(claim.execution.id).progress
            try probe.expect(progress.heartbeatAt, probe.at(12), "the last heartbeat")
            try probe.expect(progress.report, report, "the report")
        },
        Check("each renewal of a batch has its own outcome") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job), probe.execution(of: job)])
            let claims = try await probe.claim()
            try probe.expect(claims.count, 2, "the number of claims")
            try await probe.finish(claims[0], .succeeded)
            let outcomes = try await probe.store.renew(
                claims.map {
                    LeaseRenewal(
                        executionID: $0.execution.id, token: $0.execution.progress.lease?.token ?? 0,
                        expiresAt: probe.at(90))
                })
            try probe.expect(outcomes, [.lost, .renewed], "the outcomes")
        },
        Check("an expired lease is valid until the execution is claimed again") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne(at: 10, lease: 5)
            try probe.expect(
                await probe.claim(at: 500), [], "the executions that can be claimed while the expired lease is in place"
            )
            let ended = try await probe.finish(claim, .succeeded, at: 500, attempt: probe.attempt(1))
            try probe.expect(ended.progress.status, .succeeded, "the status")
        },
        Check("only the first of two completions is recorded") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let first = try await probe.claimOne(at: 10, lease: 5)
            // Another scheduler finds the lease expired and retries the execution.
            try await probe.finish(
                first, .retry(at: probe.at(20), after: probe.failure), at: 20, attempt: probe.attempt(1))
            try probe.expect(
                await probe.end(first, .succeeded), .stale, "a completion by the first before the next claim")
            let second = try await probe.claimOne(at: 20)
            try probe.expect(await probe.end(first, .succeeded), .stale, "a completion by the first")
            try probe.expect(
                await probe.execution(second.execution.id), second.execution, "the execution claimed by the second")
            let ended = try await probe.finish(second, .succeeded, at: 25, attempt: probe.attempt(2))
            try probe.expect(await probe.end(second, .failed(probe.failure)), .stale, "a second completion")
            try probe.expect(await probe.execution(ended.id), ended, "the finished execution")
            try probe.expect(await probe.job(job.id).statistics.succeeded, 1, "the number of successes")
        },
        Check("another scheduler with the same token neither completes nor renews") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            // The database has lost the commit by which this one claimed the execution under the same token.
            let (id, token) = (claim.execution.id, claim.lease.token)
            let renewal = LeaseRenewal(executionID: id, token: token, expiresAt: probe.at(500), owner: "lost")
            try probe.expect(await probe.only(probe.store.renew([renewal])), .lost, "the renewal")
            var completion = Completion(
                executionID: id, token: token, attempt: probe.attempt(1), next: .succeeded, date: probe.at(30),
                owner: "lost")
            try probe.expect(await probe.only(probe.store.finish([completion])), .stale, "the completion")
            try probe.expect(await probe.execution(id), claim.execution, "the execution")
            completion.owner = claim.lease.owner
            guard case .recorded(let ended) = try await probe.only(probe.store.finish([completion])) else {
                throw ContractViolation("a completion by the owner of the latest lease was refused")
            }
            completion.owner = "lost"
            try probe.expect(await probe.only(probe.store.finish([completion])), .stale, "a repetition by another")
            try probe.expect(await probe.execution(id), ended, "the finished execution")
        },
        Check("completing a deleted execution returns missing") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            _ = try await probe.store.delete([job.id])
            try probe.expect(await probe.end(claim, .succeeded), .missing, "the outcome")
        },
    ]
}

extension StoreProbe {
    func renew(
        _ claim: Claim, until seconds: Double, heartbeat: Double? = nil, report: ProgressReport? = nil
    ) async throws -> LeaseRenewal.Outcome {
        let token = claim.lease.token
        return try await only(
            store.renew([
                LeaseRenewal(
                    executionID: claim.execution.id, token: token, expiresAt: at(seconds),
                    heartbeatAt: heartbeat.map(at), report: report)
            ]))
    }

    /// Completes an execution and returns the outcome.
    func end(_ claim: Claim, _ next: Completion.Next, at seconds: Double = 30) async throws -> Completion.Outcome {
        let token = claim.lease.token
        return try await only(
            store.finish([
                Completion(
                    executionID: claim.execution.id, token: token, attempt: attempt(1), next: next, date: at(seconds))
            ]))
    }
}
