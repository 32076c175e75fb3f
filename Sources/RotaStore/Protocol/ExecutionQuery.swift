public import Foundation

/// Which executions to list, in the order in which they were made (T-96 to T-105).
public struct ExecutionQuery: Sendable, Hashable {
    /// The order of a list.
    public enum Order: String, Sendable, Hashable, Codable {
        /// The oldest first.
        case ascending = "asc"
        /// The newest first.
        case descending = "desc"
    }

    /// Only executions of this job, if given (T-97).
    public var jobID: JobID?
    /// Only executions with one of these statuses, if given (T-98).
    public var statuses: Set<ExecutionStatus>?
    /// Only executions scheduled at or after this instant, if given (T-99).
    public var from: Date?
    /// Only executions scheduled before this instant, if given (T-100).
    public var to: Date?
    /// Only executions whose job's name contains this text, whatever the case, if given (T-101).
    public var jobNameContains: String?
    /// The order; the newest first by default (T-103).
    public var order: Order
    /// The largest number of executions in a page, from 1 to 1,000 (T-104).
    public var limit: Int
    /// Where to go on, from an earlier page in the same order.
    public var after: PageCursor?

    /// Makes a query; without arguments it lists the newest 50 of all executions.
    public init(
        jobID: JobID? = nil,
        statuses: Set<ExecutionStatus>? = nil,
        from: Date? = nil,
        to: Date? = nil,
        jobNameContains: String? = nil,
        order: Order = .descending,
        limit: Int = 50,
        after: PageCursor? = nil
    ) {
        self.jobID = jobID
        self.statuses = statuses
        self.from = from
        self.to = to
        self.jobNameContains = jobNameContains
        self.order = order
        self.limit = limit
        self.after = after
    }
}
