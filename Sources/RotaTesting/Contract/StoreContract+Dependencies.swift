import Foundation
import RotaStore

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
