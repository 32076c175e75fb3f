import Foundation

extension StoreState {
    package mutating func addDependency(_ dependency: JobDependency, log: inout ChangeLog) throws(StoreError) {
        for id in [dependency.jobID, dependency.dependsOn] where jobs[id] == nil { throw .noJob(id) }
        guard dependencies[dependency.id] == nil else {
            throw StoreError(.duplicate, "There is a dependency \(dependency.id) already; a new one needs a new id.")
        }
        guard !reaches(dependency.jobID, from: dependency.dependsOn) else {
            throw StoreError(
                .cycle,
                "Job \(dependency.jobID) cannot wait for job \(dependency.dependsOn), which waits for it already.")
        }
        record(.putDependency(dependency), log: &log)
    }

    package mutating func removeDependency(_ id: DependencyID, log: inout ChangeLog) -> Bool {
        guard dependencies[id] != nil else { return false }
        record(.removeDependency(id), log: &log)
        return true
    }

    package func dependencies(of job: JobID) -> [JobDependency] {
        (jobDependencies[job] ?? []).compactMap { dependencies[$0] }.filter { $0.jobID == job }.sorted { $0.id < $1.id }
    }

    /// Whether one job waits for another, directly or through others, or is the other.
    func reaches(_ goal: JobID, from start: JobID) -> Bool {
        var seen: Set<JobID> = [start]
        var open = [start]
        while let job = open.popLast() {
            if job == goal { return true }
            for next in dependencies(of: job) where seen.insert(next.dependsOn).inserted { open.append(next.dependsOn) }
        }
        return false
    }
}
