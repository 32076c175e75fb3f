import Foundation
import RotaHTTP
import RotaJSONSchema
import RotaRetry
import RotaSchedule
import RotaStore

extension StoreContract {
    /// Jobs are inserted, read and deleted in full.
    static let jobs: [Check] = [
        Check("a job is read back as it was inserted") { probe in
            let jobs = [probe.job("plain"), try fullJob(probe), probe.job("draft", state: .draft, next: nil)]
            let outcomes = try await probe.store.insert(jobs.map { JobInsertion($0) })
            try probe.expect(outcomes, jobs.map { .inserted($0) }, "the outcomes")
            for job in jobs { try probe.expect(await probe.job(job.id), job, "the job") }
        },
        Check("reading a missing job returns nil") { probe in
            try probe.expect(await probe.store.job(JobID(bits: probe.id())), nil, "a missing job")
            try probe.expect(await probe.store.execution(ExecutionID(bits: probe.id())), nil, "a missing execution")
        },
        Check("a job's first executions are inserted with it") { probe in
            let job = probe.job()
            let executions = [try fullExecution(of: job, probe), probe.execution(of: job, at: 90)]
            try await probe.insert(job, executions: executions)
            for execution in executions {
                try probe.expect(await probe.execution(execution.id), execution, "the execution")
            }
        },
        Check("a job with an existing identifier is refused with its whole batch") { probe in
            let (first, other) = (probe.job(), probe.job())
            try await probe.insert(first)
            try await probe.expect(.duplicate, "a job with an existing identifier") {
                _ = try await probe.store.insert([JobInsertion(other), JobInsertion(first)])
            }
            try probe.expect(await probe.store.job(other.id), nil, "another job of the refused batch")
            try await probe.expect(.duplicate, "the same identifier twice in a batch") {
                _ = try await probe.store.insert([JobInsertion(other), JobInsertion(other)])
            }
            try probe.expect(await probe.store.job(other.id), nil, "a job of the refused batch")
        },
        Check("an execution with an existing identifier is refused with its whole batch") { probe in
            let (first, other) = (probe.job(), probe.job())
            let execution = probe.execution(of: first)
            try await probe.insert(first, executions: [execution])
            let again = other.execution(
                id: execution.id, source: .manual, scheduledFor: probe.at(0), createdAt: probe.at(0))
            try await probe.expect(.duplicate, "an execution with an existing identifier") {
                _ = try await probe.store.insert([JobInsertion(other, executions: [again])])
            }
            try probe.expect(await probe.store.job(other.id), nil, "the refused job")
            try probe.expect(await probe.execution(execution.id), execution, "the existing execution")
        },
        Check("a repeated idempotency key returns the first job unchanged") { probe in
            let (first, second, third) = (probe.job("first"), probe.job("second"), probe.job("third"))
            _ = try await probe.store.insert([JobInsertion(first, idempotencyKey: "key")])
            let again = try await probe.store.insert([
                JobInsertion(second, idempotencyKey: "key", executions: [probe.execution(of: second)]),
                JobInsertion(third),
            ])
            try probe.expect(again, [.existing(first), .inserted(third)], "the outcomes")
            try probe.expect(await probe.store.job(second.id), nil, "the second job")
            let executions = try await probe.store.executions(ExecutionQuery(jobID: second.id))
            try probe.expect(executions.items, [], "its executions")
        },
        Check("an idempotency key twice in one batch creates one job") { probe in
            let (first, second) = (probe.job("first"), probe.job("second"))
            let outcomes = try await probe.store.insert([
                JobInsertion(first, idempotencyKey: "key"), JobInsertion(second, idempotencyKey: "key"),
            ])
            try probe.expect(outcomes, [.inserted(first), .existing(first)], "the outcomes")
            try probe.expect(await probe.store.job(second.id), nil, "the second job")
        },
        Check("deleting a job frees its idempotency key") { probe in
            let (first, second) = (probe.job("first"), probe.job("second"))
            _ = try await probe.store.insert([JobInsertion(first, idempotencyKey: "key")])
            _ = try await probe.store.delete([first.id])
            let outcomes = try await probe.store.insert([JobInsertion(second, idempotencyKey: "key")])
            try probe.expect(outcomes, [.inserted(second)], "the outcome")
        },
        Check("deleting a job deletes everything that belongs to it and nothing else") { probe in
            let (job, other) = (probe.job("goes"), probe.job("stays"))
            let (execution, kept) = (probe.execution(of: job), probe.execution(of: other))
            try await probe.insert(job, executions: [execution])
            try await probe.insert(other, executions: [kept])
            _ = try await probe.store.fire([probe.fire(job, skips: [probe.skip(job, at: 60, .misfire)])])
            let waits = JobDependency(
                id: DependencyID(bits: probe.id()), jobID: other.id, dependsOn: job.id, createdAt: probe.at(0))
            try await probe.store.addDependency(waits)
            try probe.expect(await probe.store.delete([job.id]), [job.id], "the deleted jobs")
            try probe.expect(await probe.store.job(job.id), nil, "the job")
            try probe.expect(await probe.store.execution(execution.id), nil, "its execution")
            try probe.expect(await probe.store.skips(of: job.id), [], "its skips")
            try probe.expect(await probe.store.versions(of: job.id), [], "its versions")
            try probe.expect(await probe.store.dependencies(of: other.id), [], "a dependency on it")
            try probe.expect(
                await probe.claim().map(\.execution.id), [kept.id], "the executions that can still be claimed")
            try probe.expect(await probe.job(other.id), other, "the other job")
        },
        Check("deleting a missing job is not an error") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let ids = [JobID(bits: probe.id()), job.id]
            try probe.expect(await probe.store.delete(ids), [job.id], "the deleted jobs")
            try probe.expect(await probe.store.delete(ids), [], "the jobs deleted the second time")
        },
    ]

    /// A job with a value in every field.
    static func fullJob(_ probe: StoreProbe) throws -> Job {
        let window = try ExecutionWindow("* 8-18 * * 1-5", in: "Europe/Berlin")
        let chain = [ChainRule(on: .failed, slug: "mop", payload: ["id": try JSONPath("$.id")])]
        var job = probe.job("Übergrößenträger 🗓 – a job with \"quotes\"\nand lines") { definition in
            definition.metadata = ["trace": "1", "": "empty", "ключ": "значение"]
            definition.attributes = JobAttributes(
                slug: "a-slug", description: "what it is for", project: "p", group: "g", environment: "production",
                timeZone: "Asia/Tokyo", tags: ["team": "red", "tier": "1"])
            definition.limits = JobLimits(
                concurrency: 2, concurrencyPerKey: 1, rate: RateLimit(5, per: .seconds(60)),
                sharedRates: [SharedRateLimit("api", RateLimit(9, per: .seconds(1)))], window: window,
                timeToLive: .seconds(3600))
            definition.priority = 7
            definition.overlap = .queue(limit: 3).countingTriggered()
            definition.retention = Retention(
                maximumCount: 7, maximumAge: .seconds(86_400), ages: [.failed: .seconds(864_000)])
            definition.misfire = .all(limit: 3, maximumLateness: .seconds(600))
            definition.delivery = .atMostOnce
            definition.versionPolicy = .minor
            definition.isBackwardsCompatible = true
            definition.payloadSchema = try? JSONSchema(["type": ["object", "null"], "maxProperties": 9])
            definition.deduplicationWindow = .seconds(30)
            definition.chain = chain
            definition.adaptiveTimeout = AdaptiveTimeout(
                quantile: 0.9, factor: 2, within: .milliseconds(10) ... .seconds(60))
        }
        job.definition.action = .http(
            try RequestTemplate.post(
                "https://example.com/hook?a=1&b=%20", headers: ["X-A": "b"], signature: "secret://hook",
                fallback: "https://example.org/hook?a=1"))
        job.scheduleState.nextEffective = probe.at(72)
        job.scheduleState.reason = "because"
        job.scheduleState.resumesAt = probe.at(500)
        job.scheduleState.skipsRemaining = 2
        job = Job(
            id: job.id, definition: job.definition, version: 3, createdAt: probe.at(0), updatedAt: probe.at(5),
            scheduleState: job.scheduleState, createdBy: "ann", updatedBy: "bob")
        return job
    }

    /// An execution with a value in every field that a new one can have.
    static func fullExecution(of job: Job, _ probe: StoreProbe) throws -> Execution {
        var details = ExecutionDetails.none
        details.replayOf = ExecutionID(bits: 77)
        details.continuationOf = ExecutionID(bits: 78)
        details.parentID = ExecutionID(bits: 79)
        details.lineageDepth = 2
        details.priority = 3
        details.concurrencyKey = "tenant-1"
        details.dependencyKey = "day-1"
        details.idempotencyKey = "request-1"
        details.tags = ["a": "b"]
        details.createdBy = "ann"
        details.batchID = BatchID(bits: 80)
        details.uniqueness = .unique("doc-7", for: .seconds(60))
        return job.execution(
            id: ExecutionID(bits: probe.id()), source: ExecutionSource(rawValue: "an app's own"),
            scheduledFor: probe.at(60), dueAt: probe.at(63), createdAt: probe.at(1),
            payload: try JSONPayload(["n": 1]), metadata: ["carrier": "00-1"], details: details)
    }
}

