import Foundation
import RotaStore

extension StoreContract {
    /// Jobs may wait for each other, but not for themselves.
    static let dependencies: [Check] = [
        Check("S-15 a job's dependencies are listed, the oldest first") { probe in
            let jobs = [probe.job("a"), probe.job("b"), probe.job("c")]
            try await probe.insert(jobs[0], jobs[1], jobs[2])
            let first = probe.dependency(jobs[0], on: jobs[1], .failed)
            let second = probe.dependency(jobs[0], on: jobs[2])
            try await probe.store.addDependency(first)
            try await probe.store.addDependency(second)
            try probe.expect(await probe.store.dependencies(of: jobs[0].id), [first, second], "the dependencies")
            try probe.expect(await probe.store.dependencies(of: jobs[1].id), [], "those of the other end")
        },
        Check("a dependency can be removed, once") { probe in
            let (waiter, goal) = (probe.job("waiter"), probe.job("goal"))
            try await probe.insert(waiter, goal)
            let dependency = probe.dependency(waiter, on: goal)
            try await probe.store.addDependency(dependency)
            try probe.expect(await probe.store.removeDependency(dependency.id), true, "whether it was there")
            try probe.expect(await probe.store.removeDependency(dependency.id), false, "whether it was there still")
            try probe.expect(await probe.store.dependencies(of: waiter.id), [], "the dependencies")
        },
        Check("a dependency whose identifier is taken, or whose job is not there, is refused") { probe in
            let (waiter, goal) = (probe.job("waiter"), probe.job("goal"))
            try await probe.insert(waiter, goal)
            let dependency = probe.dependency(waiter, on: goal)
            try await probe.store.addDependency(dependency)
            try await probe.expect(.duplicate, "a second dependency with an identifier") {
                try await probe.store.addDependency(dependency)
            }
            try await probe.expect(.jobNotFound, "a dependency of a job that is not there") {
                try await probe.store.addDependency(probe.dependency(probe.job(), on: goal))
            }
            try await probe.expect(.jobNotFound, "a dependency on a job that is not there") {
                try await probe.store.addDependency(probe.dependency(waiter, on: probe.job()))
            }
            try probe.expect(await probe.store.dependencies(of: waiter.id), [dependency], "the dependencies")
        },
        Check("S-112 no job waits for itself, directly or through others") { probe in
            let jobs = [probe.job("a"), probe.job("b"), probe.job("c")]
            try await probe.insert(jobs[0], jobs[1], jobs[2])
            try await probe.expect(.cycle, "a job that waits for itself") {
                try await probe.store.addDependency(probe.dependency(jobs[0], on: jobs[0]))
            }
            try await probe.store.addDependency(probe.dependency(jobs[0], on: jobs[1]))
            try await probe.expect(.cycle, "two jobs that wait for each other") {
                try await probe.store.addDependency(probe.dependency(jobs[1], on: jobs[0]))
            }
            try await probe.store.addDependency(probe.dependency(jobs[1], on: jobs[2]))
            try await probe.expect(.cycle, "three jobs that wait in a circle") {
                try await probe.store.addDependency(probe.dependency(jobs[2], on: jobs[0]))
            }
            try probe.expect(await probe.store.dependencies(of: jobs[2].id), [], "the dependencies of the last")
            try await probe.store.addDependency(probe.dependency(jobs[0], on: jobs[2]))
        },
        Check("a dependency goes with either of its ends") { probe in
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
