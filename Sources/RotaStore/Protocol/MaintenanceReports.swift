/// The result of pruning: the records that a store expired and removed.
public struct PruneReport: Sendable, Hashable {
    /// Executions that expired because they were not started or completed in time.
    public var expired: [Execution]
    /// The number of finished executions that were removed because of their age.
    public var removedExecutions: Int
    /// The number of expired idempotency keys that were removed.
    public var removedKeys: Int
    /// Whether the limit left work for another call.
    public var hasMore: Bool

    /// Creates a report.
    public init(expired: [Execution] = [], removedExecutions: Int = 0, removedKeys: Int = 0, hasMore: Bool = false) {
        self.expired = expired
        self.removedExecutions = removedExecutions
        self.removedKeys = removedKeys
        self.hasMore = hasMore
    }
}

/// The records that a store brought back after its clock had run ahead.
public struct RewindReport: Sendable, Hashable {
    /// The jobs whose schedules continue from an earlier date.
    public var jobs: [Job]
    /// The unfinished executions whose delays and leases were shortened.
    public var executions: [Execution]
    /// Whether the limit left work for another call.
    public var hasMore: Bool

    /// Creates a report.
    public init(jobs: [Job] = [], executions: [Execution] = [], hasMore: Bool = false) {
        self.jobs = jobs
        self.executions = executions
        self.hasMore = hasMore
    }
}