extension StoreContract {
    /// Jobs can depend on each other, without circles.
    static let dependencies: [Check] = [
        Check("a job's dependencies are listed oldest first") { probe in
            let jobs = [probe.job("a"), probe.job("b"), probe.job("c")]
            try await probe.insert(jobs[0], jobs[1], jobs[2])
            let first = probe.dependency(jobs[0], on: jobs[1], .failed)
            let second = probe.dependency(jobs[0], on: jobs[2])
            try await probe.store.addDependency(first)
            try await probe.store.addDependency(second)
            try probe.expect(await probe.store.dependencies(of: jobs[0].id), [first, second], "the dependencies")
            try probe.expect(await probe.store.dependencies(of: jobs[1].id), [], "the dependencies of the other job")
        },
        Check("an execution waits until the latest one of the job it depends on ended as the condition says") { probe in
            for (condition, ends) in [
                (JobDependency.Condition.completed, [false, true, false]), (.failed, [true, false, true]),
                (.any, [true, true, true]),
            ] {
                let (waiter, goal) = (probe.job(), probe.job())
                try await probe.insert(waiter, goal)
                try await probe.store.addDependency(probe.dependency(waiter, on: goal, condition))
                let early = probe.execution(of: waiter)
                _ = try await probe.store.enqueue([early])
                try probe.expect(await probe.claim().count, 0, "the claims before any end")
                _ = try await probe.cancel(early.id)
                // A failure, a success, and a failure again.
                for (index, isMet) in ends.enumerated() {
                    _ = try await probe.store.enqueue([probe.execution(of: goal)])
                    let next: Completion.Next = index == 1 ? .succeeded : .failed(probe.failure)
                    try await probe.finish(try await probe.claimOne(), next)
                    let work = probe.execution(of: waiter)
                    _ = try await probe.store.enqueue([work])
                    let started = try await probe.claim()
                    try probe.expect(
                        started.map(\.execution.id), isMet ? [work.id] : [], "the claims after end \(index)")
                    guard let first = started.first else {
                        _ = try await probe.cancel(work.id)
                        continue
                    }
                    try await probe.finish(first, .succeeded)
                }
                _ = try await probe.store.delete([waiter.id, goal.id])
            }
        },
        Check("an execution that has made an attempt passes a dependency that is no longer met") { probe in
            let (waiter, goal) = (probe.job(), probe.job())
            try await probe.insert(waiter, goal)
            try await probe.store.addDependency(probe.dependency(waiter, on: goal))
            func end(_ next: Completion.Next) async throws {
                _ = try await probe.store.enqueue([probe.execution(of: goal)])
                try await probe.finish(try await probe.claimOne(), next)
            }
            try await end(.succeeded)
            let (tried, untried) = (probe.execution(of: waiter), probe.execution(of: waiter))
            _ = try await probe.store.enqueue([tried, untried])
            let claims = try await probe.claim()
            try probe.expect(claims.count, 2, "the claims after a success")
            let attempt = Attempt(number: 1, startedAt: probe.at(10), duration: .seconds(1), failure: probe.failure)
            try await probe.finish(claims[0], .retry(at: probe.at(30), after: probe.failure), attempt: attempt)
            try await probe.finish(claims[1], .released(until: probe.at(30)))
            try await end(.failed(probe.failure))
            try probe.expect(
                await probe.claim(at: 30).map(\.execution.id), [tried.id], "the claims after a failure")
        },
        Check("an execution with a key waits for the one with the same key of the job it depends on") { probe in
            let (waiter, goal) = (probe.job(), probe.job())
            try await probe.insert(waiter, goal)
            try await probe.store.addDependency(probe.dependency(waiter, on: goal))
            for key in ["a", "b"] {
                _ = try await probe.store.enqueue([
                    probe.execution(of: waiter) { $0.dependencyKey = key },
                    probe.execution(of: waiter) { $0.idempotencyKey = key },
                ])
            }
            /// The keys of what may start after an execution of the other job with a key ended.
            func started(after key: String?, _ next: Completion.Next, _ other: String? = nil) async throws -> [String?]
            {
                _ = try await probe.store.enqueue([
                    probe.execution(of: goal) { ($0.dependencyKey, $0.idempotencyKey) = (key, other) }
                ])
                try await probe.finish(try await probe.claimOne(), next)
                return try await probe.claim().map(\.execution.details).map { $0.idempotencyKey ?? $0.dependencyKey }
            }
            try probe.expect(await started(after: nil, .succeeded), [], "the claims after an end without a key")
            try probe.expect(await started(after: "a", .failed(probe.failure)), [], "the claims after a failure")
            try probe.expect(await started(after: "a", .succeeded), ["a"], "the claims after a success with a key")
            try probe.expect(
                await started(after: nil, .succeeded, "b"), ["b"], "the claims after one with an idempotency key")
            try probe.expect(await started(after: "a", .succeeded, "a"), ["a"], "the claims after one with both keys")
        },
        Check("a dependency that is removed, with its job or alone, holds nothing") { probe in
            let (waiter, goal, other) = (probe.job(), probe.job(), probe.job())
            try await probe.insert(waiter, goal, other)
            let dependency = probe.dependency(waiter, on: goal)
            try await probe.store.addDependency(dependency)
            try await probe.store.addDependency(probe.dependency(waiter, on: other))
            _ = try await probe.store.enqueue([probe.execution(of: waiter)])
            try probe.expect(await probe.claim().count, 0, "the claims with two dependencies")
            _ = try await probe.store.removeDependency(dependency.id)
            try probe.expect(await probe.claim().count, 0, "the claims with one")
            _ = try await probe.store.delete([other.id])
            try probe.expect(await probe.claim().count, 1, "the claims without any")
        },
        Check("a dependency can be removed once") { probe in
            let (waiter, goal) = (probe.job("waiter"), probe.job("goal"))
            try await probe.insert(waiter, goal)
            let dependency = probe.dependency(waiter, on: goal)
            try await probe.store.addDependency(dependency)
            try probe.expect(await probe.store.removeDependency(dependency.id), true, "whether it was removed")
            try probe.expect(await probe.store.removeDependency(dependency.id), false, "whether it was removed again")
            try probe.expect(await probe.store.dependencies(of: waiter.id), [], "the dependencies")
        },
        Check("a dependency with an existing identifier or a missing job is refused") { probe in
            let (waiter, goal) = (probe.job("waiter"), probe.job("goal"))
            try await probe.insert(waiter, goal)
            let dependency = probe.dependency(waiter, on: goal)
            try await probe.store.addDependency(dependency)
            try await probe.expect(.duplicate, "a dependency with an existing identifier") {
                try await probe.store.addDependency(dependency)
            }
            try await probe.expect(.jobNotFound, "a dependency of a missing job") {
                try await probe.store.addDependency(probe.dependency(probe.job(), on: goal))
            }
            try await probe.expect(.jobNotFound, "a dependency on a missing job") {
                try await probe.store.addDependency(probe.dependency(waiter, on: probe.job()))
            }
            try probe.expect(await probe.store.dependencies(of: waiter.id), [dependency], "the dependencies")
        },
        Check("a dependency that closes a circle is refused") { probe in
            let jobs = [probe.job("a"), probe.job("b"), probe.job("c")]
            try await probe.insert(jobs[0], jobs[1], jobs[2])
            try await probe.expect(.cycle, "a job that depends on itself") {
                try await probe.store.addDependency(probe.dependency(jobs[0], on: jobs[0]))
            }
            try await probe.store.addDependency(probe.dependency(jobs[0], on: jobs[1]))
            try await probe.expect(.cycle, "two jobs that depend on each other") {
                try await probe.store.addDependency(probe.dependency(jobs[1], on: jobs[0]))
            }
            try await probe.store.addDependency(probe.dependency(jobs[1], on: jobs[2]))
            try await probe.expect(.cycle, "three jobs that depend on each other in a circle") {
                try await probe.store.addDependency(probe.dependency(jobs[2], on: jobs[0]))
            }
            try probe.expect(await probe.store.dependencies(of: jobs[2].id), [], "the dependencies of the last")
            try await probe.store.addDependency(probe.dependency(jobs[0], on: jobs[2]))
        },
        Check("deleting either job deletes the dependency") { probe in
            let jobs = [probe.job("a"), probe.job("b"), probe.job("c")]
            try await probe.insert(jobs[0], jobs[1], jobs[2])
            try await probe.store.addDependency(probe.dependency(jobs[0], on: jobs[1]))
            try await probe.store.addDependency(probe.dependency(jobs[1], on: jobs[2]))
            _ = try await probe.store.delete([jobs[1].id])
            try probe.expect(await probe.store.dependencies(of: jobs[0].id), [], "the dependencies on the deleted job")
            try probe.expect(await probe.store.dependencies(of: jobs[1].id), [], "the deleted job's dependencies")
            try await probe.store.addDependency(probe.dependency(jobs[2], on: jobs[0]))
        },
    ]
}

extension StoreProbe {
    fileprivate func dependency(
        _ waiter: Job, on goal: Job, _ condition: JobDependency.Condition = .completed
    ) -> JobDependency {
        JobDependency(
            id: DependencyID(bits: id()), jobID: waiter.id, dependsOn: goal.id, condition: condition, createdAt: at(0))
    }
}
