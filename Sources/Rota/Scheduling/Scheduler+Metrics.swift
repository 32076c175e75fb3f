extension Scheduler {
    /// Takes stock: counts by state and outcome, queue depth, lateness and durations.
    ///
    /// - Throws: The store's error.
    public func metrics() async throws -> SchedulerMetrics {
        SchedulerMetrics(
            context.events.metrics.snapshot, store: try await context.store.counts(), at: context.clock.now)
    }
}
