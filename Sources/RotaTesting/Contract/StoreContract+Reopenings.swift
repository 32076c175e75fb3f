import Foundation
import RotaStore

extension StoreContract {
    /// Acknowledged changes are there when the store is opened again.
    static let reopenings: [DurabilityCheck] = [
        DurabilityCheck("jobs, executions and skips survive in full") { probe in
            let jobs = [try fullJob(probe), probe.job("fires")]
            let executions = [try fullExecution(of: jobs[0], probe), probe.execution(of: jobs[0], at: 1000)]
            try await probe.insert(jobs[0], executions: executions)
            try await probe.insert(jobs[1])
            _ = try await probe.store.fire([
                probe.fire(jobs[1], at: 60, skips: [probe.skip(jobs[1], at: 120, .misfire)])
            ])
            return StoreProbe.Memory(
                jobs: [jobs[0], try await probe.job(jobs[1].id)], executions: try await probe.executions())
        } reopened: { probe, memory in
            try probe.expect(await probe.store.jobs(JobQuery()).items, memory.jobs, "the jobs")
            try probe.expect(await probe.executions(), memory.executions, "the executions")
            try await probe.expectSkips(of: memory.jobs[1], [120: .misfire])
            let counts = try await probe.store.counts()
            try probe.expect(counts.executions, [.queued: memory.executions.count], "the counts")
        },
        DurabilityCheck("results, attempts, retries and statistics survive") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: (0..<3).map { probe.execution(of: job, at: Double($0)) })
            let claims = try await probe.claim()
            guard claims.count == 3 else {
                throw ContractViolation("three executions are due, but \(claims.count) were claimed")
            }
            try await probe.finish(claims[0], .failed(probe.failure), attempt: probe.attempt(1))
            try await probe.finish(
                claims[1], .retry(at: probe.at(500), after: probe.failure), attempt: probe.attempt(1))
            try await probe.finish(claims[2], .waiting(until: probe.at(900)))
            return StoreProbe.Memory(
                jobs: [try await probe.job(job.id)], executions: try await probe.executions(), claims: claims)
        } reopened: { probe, memory in
            try probe.expect(await probe.executions(), memory.executions, "the executions")
            try probe.expect(await probe.job(memory.jobs[0].id), memory.jobs[0], "the job")
            try probe.expect(await probe.claim(at: 499), [], "the executions that can be claimed before the retry")
            let again = try await probe.claimOne(at: 500)
            try probe.require(
                again.lease.token > memory.claims[1].lease.token,
                "a token greater than that before the reopening")
            try probe.expect(await probe.end(memory.claims[1], .succeeded), .stale, "a completion under the old claim")
            let report = try await probe.store.prune(at: probe.at(900), limit: 10)
            try probe.expect(report.expired.map(\.id), [memory.claims[2].execution.id], "the expired executions")
        },
        DurabilityCheck("a running execution survives and is not claimed twice") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            return StoreProbe.Memory(claims: [try await probe.claimOne(at: 10, lease: 30)])
        } reopened: { probe, memory in
            try probe.expect(await probe.claim(at: 20), [], "the executions that can be claimed")
            let dueWork = try await probe.store.dueWork(at: probe.at(40), limit: 10)
            try probe.expect(
                dueWork.expiredLeases.map(\.execution.id), memory.claims.map(\.execution.id), "the expired leases")
        },
        DurabilityCheck("owners and the jobs they declared survive") { probe in
            var job = probe.job("declared")
            job.declaredBy = "app"
            _ = try await probe.store.declare(
                JobDeclaration(
                    JobOwner("app", generation: 7, declaredAt: probe.at(5)), insertions: [JobInsertion(job)]))
            return StoreProbe.Memory(jobs: [job])
        } reopened: { probe, memory in
            try probe.expect(
                await probe.store.owner("app"), JobOwner("app", generation: 7, declaredAt: probe.at(5)), "the owner")
            try probe.expect(
                await probe.store.jobs(JobQuery(declaredBy: "app")).items, memory.jobs, "the jobs it declared")
        },
        DurabilityCheck("keys, versions and dependencies survive") { probe in
            let (job, goal) = (probe.job("job"), probe.job("goal"))
            _ = try await probe.store.insert([JobInsertion(job, idempotencyKey: "key"), JobInsertion(goal)])
            let key = OperationKey("key", for: "rename", until: probe.at(1000))
            let changed = try await probe.store.replace(
                probe.change(job, definition: probe.job("renamed").definition, key: key))
            try await probe.store.addDependency(
                JobDependency(
                    id: DependencyID(bits: probe.id()), jobID: job.id, dependsOn: goal.id, createdAt: probe.at(0)))
            return StoreProbe.Memory(jobs: [changed, goal])
        } reopened: { probe, memory in
            let job = memory.jobs[0]
            let outcomes = try await probe.store.insert([JobInsertion(probe.job(), idempotencyKey: "key")])
            try probe.expect(outcomes, [.existing(job)], "the outcome of an insertion with the same key")
            let key = OperationKey("key", for: "rename", until: probe.at(1000))
            let repeated = try await probe.store.replace(
                probe.change(job, definition: probe.job("again").definition, key: key))
            try probe.expect(repeated, job, "the job after a replacement with the same key")
            try probe.expect(await probe.store.versions(of: job.id).map(\.version), [2, 1], "the versions")
            let dependencies = try await probe.store.dependencies(of: job.id)
            try probe.expect(dependencies.map(\.dependsOn), [memory.jobs[1].id], "the dependencies")
        },
        DurabilityCheck("deleted jobs stay deleted") { probe in
            let (job, other) = (probe.job("goes"), probe.job("stays"))
            _ = try await probe.store.insert([
                JobInsertion(job, idempotencyKey: "key", executions: [probe.execution(of: job)]), JobInsertion(other),
            ])
            _ = try await probe.store.delete([job.id])
            return StoreProbe.Memory(jobs: [job, other])
        } reopened: { probe, memory in
            try probe.expect(await probe.store.jobs(JobQuery()).items, [memory.jobs[1]], "the jobs")
            try probe.expect(await probe.executions(), [], "the executions")
            try probe.expect(await probe.store.versions(of: memory.jobs[0].id), [], "the versions of the deleted job")
            let again = probe.job("again")
            let outcomes = try await probe.store.insert([JobInsertion(again, idempotencyKey: "key")])
            try probe.expect(outcomes, [.inserted(again)], "the outcome of an insertion with its key")
        },
    ]
}
