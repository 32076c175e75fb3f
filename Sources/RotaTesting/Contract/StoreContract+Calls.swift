import Foundation
import RotaHTTP
import RotaStore

extension StoreContract {
    /// Requests from outside: cancellation, external completion and pruning.
    static let calls: [Check] = [
        Check("a queued execution is canceled immediately") { probe in
            let job = probe.job()
            let execution = probe.execution(of: job)
            try await probe.insert(job, executions: [execution])
            guard case .canceled(let ended) = try await probe.cancel(execution.id, at: 5, reason: "not needed") else {
                throw ContractViolation("an execution that has not started was not canceled immediately")
            }
            try probe.expect(ended.progress.status, .canceled, "the status")
            try probe.expect(ended.progress.cancelReason, "not needed", "the reason")
            try probe.expect(ended.progress.finishedAt, probe.at(5), "finishedAt")
            try probe.expect(await probe.execution(execution.id), ended, "the stored execution")
            try probe.expect(await probe.claim(), [], "the executions that can be claimed")
            try probe.expect(
                await probe.job(job.id).statistics.canceledOrExpired, 1, "canceledOrExpired")
            try probe.expect(await probe.cancel(execution.id), .alreadyOver(ended), "the outcome of a second request")
        },
        Check("canceling a running execution is requested from its worker") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            guard case .requested(let asked) = try await probe.cancel(claim.execution.id, at: 15, reason: "why")
            else {
                throw ContractViolation("canceling a running execution must return .requested")
            }
            try probe.expect(asked.progress.status, .running, "the status")
            try probe.expect(asked.progress.cancelRequestedAt, probe.at(15), "cancelRequestedAt")
            try probe.expect(await probe.execution(asked.id), asked, "the stored execution")
            try probe.expect(await probe.renew(claim, until: 60), .cancelRequested, "the outcome of the next renewal")
            let ended = try await probe.finish(claim, .canceled, at: 20)
            try probe.expect(ended.progress.status, .canceled, "the status after the completion")
            try probe.expect(ended.progress.cancelReason, "why", "the reason")
        },
        Check("a canceled running execution is not retried") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            _ = try await probe.cancel(claim.execution.id)
            let ended = try await probe.finish(
                claim, .retry(at: probe.at(30), after: probe.failure), at: 20, attempt: probe.attempt(1))
            try probe.expect(ended.progress.status, .canceled, "the status")
            try probe.expect(await probe.claim(at: 100), [], "the executions that can be claimed")
        },
        Check("a canceled running execution can still succeed") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            _ = try await probe.cancel(claim.execution.id)
            let ended = try await probe.finish(claim, .succeeded, at: 20, attempt: probe.attempt(1))
            try probe.expect(ended.progress.status, .succeeded, "the status")
        },
        Check("a waiting execution and a waiting retry are canceled immediately") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job), probe.execution(of: job)])
            let claims = try await probe.claim()
            try probe.expect(claims.count, 2, "the number of claims")
            try await probe.finish(claims[0], .waiting(until: nil))
            try await probe.finish(claims[1], .retry(at: probe.at(30), after: probe.failure))
            for claim in claims {
                guard case .canceled = try await probe.cancel(claim.execution.id, at: 25) else {
                    throw ContractViolation("an execution that is not running must be canceled immediately")
                }
            }
            try probe.expect(await probe.claim(at: 100), [], "the executions that can be claimed")
        },
        Check("a bulk cancellation cancels what its query lists, oldest first, up to its limit") { probe in
            let (job, other) = (probe.job(), probe.job())
            let runs = (0..<5).map { probe.execution(of: job, at: Double($0)) }
            try await probe.insert(job, executions: runs)
            let claims = try await probe.claim(3)
            try probe.expect(claims.count, 3, "the number of claims")
            try await probe.finish(claims[0], .succeeded, at: 20, attempt: probe.attempt(1))
            try await probe.finish(claims[1], .waiting(until: nil), at: 20)
            let stranger = probe.execution(of: other)
            try await probe.insert(other, executions: [stranger])
            let ids = runs.map(\.id).sorted().filter { $0 != claims[0].execution.id }
            var request = BulkCancellation(
                ExecutionQuery(jobID: job.id, order: .descending, limit: 1), reason: "why", date: probe.at(30), limit: 3
            )
            let first = try await probe.store.cancel(matching: request)
            try probe.require(first.hasMore, "more to cancel, beyond the limit")
            let second = try await probe.store.cancel(matching: request)
            try probe.require(!second.hasMore, "no more to cancel")
            let running = claims[2].execution.id
            try probe.expect((first.requested + second.requested).map(\.id), [running], "the running executions")
            try probe.expect(
                (first.canceled + second.canceled).map(\.id), ids.filter { $0 != running }, "the canceled executions")
            try probe.expect(first.canceled.count + first.requested.count, 3, "the number of the first call")
            for ended in first.canceled + second.canceled {
                try probe.expect(ended.progress.status, .canceled, "the status")
                try probe.expect(ended.progress.cancelReason, "why", "the reason")
                try probe.expect(ended.progress.finishedAt, probe.at(30), "finishedAt")
                try probe.expect(await probe.execution(ended.id), ended, "the stored execution")
            }
            try probe.expect(await probe.renew(claims[2], until: 60), .cancelRequested, "the outcome of a renewal")
            try probe.expect(await probe.job(job.id).statistics.canceledOrExpired, 3, "canceledOrExpired")
            try probe.expect(await probe.execution(stranger.id).progress.status, .queued, "another job's execution")
            try probe.expect(await probe.store.cancel(matching: request), CancellationReport(), "a third call")
            request.query = ExecutionQuery(statuses: [.succeeded, .waiting], limit: 1)
            try probe.expect(await probe.store.cancel(matching: request), CancellationReport(), "other statuses")
            request.limit = 0
            try await probe.expect(.invalidQuery, "a limit of 0") {
                _ = try await probe.store.cancel(matching: request)
            }
        },
        Check("canceling a missing execution returns missing") { probe in
            try probe.expect(await probe.cancel(ExecutionID(bits: probe.id())), .missing, "the outcome")
        },
        Check("an external completion can queue a waiting execution again") { probe in
            let (job, claim) = try await probe.waitingExecution()
            let output = try JSONPayload(["approved": true])
            let outcome = try await probe.completeWaiting(claim, .queued(at: probe.at(50)), at: 40, output: output)
            guard case .recorded(let queued) = outcome else {
                throw ContractViolation("the external completion was refused")
            }
            try probe.expect(queued.progress.status, .queued, "the status")
            try probe.expect(queued.progress.dueAt, probe.at(50), "dueAt")
            try probe.expect(queued.progress.output, output, "the output")
            try probe.expect(await probe.claim(at: 49), [], "the executions that can be claimed before")
            let again = try await probe.claimOne(at: 50)
            try probe.require(
                again.lease.token > claim.lease.token,
                "a token greater than that of the earlier claim")
            try probe.expect(await probe.job(job.id).statistics.succeeded, 0, "the number of successes")
        },
        Check("an external completion finishes a waiting execution with any result") { probe in
            let ends: [(ExternalCompletion.Next, ExecutionStatus)] = [
                (.succeeded, .succeeded), (.failed(probe.failure), .failed), (.canceled, .canceled),
            ]
            for (next, status) in ends {
                let (job, claim) = try await probe.waitingExecution()
                guard case .recorded(let ended) = try await probe.completeWaiting(claim, next, at: 40) else {
                    throw ContractViolation("the external completion was refused")
                }
                try probe.expect(ended.progress.status, status, "the status")
                try probe.expect(ended.progress.finishedAt, probe.at(40), "finishedAt")
                try probe.expect(await probe.execution(ended.id), ended, "the stored execution")
                try probe.expect(await probe.job(job.id).statistics.lastStatus, status, "the job's last status")
                try probe.expect(
                    await probe.completeWaiting(claim, next, at: 41), .notWaiting(ended), "a second external completion"
                )
            }
        },
        Check("a heartbeat from outside is recorded, and the execution waits as long as before") { probe in
            let (_, claim) = try await probe.waitingExecution(until: 200)
            let report = ProgressReport(fraction: 0.5, message: "half")
            guard case .recorded(let waiting) = try await probe.completeWaiting(claim, .waiting(report), at: 40),
                case .recorded(let again) = try await probe.completeWaiting(claim, .waiting(nil), at: 50)
            else { throw ContractViolation("the heartbeat was refused") }
            try probe.expect(waiting.progress.heartbeatAt, probe.at(40), "heartbeatAt")
            try probe.expect(waiting.progress.report, report, "the report")
            try probe.expect(again.progress.status, .waiting, "the status")
            try probe.expect(again.progress.heartbeatAt, probe.at(50), "heartbeatAt without a report")
            try probe.expect(again.progress.report, report, "the report after a heartbeat without one")
            try probe.expect(again.progress.expiresAt, probe.at(200), "expiresAt")
            try probe.expect(await probe.execution(again.id), again, "the stored execution")
        },
        Check("an external completion of an execution that does not wait or is missing does nothing") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            try probe.expect(
                await probe.completeWaiting(claim, .succeeded, at: 20), .notWaiting(claim.execution), "the outcome")
            try probe.expect(await probe.execution(claim.execution.id), claim.execution, "the execution")
            _ = try await probe.store.delete([job.id])
            try probe.expect(
                await probe.completeWaiting(claim, .succeeded, at: 20), .missing, "the outcome for a deleted execution")
        },
        Check("an execution that did not start in time expires") { probe in
            let job = probe.job(next: nil) { $0.limits.timeToLive = .seconds(100) }
            let execution = probe.execution(of: job)
            try await probe.insert(job, executions: [execution])
            try probe.expect(await probe.store.prune(at: probe.at(99), limit: 10), PruneReport(), "the report before")
            let report = try await probe.store.prune(at: probe.at(100), limit: 10)
            try probe.expect(report.expired.map(\.id), [execution.id], "the expired executions")
            try probe.expect(report.hasMore, false, "hasMore")
            let ended = try await probe.execution(execution.id)
            try probe.expect(ended, report.expired[0], "the stored execution")
            try probe.expect(ended.progress.status, .expired, "the status")
            try probe.expect(
                await probe.job(job.id).statistics.canceledOrExpired, 1, "canceledOrExpired")
        },
        Check("running executions and waiting retries do not expire") { probe in
            let job = probe.job { $0.limits.timeToLive = .seconds(100) }
            try await probe.insert(job, executions: [probe.execution(of: job), probe.execution(of: job)])
            let claims = try await probe.claim(lease: 1000)
            try probe.expect(claims.count, 2, "the number of claims")
            try await probe.finish(
                claims[0], .retry(at: probe.at(300), after: probe.failure), attempt: probe.attempt(1))
            try probe.expect(
                await probe.store.prune(at: probe.at(500), limit: 10).expired, [], "the expired executions")
            try probe.expect(
                await probe.claimOne(at: 300).execution.id, claims[0].execution.id, "the claimed execution")
        },
        Check("an execution that waits until a date expires then") { probe in
            let (_, claim) = try await probe.waitingExecution(until: 200)
            try probe.expect(
                await probe.store.prune(at: probe.at(199), limit: 10).expired, [], "the executions expired before")
            let report = try await probe.store.prune(at: probe.at(200), limit: 10)
            try probe.expect(report.expired.map(\.id), [claim.execution.id], "the executions expired then")
            let ended = try await probe.execution(claim.execution.id)
            try probe.expect(ended.progress.status, .expired, "the status")
            try probe.expect(
                await probe.completeWaiting(claim, .succeeded, at: 201), .notWaiting(ended),
                "an external completion afterwards")
        },
        Check("pruning continues after its limit") { probe in
            let job = probe.job { $0.limits.timeToLive = .seconds(10) }
            try await probe.insert(job, executions: (0..<5).map { _ in probe.execution(of: job) })
            var counts: [Int] = []
            var hasMore = true
            while hasMore, counts.count < 10 {
                let report = try await probe.store.prune(at: probe.at(50), limit: 2)
                counts.append(report.expired.count)
                hasMore = report.hasMore
            }
            try probe.require(counts.allSatisfy { $0 <= 2 }, "at most two executions in one step, but got \(counts)")
            try probe.expect(counts.reduce(0, +), 5, "the number of expired executions")
        },
        Check("jobs and executions are counted by state") { probe in
            try probe.expect(await probe.store.counts(), StoreCounts(), "the counts of an empty store")
            let job = probe.job()
            try await probe.insert(job, executions: (0..<5).map { _ in probe.execution(of: job) })
            try await probe.insert(probe.job(state: .paused))
            let claims = try await probe.claim(3)
            try probe.expect(claims.count, 3, "the number of claims")
            try await probe.finish(claims[0], .succeeded)
            try await probe.finish(claims[1], .waiting(until: nil))
            try probe.expect(
                await probe.store.counts(),
                StoreCounts(
                    jobs: [.active: 1, .paused: 1],
                    executions: [.queued: 2, .running: 1, .succeeded: 1, .waiting: 1]), "the counts")
            _ = try await probe.store.delete([job.id])
            try probe.expect(await probe.store.counts(), StoreCounts(jobs: [.paused: 1]), "the counts after a deletion")
        },
    ]
}

extension StoreProbe {
    /// A job with a waiting execution, and the claim it was started under.
    fileprivate func waitingExecution(until seconds: Double? = nil) async throws -> (Job, Claim) {
        let job = self.job(next: nil)
        try await insert(job, executions: [execution(of: job)])
        let claim = try await claimOne()
        try await finish(claim, .waiting(until: seconds.map(at)), attempt: attempt(1))
        return (job, claim)
    }

    fileprivate func completeWaiting(
        _ claim: Claim, _ next: ExternalCompletion.Next, at seconds: Double, output: JSONPayload? = nil
    ) async throws -> ExternalCompletion.Outcome {
        try await only(
            store.completeWaiting([
                ExternalCompletion(claim.execution.id, next: next, output: output, date: at(seconds))
            ]))
    }
}
