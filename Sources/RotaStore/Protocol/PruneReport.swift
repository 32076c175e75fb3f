/// What a store threw away, and what it brought to an end, because its time had come.
public struct PruneReport: Sendable, Hashable {
    /// Executions that expired: they had not started in time, or no answer came.
    public var expired: [Execution]
    /// The number of finished executions that were removed because they were too old.
    public var removedExecutions: Int
    /// The number of idempotency keys whose time was over.
    public var removedKeys: Int
    /// Whether the limit left something for another call.
    public var hasMore: Bool

    /// Makes a report; by default of nothing.
    public init(expired: [Execution] = [], removedExecutions: Int = 0, removedKeys: Int = 0, hasMore: Bool = false) {
        self.expired = expired
        self.removedExecutions = removedExecutions
        self.removedKeys = removedKeys
        self.hasMore = hasMore
    }
}
