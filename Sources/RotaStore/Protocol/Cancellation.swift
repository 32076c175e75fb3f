public import Foundation

/// A request to cancel an execution.
public struct Cancellation: Sendable, Hashable {
    /// The outcome of a request.
    public enum Outcome: Sendable, Hashable {
        /// The execution had not started or was waiting. It is canceled.
        case canceled(Execution)
        /// The execution is running. Its scheduler learns of the request when it next renews the lease, and cancels the
        /// task.
        case requested(Execution)
        /// The execution had already ended.
        case alreadyOver(Execution)
        /// The execution does not exist.
        case missing
    }

    /// The execution to cancel.
    public var executionID: ExecutionID
    /// The reason, in words.
    public var reason: String?
    /// When the request is made.
    public var date: Date

    /// Creates a request.
    public init(_ executionID: ExecutionID, reason: String? = nil, date: Date) {
        self.executionID = executionID
        self.reason = reason
        self.date = date
    }
}

/// A request to cancel all unfinished executions that meet the conditions of a query.
public struct BulkCancellation: Sendable, Hashable {
    /// Which executions to cancel.
    ///
    /// Its sort key, order, limit and cursor have no effect. Executions that have ended are left alone, even if it
    /// names their status.
    public var query: ExecutionQuery
    /// The reason, in words.
    public var reason: String?
    /// When the request is made.
    public var date: Date
    /// The largest number of executions to cancel in this step, at least 1.
    public var limit: Int

    /// Creates a request.
    public init(_ query: ExecutionQuery, reason: String? = nil, date: Date, limit: Int) {
        self.query = query
        self.reason = reason
        self.date = date
        self.limit = limit
    }

    /// The statuses of the executions that it cancels.
    public var statuses: Set<ExecutionStatus> {
        let unfinished: Set<ExecutionStatus> = [.queued, .running, .waiting]
        return query.statuses.map { unfinished.intersection($0) } ?? unfinished
    }
}

/// The executions that a bulk cancellation changed, oldest first.
public struct CancellationReport: Sendable, Hashable {
    /// The executions that had not started or were waiting, and are canceled.
    public var canceled: [Execution]
    /// The executions that are running.
    ///
    /// Their schedulers learn of the request when they next renew the leases.
    public var requested: [Execution]
    /// Whether the limit left executions for another call.
    public var hasMore: Bool

    /// Creates a report.
    public init(canceled: [Execution] = [], requested: [Execution] = [], hasMore: Bool = false) {
        self.canceled = canceled
        self.requested = requested
        self.hasMore = hasMore
    }
}
