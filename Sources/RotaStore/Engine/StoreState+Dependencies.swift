import Foundation

// An execution of a job that depends on others starts only while the execution of each that it is matched with ended as
// the dependency demands. The claim queue keeps executions that may not start behind gates; here the gates are set.

extension StoreState {
    package mutating func addDependency(_ dependency: JobDependency, log: inout ChangeLog) throws(StoreError) {
        for id in [dependency.jobID, dependency.dependsOn] where jobs[id] == nil { throw .noJob(id) }
        guard dependencies[dependency.id] == nil else {
            throw StoreError(
                .duplicate, "The dependency \(dependency.id) already exists. Use a new identifier.")
        }
        guard !reaches(dependency.jobID, from: dependency.dependsOn) else {
            throw StoreError(
                .cycle,
                "Job \(dependency.jobID) cannot depend on job \(dependency.dependsOn), which depends on it already.")
        }
        record(.putDependency(dependency), log: &log)
    }

    package mutating func removeDependency(_ id: DependencyID, log: inout ChangeLog) -> Bool {
        guard dependencies[id] != nil else { return false }
        record(.removeDependency(id), log: &log)
        return true
    }

    package func dependencies(of job: JobID) -> [JobDependency] {
        (jobDependencies[job] ?? []).compactMap { dependencies[$0] }.sorted { $0.id < $1.id }
    }

    /// Whether a job is another one or depends on it, directly or through others.
    func reaches(_ goal: JobID, from start: JobID) -> Bool {
        var seen: Set<JobID> = [start]
        var open = [start]
        while let job = open.popLast() {
            if job == goal { return true }
            for next in dependencies(of: job) where seen.insert(next.dependsOn).inserted { open.append(next.dependsOn) }
        }
        return false
    }

    mutating func put(_ dependency: JobDependency) {
        guard let job = jobs[dependency.jobID], jobs.contains(dependency.dependsOn) else { return }
        removeDependency(dependency.id)
        dependencies[dependency.id] = dependency
        jobDependencies[dependency.jobID, default: []].insert(dependency.id)
        jobDependents[dependency.dependsOn, default: []].insert(dependency.id)
        requeueExecutions(of: job)
    }

    mutating func removeDependency(_ id: DependencyID) {
        guard let dependency = dropDependency(id), let job = jobs[dependency.jobID] else { return }
        requeueExecutions(of: job)
    }

    /// Removes a dependency and leaves the queue of its job as it is.
    @discardableResult
    mutating func dropDependency(_ id: DependencyID) -> JobDependency? {
        guard let dependency = dependencies.removeValue(forKey: id) else { return nil }
        jobDependencies[dependency.jobID]?.remove(id)
        if jobDependencies[dependency.jobID]?.isEmpty ?? false { jobDependencies[dependency.jobID] = nil }
        jobDependents[dependency.dependsOn]?.remove(id)
        if jobDependents[dependency.dependsOn]?.isEmpty ?? false { jobDependents[dependency.dependsOn] = nil }
        return dependency
    }
}

extension StoreState {
    /// The rules by which the executions of a job start.
    func rules(of job: Job) -> JobQueue.Rules {
        JobQueue.Rules(
            priority: job.definition.priority, limits: job.definition.limits, series: job.definition.overlap.series,
            isHeld: job.holdsWork,
            latestAllows: dependencies(of: job.id).isEmpty ? nil : allowsStart(of: job.id, .latest))
    }

    /// Whether every dependency of a job allows executions to start that are matched in a way.
    func allowsStart(of id: JobID, _ match: DependencyMatch) -> Bool {
        dependencies(of: id).allSatisfy { dependency in
            outcome(of: dependency.dependsOn, match).map(dependency.condition.isMet) ?? false
        }
    }

    /// How the execution of a job ended that a match names, or `nil` if none has.
    private func outcome(of job: JobID, _ match: DependencyMatch) -> ExecutionStatus? {
        let matched: ExecutionID?
        switch match {
        // The record of it may be gone; the job remembers how it ended.
        case .latest: return jobs.read(job) { $0.statistics.lastStatus } ?? nil
        case .idempotencyKey(let key): matched = executionIndex.execution(of: job, key: key)
        case .dependencyKey(let key): matched = executionIndex.lastEnded(of: job, dependencyKey: key)
        }
        return matched.flatMap { executions.read($0) { $0.progress.status } }.flatMap { $0.isTerminal ? $0 : nil }
    }

    /// Sets the gates of jobs that depend on another, after one of its executions ended.
    mutating func updateGates(of id: JobID) {
        for dependent in dependents(on: id) {
            claims.setGate(of: dependent, .latest, isOpen: allowsStart(of: dependent, .latest))
        }
    }

    /// Sets the gates that wait for the keys of an execution, after it ended or was removed.
    mutating func updateGates(after execution: IndexedExecution) {
        guard !jobDependencies.isEmpty else { return }
        let matches =
            [execution.idempotencyKey.map(DependencyMatch.idempotencyKey)]
            + [execution.dependencyKey.map(DependencyMatch.dependencyKey)]
        for match in matches.compactMap(\.self) {
            for dependent in dependents(on: execution.jobID) where claims.hasGate(of: dependent, match) {
                claims.setGate(of: dependent, match, isOpen: allowsStart(of: dependent, match))
            }
        }
    }

    func dependents(on id: JobID) -> [JobID] {
        guard !jobDependents.isEmpty else { return [] }
        return (jobDependents[id] ?? []).compactMap { dependencies[$0]?.jobID }
    }

    /// The dependencies that keep a queued execution from starting.
    func dependencyHolds(on execution: Execution) -> [ExecutionHold] {
        guard execution.source != .notification, execution.progress.startedAt == nil else { return [] }
        let match = execution.details.dependencyMatch(isBackfill: execution.source == .backfill)
        return dependencies(of: execution.jobID).compactMap { dependency in
            let outcome = outcome(of: dependency.dependsOn, match)
            guard !(outcome.map(dependency.condition.isMet) ?? false) else { return nil }
            return .dependency(
                on: dependency.dependsOn, name: jobs.read(dependency.dependsOn) { $0.definition.name } ?? "",
                dependency.condition, key: match.key, last: outcome)
        }
    }
}
