import Foundation
import RotaHTTP
import RotaRetry
import RotaStore

extension StoreContract {
    /// The consequences of a finished execution, in the step that finishes it.
    static let ends: [Check] = [
        Check("finishing an execution queues its notifications in the same step") { probe in
            let job = probe.job(next: nil) { definition in
                definition.notifications = [
                    NotificationRule(on: .completion, .handler("tell")),
                    NotificationRule(on: .success, .handler("praise")),
                ]
                definition.limits.timeToLive = .seconds(500)
            }
            let executions = (0..<4).map { probe.execution(of: job, at: Double($0)) }
            try await probe.insert(job, executions: executions)
            let claims = try await probe.claim(2)
            var ended = [try await probe.finish(claims[0], .succeeded, at: 20)]
            try await probe.finish(claims[1], .waiting(until: nil))
            let answer = ExternalCompletion(executions[1].id, next: .failed(probe.failure), date: probe.at(30))
            guard case .recorded(let answered) = try await probe.only(probe.store.completeWaiting([answer])) else {
                throw ContractViolation("the external completion of a waiting execution was not recorded")
            }
            ended.append(answered)
            guard case .canceled(let canceled) = try await probe.cancel(executions[2].id, at: 40) else {
                throw ContractViolation("an execution that had not started was not canceled immediately")
            }
            ended.append(canceled)
            ended += try await probe.store.prune(at: probe.at(503), limit: 10).expired
            try probe.expect(ended.map(\.id), executions.map(\.id), "the finished executions")
            let dates = [20, 30, 40, 503].map { probe.at($0) }
            let notifications = zip(ended, dates).flatMap { job.notifications(of: $0, at: $1) }
            try probe.expect(
                await probe.executions(ExecutionQuery().with { $0.sources = [.notification] }),
                notifications.sorted { $0.id < $1.id },
                "the notifications")
            // A notification causes no other notifications.
            for claim in try await probe.claim(at: 600) { try await probe.finish(claim, .succeeded, at: 601) }
            try probe.expect(
                await probe.executions(ExecutionQuery().with { $0.sources = [.notification] }).map(\.progress.status),
                notifications.map { _ in .succeeded }, "the statuses of the notifications")
        },
        Check("an end queues what the job's chain asks for, once, with a payload from the output") { probe in
            let path = try JSONPath("$.n")
            let slug = probe.job("by slug", next: nil) { $0.attributes.slug = "next" }
            let job = probe.job(next: nil) { definition in
                definition.chain = [
                    ChainRule(on: .completed, slug: "next", payload: ["n": path]),
                    ChainRule(on: .failed, job: slug.id), ChainRule(on: .any, slug: "missing"),
                ]
            }
            try await probe.insert(slug)
            try await probe.insert(job, executions: (0..<3).map { probe.execution(of: job, at: Double($0)) })
            let claims = try await probe.claim()
            let output = JSONPayload(trusted: Data(#"{"n": [1, 2]}"#.utf8))
            let first = try await probe.finish(claims[0], .succeeded, output: output)
            let second = try await probe.finish(claims[1], .failed(probe.failure))
            _ = try await probe.finish(claims[2], .canceled)
            let expected = [first, second].flatMap { run in
                job.chained(from: run, at: probe.at(20)) { $0 == .slug("missing") ? nil : slug }
            }
            let found = try await probe.executions(ExecutionQuery(jobID: slug.id))
            try probe.expect(
                found, expected.sorted { $0.id < $1.id }, "the executions that the ends queued")
            try probe.expect(
                expected.map(\.payload?.json), [Data(#"{"n":[1,2]}"#.utf8), nil], "the payloads")
            try probe.expect(expected.map(\.details.parentID), [first.id, second.id], "what caused them")
            try probe.expect(expected.map(\.source), [.chain, .chain], "the sources")
        },
        Check("a chain ends with a failure that says so after ten links") { probe in
            let job = probe.job(next: nil) { definition in
                definition.attributes.slug = "again"
                definition.chain = [ChainRule(on: .any, slug: "again")]
            }
            try await probe.insert(job, executions: [probe.execution(of: job)])
            for link in 0...ChainRule.longest {
                let claim = try await probe.claimOne(at: 20)
                try probe.expect(claim.execution.details.lineageDepth, link, "the number of executions before it")
                try await probe.finish(claim, .succeeded)
            }
            try probe.expect(await probe.claim(at: 30).count, 0, "the claims after the last link")
            let statistics = try await probe.job(job.id).statistics
            try probe.expect([statistics.succeeded, statistics.failed], [11, 1], "the counted ends")
        },
        Check("health counts what ended of the executions created in a window, by job, group and in all") { probe in
            let job = probe.job(next: nil) { definition in
                definition.attributes.group = "g"
                definition.notifications = [NotificationRule(on: .success, .handler("tell"))]
            }
            let other = probe.job(next: nil)
            try await probe.insert(other, executions: [probe.execution(of: other)])
            let created = [0, 100, 3_590].map { seconds in
                job.execution(
                    id: ExecutionID(bits: probe.id()), source: .manual, scheduledFor: probe.at(seconds),
                    createdAt: probe.at(seconds))
            }
            try await probe.insert(job, executions: created)
            for claim in try await probe.claim(at: 3_600) {
                let isOther = claim.execution.jobID == other.id
                let next: Completion.Next = claim.execution.id == created[1].id ? .failed(probe.failure) : .succeeded
                try await probe.finish(claim, isOther ? .canceled : next, at: 3_610)
            }
            for claim in try await probe.claim(at: 3_610) { try await probe.finish(claim, .succeeded, at: 3_611) }
            func figures(_ scope: JobHealth.Scope, at seconds: Double) async throws -> [Int] {
                let health = try await probe.store.health(of: scope, over: .hour, at: probe.at(seconds))
                return [health.total, health.succeeded, health.timedOut, health.canceled]
            }
            try probe.expect(await figures(.job(job.id), at: 3_600), [3, 2, 1, 0], "the figures of the job")
            try probe.expect(await figures(.group("g"), at: 3_650), [2, 1, 1, 0], "those of the group, 50 s later")
            try probe.expect(await figures(.all, at: 3_600), [4, 2, 1, 1], "those of all jobs")
            try probe.expect(await figures(.job(job.id), at: 3_701), [1, 1, 0, 0], "those of the job, 101 s later")
            try probe.expect(await figures(.job(job.id), at: 9_999), [0, 0, 0, 0], "those after the window")
            let health = try await probe.store.health(of: .job(job.id), over: .day, at: probe.at(3_650))
            try probe.expect(health.averageDuration, .seconds(10), "the average duration")
            _ = try await probe.store.delete([job.id])
            try probe.expect(await figures(.all, at: 3_600), [1, 0, 0, 1], "those without the deleted job")
        },
        Check("a notification counts neither toward retention nor in the statistics") { probe in
            let job = probe.job(next: nil) { definition in
                definition.notifications = [NotificationRule(on: .completion, .handler("tell"))]
                definition.retention = .last(1)
            }
            let execution = probe.execution(of: job)
            try await probe.insert(job, executions: [execution])
            try await probe.finish(try await probe.claimOne(), .succeeded, at: 20)
            try await probe.finish(try await probe.claimOne(at: 20), .failed(probe.failure), at: 21)
            try probe.expect(
                Set(await probe.executions().map(\.source)), [execution.source, .notification],
                "the executions kept")
            let statistics = try await probe.job(job.id).statistics
            try probe.expect(
                [statistics.succeeded, statistics.failed], [1, 0], "the numbers of successes and of failures")
        },
        Check("a failed execution counts for its job's breaker, which pauses the job") { probe in
            let job = probe.job { $0.breaker = CircuitBreakerPolicy(consecutiveFailures: 1) }
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, at: 60)])
            let claim = try await probe.claimOne(at: 60)
            var expected = try await probe.job(job.id).scheduleState
            let ended = try await probe.finish(claim, .failed(probe.failure), at: 70, attempt: probe.attempt(1))
            guard expected.recordBreakerOutcome(of: ended, policy: job.definition.breaker, at: probe.at(70)) else {
                throw ContractViolation("the check is wrong: the breaker does not count the failure")
            }
            let paused = try await probe.job(job.id).scheduleState
            try probe.require(paused.revision > expected.revision, "a new revision when the breaker opens")
            expected.revision = paused.revision
            try probe.expect(paused, expected, "the job's schedule state after the failure")
            try probe.expect(paused.state, .paused, "the state")
        },
        Check("waiting executions of a backfill run one after the other") { probe in
            let job = probe.job(next: nil) { $0.limits.timeToLive = .seconds(30) }
            try await probe.insert(job)
            let batch = BatchID(bits: probe.id())
            let executions = (0..<3).map { number in
                var execution = probe.execution(of: job, at: Double(number), source: .backfill) { $0.batchID = batch }
                if number > 0 { (execution.progress.status, execution.progress.expiresAt) = (.waiting, nil) }
                return execution
            }
            try await probe.store.enqueue(executions)
            let early = ExternalCompletion(executions[1].id, next: .succeeded, date: probe.at(0))
            try probe.expect(
                await probe.store.completeWaiting([early]), [.notWaiting(executions[1])],
                "the completion of one that waits for its turn")
            let first = try await probe.claimOne()
            // A waiting execution that has started keeps its turn until its external completion.
            try await probe.finish(first, .waiting(until: nil))
            _ = try await probe.cancel(executions[1].id)
            try probe.expect(await probe.claim(at: 100), [], "the executions that can start while the first is waiting")
            let answer = ExternalCompletion(first.execution.id, next: .failed(probe.failure), date: probe.at(200))
            _ = try await probe.store.completeWaiting([answer])
            try probe.expect(
                await probe.execution(executions[2].id).progress.dueAt, probe.at(200), "when the next is due")
            try probe.expect(
                await probe.execution(executions[2].id).progress.expiresAt, probe.at(230), "when the next expires")
            try probe.expect(
                await probe.claimOne(at: 200).execution.id, executions[2].id, "the execution that can start then")
        },
        Check("lowering the retention removes history immediately or when pruning") { probe in
            let job = probe.job(next: nil)
            try await probe.insert(job, executions: (0..<5).map { probe.execution(of: job, at: Double($0)) })
            for claim in try await probe.claim() { try await probe.finish(claim, .succeeded, at: 20) }
            var definition = job.definition
            definition.retention = .last(2)
            _ = try await probe.store.replace(probe.change(probe.job(job.id), definition: definition))
            var steps = 0
            while steps < 5, try await probe.store.dueWork(at: probe.at(30), limit: 10).isPruningDue {
                steps += 1
                let report = try await probe.store.prune(at: probe.at(30), limit: 1)
                try probe.expect(report.removedExecutions, 1, "the number of executions removed in one step")
            }
            try probe.expect(
                await probe.executions().map(\.scheduledFor), [3, 4].map { probe.at($0) },
                "the dates of the remaining executions")
        },
    ]
}
