public import Foundation
public import RotaRetry

/// Which executions to list, and in what order.
///
/// An execution must meet all conditions.
///
/// ```swift
/// var query = ExecutionQuery(jobID: job.id, statuses: [.failed, .expired], limit: 100)
/// repeat {
///     let page = try await scheduler.executions(query)
///     for execution in page.items { print(execution.id, execution.failure?.message ?? "") }
///     query.after = page.next
/// } while query.after != nil
/// ```
public struct ExecutionQuery: Sendable, Hashable {
    /// The order of a list.
    public typealias Order = ListOrder

    /// A sort key of executions.
    public enum Sort: String, Sendable, Hashable, Codable, CaseIterable {
        /// The creation date, which is the order of the identifiers.
        case createdAt = "created_at"
        /// The nominal date, and then the identifier.
        case scheduledFor = "scheduled_for"
    }

    /// Only executions of this job.
    public var jobID: JobID?
    /// Only executions of these jobs.
    public var jobIDs: Set<JobID>?
    /// Only executions with one of these statuses.
    public var statuses: Set<ExecutionStatus>?
    /// Only executions with one of these sources.
    public var sources: Set<ExecutionSource>?
    /// Only executions with a nominal date at or after this one.
    public var from: Date?
    /// Only executions with a nominal date before this one.
    public var to: Date?
    /// Only executions whose job name contains this text, ignoring case.
    public var jobNameContains: String?
    /// Only executions that have all of these tags themselves.
    public var tags: [String: String] = [:]
    /// Only executions that were requested together as this batch.
    public var batchID: BatchID?
    /// Only executions with this concurrency key.
    public var concurrencyKey: String?
    /// Only executions that failed with one of these kinds.
    public var failureKinds: Set<FailureKind>?
    /// Only executions that are, or are not, dead letters: see ``Execution/isDeadLetter``.
    public var isDeadLetter: Bool?
    /// The sort key.
    ///
    /// Defaults to the creation date.
    public var sort: Sort
    /// The order.
    ///
    /// Defaults to newest first.
    public var order: ListOrder
    /// The largest number of executions in a page, from 1 to 1,000.
    public var limit: Int
    /// Where to continue: the cursor of an earlier page with the same sort and order.
    public var after: PageCursor?

    /// Creates a query.
    ///
    /// Without arguments, it lists the 50 newest executions. ``with(_:)`` sets the other conditions.
    public init(
        jobID: JobID? = nil, statuses: Set<ExecutionStatus>? = nil, from: Date? = nil, to: Date? = nil,
        sort: Sort = .createdAt, order: ListOrder = .descending, limit: Int = 50, after: PageCursor? = nil
    ) {
        self.jobID = jobID
        self.statuses = statuses
        self.from = from
        self.to = to
        self.sort = sort
        self.order = order
        self.limit = limit
        self.after = after
    }

    /// Returns a copy with changes, for queries that are written in one expression.
    ///
    /// - Parameter change: Sets members of the copy.
    public func with(_ change: (inout ExecutionQuery) throws -> Void) rethrows -> ExecutionQuery {
        var query = self
        try change(&query)
        return query
    }
}
