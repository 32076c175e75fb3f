import Foundation
import RotaHTTP
import RotaRetry
import RotaStore

extension StoreContract {
    /// The end of an attempt is recorded once, with its consequences.
    static let finishing: [Check] = [
        Check("a success keeps its attempt and output") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            let output = try JSONPayload(["answer": 42])
            let ended = try await probe.finish(
                claim, .succeeded, at: 20, attempt: probe.attempt(1), output: output)
            try probe.expect(ended.progress.status, .succeeded, "the status")
            try probe.expect(ended.attempts, [probe.attempt(1)], "the attempts")
            try probe.expect(ended.progress.output, output, "the output")
            try probe.expect(ended.progress.finishedAt, probe.at(20), "finishedAt")
            try probe.expect(ended.progress.failure, nil, "the failure")
            try probe.expect(await probe.execution(ended.id), ended, "the stored execution")
        },
        Check("a failure keeps its reason") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let ended = try await probe.finish(
                probe.claimOne(), .failed(probe.failure), attempt: probe.attempt(1, failure: probe.failure))
            try probe.expect(ended.progress.status, .failed, "the status")
            try probe.expect(ended.progress.failure, probe.failure, "the failure")
            try probe.expect(await probe.execution(ended.id), ended, "the stored execution")
        },
        Check("a retry is a due date in the store") { probe in
            let job = probe.job(next: nil)
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let queued = try await probe.finish(
                probe.claimOne(), .retry(at: probe.at(300), after: probe.failure),
                attempt: probe.attempt(1, failure: probe.failure))
            try probe.expect(queued.progress.status, .queued, "the status")
            try probe.expect(queued.progress.dueAt, probe.at(300), "dueAt")
            try probe.expect(queued.progress.failure, probe.failure, "the failure")
            try probe.expect(
                await probe.store.dueWork(at: probe.at(20), limit: 1).nextWakeup, probe.at(300), "the next wakeup")
            try probe.expect(await probe.claim(at: 299), [], "the executions that can be claimed before")
            let again = try await probe.claimOne(at: 300)
            try probe.expect(again.execution.progress.startedAt, probe.at(10), "startedAt")
            try probe.expect(again.execution.progress.attemptStartedAt, probe.at(300), "attemptStartedAt")
            let ended = try await probe.finish(again, .succeeded, at: 310, attempt: probe.attempt(2))
            try probe.expect(ended.attempts.map(\.number), [1, 2], "the attempts")
            try probe.expect(ended.progress.failure, nil, "the failure after a success")
        },
        Check("a release leaves no attempt and no start") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let queued = try await probe.finish(probe.claimOne(), .released(until: probe.at(30)))
            try probe.expect(queued.progress.status, .queued, "the status")
            try probe.expect(queued.progress.dueAt, probe.at(30), "dueAt")
            try probe.expect(queued.progress.startedAt, nil, "startedAt")
            try probe.expect(queued.attempts, [], "the attempts")
        },
        Check("a release with an attempt keeps both, and the job has run") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let interrupted = ExecutionFailure(kind: .interrupted, message: "stopped")
            let queued = try await probe.finish(
                probe.claimOne(), .released(until: probe.at(30)), attempt: probe.attempt(1, failure: interrupted))
            try probe.expect(queued.progress.status, .queued, "the status")
            try probe.expect(queued.progress.startedAt, probe.at(10), "startedAt")
            try probe.expect(queued.progress.failure, nil, "the failure")
            try probe.expect(queued.attempts.map(\.failure), [interrupted], "the attempts")
            let statistics = try await probe.job(job.id).statistics
            try probe.expect(statistics.lastRunAt, probe.at(10), "lastRunAt")
            try probe.expect([statistics.succeeded, statistics.failed], [0, 0], "the numbers")
            try probe.expect(statistics.lastStatus, nil, "the last status")
        },
        Check("a waiting execution is not due") { probe in
            let job = probe.job(next: nil)
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            let waiting = try await probe.finish(claim, .waiting(until: nil), attempt: probe.attempt(1))
            try probe.expect(waiting.progress.status, .waiting, "the status")
            try probe.expect(await probe.claim(at: 10_000), [], "the executions that can be claimed")
            let dueWork = try await probe.store.dueWork(at: probe.at(10_000), limit: 10)
            try probe.expect(dueWork.expiredLeases, [], "the expired leases")
            try probe.expect(await probe.renew(claim, until: 20_000), .lost, "a renewal of a waiting execution")
            try probe.expect(await probe.execution(waiting.id), waiting, "the stored execution")
        },
        Check("a job's statistics count its results") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: (0..<4).map { probe.execution(of: job, at: Double($0)) })
            let claims = try await probe.claim()
            try probe.expect(claims.count, 4, "the number of claims")
            try await probe.finish(claims[0], .succeeded, at: 20)
            try await probe.finish(claims[1], .failed(probe.failure), at: 21)
            try await probe.finish(claims[2], .canceled, at: 22)
            try await probe.finish(claims[3], .succeeded, at: 23)
            let statistics = try await probe.job(job.id).statistics
            try probe.expect(
                [statistics.succeeded, statistics.failed, statistics.canceledOrExpired], [2, 1, 1], "the numbers")
            try probe.expect(statistics.lastStatus, .succeeded, "the last status")
            try probe.expect(statistics.lastFinishedAt, probe.at(23), "lastFinishedAt")
            try probe.expect(statistics.lastRunAt, probe.at(10), "lastRunAt")
        },
        Check("a job's last success is the latest, in whatever order results arrive") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: (0..<4).map { probe.execution(of: job, at: Double($0)) })
            let claims = try await probe.claim()
            try probe.expect(claims.count, 4, "the number of claims")
            try await probe.finish(claims[0], .failed(probe.failure), at: 20)
            try probe.expect(await probe.job(job.id).statistics.lastSucceededAt, nil, "the last success before any")
            try await probe.finish(claims[1], .succeeded, at: 22)
            try await probe.finish(claims[2], .succeeded, at: 21)
            try await probe.finish(claims[3], .canceled, at: 23)
            try probe.expect(await probe.job(job.id).statistics.lastSucceededAt, probe.at(22), "the last success")
        },
        Check("retention removes the oldest finished executions and keeps unfinished ones") { probe in
            let job = probe.job { $0.retention = .last(2) }
            let waiting = probe.execution(of: job, at: 5000)
            let executions = (0..<4).map { probe.execution(of: job, at: Double($0)) }
            try await probe.insert(job, executions: [waiting] + executions)
            let claims = try await probe.claim(at: 10)
            try probe.expect(claims.count, 4, "the number of claims")
            for (number, claim) in claims.enumerated() {
                try await probe.finish(claim, .succeeded, at: 20 + Double(number))
            }
            try probe.expect(
                await probe.executions().map(\.id), [waiting.id, executions[2].id, executions[3].id],
                "the remaining executions")
            try probe.expect(await probe.store.execution(executions[0].id), nil, "the oldest")
            try probe.expect(await probe.job(job.id).statistics.succeeded, 4, "the number of successes")
        },
        Check("a retention of 0 days keeps no finished execution") { probe in
            let job = probe.job { $0.retention = .days(0) }
            let executions = [probe.execution(of: job), probe.execution(of: job)]
            try await probe.insert(job, executions: executions)
            let ended = try await probe.finish(try await probe.claim()[0], .succeeded)
            try probe.expect(await probe.store.execution(ended.id), nil, "the finished execution")
            try probe.expect(await probe.executions().count, 1, "the number of unfinished executions")
        },
    ]
}
