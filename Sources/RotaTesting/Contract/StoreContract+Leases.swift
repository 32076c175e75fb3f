import Foundation
import RotaStore

extension StoreContract {
    /// A lease is the right to run, as long as it is the latest.
    static let leases: [Check] = [
        Check("a renewal with the latest token moves the lease's end") { probe in
            let job = probe.job(next: nil)
            try await probe.insert(job, runs: [probe.run(of: job)])
            let claim = try await probe.claimOne(at: 10, lease: 30)
            try probe.expect(await probe.renew(claim, until: 100), .renewed, "the outcome")
            try probe.expect(
                await probe.execution(claim.execution.id).progress.lease?.expiresAt, probe.at(100), "the lease's end")
            let before = try await probe.store.dueWork(at: probe.at(99), limit: 10)
            try probe.expect(before.expiredLeases, [], "the leases that have run out before")
            let after = try await probe.store.dueWork(at: probe.at(100), limit: 10)
            try probe.expect(after.expiredLeases.map(\.execution.id), [claim.execution.id], "and then")
        },
        Check("a renewal with another token, or of what does not run, is lost") { probe in
            let job = probe.job()
            try await probe.insert(job, runs: [probe.run(of: job)])
            let first = try await probe.claimOne()
            try await probe.finish(first, .released(until: probe.at(10)))
            try probe.expect(await probe.renew(first, until: 100), .lost, "a renewal of what was released")
            let second = try await probe.claimOne()
            try probe.expect(await probe.renew(first, until: 1000), .lost, "a renewal with an old token")
            try probe.expect(
                await probe.execution(second.execution.id), second.execution, "the execution after lost renewals")
            try await probe.finish(second, .succeeded)
            try probe.expect(await probe.renew(second, until: 100), .lost, "a renewal of what is over")
            _ = try await probe.store.delete([job.id])
            try probe.expect(await probe.renew(second, until: 100), .lost, "a renewal of what is gone")
        },
        Check("S-64 signs of life and progress are kept, and silence does not erase them") { probe in
            let job = probe.job()
            try await probe.insert(job, runs: [probe.run(of: job)])
            let claim = try await probe.claimOne()
            let report = ProgressReport(fraction: 0.5, message: "half way")
            _ = try await probe.renew(claim, until: 50, heartbeat: 12, report: report)
            _ = try await probe.renew(claim, until: 60)
            let progress = try await probe.execution(claim.execution.id).progress
            try probe.expect(progress.heartbeatAt, probe.at(12), "the last sign of life")
            try probe.expect(progress.report, report, "the report")
        },
        Check("each renewal of a batch has its own outcome") { probe in
            let job = probe.job()
            try await probe.insert(job, runs: [probe.run(of: job), probe.run(of: job)])
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
        Check("a lease that has run out is still good while nobody has claimed the execution again") { probe in
            let job = probe.job()
            try await probe.insert(job, runs: [probe.run(of: job)])
            let claim = try await probe.claimOne(at: 10, lease: 5)
            try probe.expect(await probe.claim(at: 500), [], "what can be claimed while the lease is not given up")
            let ended = try await probe.finish(claim, .succeeded, at: 500, attempt: probe.attempt(1))
            try probe.expect(ended.progress.status, .succeeded, "the status")
        },
        Check("of two who end one run, the second is refused and changes nothing") { probe in
            let job = probe.job()
            try await probe.insert(job, runs: [probe.run(of: job)])
            let first = try await probe.claimOne(at: 10, lease: 5)
            // Somebody else finds the lease expired, and gives the execution another try.
            try await probe.finish(
                first, .retry(at: probe.at(20), after: probe.failure), at: 20, attempt: probe.attempt(1))
            try probe.expect(await probe.end(first, .succeeded), .stale, "the end by the first before the next claim")
            let second = try await probe.claimOne(at: 20)
            try probe.expect(await probe.end(first, .succeeded), .stale, "the end by the first")
            try probe.expect(
                await probe.execution(second.execution.id), second.execution, "the execution of the second")
            let ended = try await probe.finish(second, .succeeded, at: 25, attempt: probe.attempt(2))
            try probe.expect(await probe.end(second, .failed(probe.failure)), .stale, "a second end")
            try probe.expect(await probe.execution(ended.id), ended, "the execution that has ended")
            try probe.expect(await probe.job(job.id).statistics.succeeded, 1, "the number of successes")
        },
        Check("the end of what is gone is missing") { probe in
            let job = probe.job()
            try await probe.insert(job, runs: [probe.run(of: job)])
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
        let token = claim.execution.progress.lease?.token ?? 0
        return try await only(
            store.renew([
                LeaseRenewal(
                    executionID: claim.execution.id, token: token, expiresAt: at(seconds),
                    heartbeatAt: heartbeat.map(at), report: report)
            ]))
    }

    /// Ends a run, whatever comes of it.
    func end(_ claim: Claim, _ next: Completion.Next, at seconds: Double = 30) async throws -> Completion.Outcome {
        let token = claim.execution.progress.lease?.token ?? 0
        return try await only(
            store.finish([
                Completion(
                    executionID: claim.execution.id, token: token, attempt: attempt(1), next: next, date: at(seconds))
            ]))
    }
}
