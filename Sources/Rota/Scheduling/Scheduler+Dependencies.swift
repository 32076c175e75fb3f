public import RotaStore

extension Scheduler {
    /// Has a job wait for another one (S-16).
    ///
    /// - Parameters:
    ///   - id: The job that waits.
    ///   - other: The job that it waits for.
    ///   - condition: What the other job's run must have come to.
    /// - Returns: The dependency.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; `StoreError` with code `cycle` if a job would wait for
    ///   itself, directly or through others (S-112).
    @discardableResult
    public func addDependency(
        of id: JobID, on other: JobID, condition: JobDependency.Condition = .completed
    ) async throws -> JobDependency {
        let now = context.clock.now
        for id in [id, other] { _ = try await job(id) }
        let dependency = JobDependency(
            id: DependencyID(bits: context.ids.makeID(at: now)), jobID: id, dependsOn: other, condition: condition,
            createdAt: now)
        try await context.store.addDependency(dependency)
        return dependency
    }

    /// Lists what a job waits for, the oldest dependency first (S-15).
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    public func dependencies(of id: JobID) async throws -> [JobDependency] {
        _ = try await job(id)
        return try await context.store.dependencies(of: id)
    }

    /// Removes a dependency (S-17).
    ///
    /// - Returns: Whether there was such a dependency; removing it twice is no error.
    @discardableResult
    public func removeDependency(_ id: DependencyID) async throws -> Bool {
        try await context.store.removeDependency(id)
    }
}
