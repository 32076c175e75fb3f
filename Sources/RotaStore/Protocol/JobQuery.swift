package import Foundation

/// Which jobs to list, and in what order.
///
/// A job must meet all conditions.
///
/// ```swift
/// let query = JobQuery(states: [.paused]).with { $0.tags = ["team": "finance"] }
/// for job in try await scheduler.jobs(query).items {
///     print(job.name, job.reason ?? "paused on request")
/// }
/// ```
public struct JobQuery: Sendable, Hashable {
    /// A sort key of jobs.
    ///
    /// Whatever the key, a page continues after the last job of the page before. A job whose key stays is neither
    /// missed nor listed twice while others come, go and change theirs.
    public enum Sort: String, Sendable, Hashable, Codable, CaseIterable {
        /// The creation date, which is the order of the identifiers.
        case createdAt = "created_at"
        /// The name in any case, as Swift compares texts, and then the identifier.
        case name
        /// The date of ``Job/nextRunAt``, and then the identifier. Jobs without such a date come last in both orders.
        case nextRun = "next_run"
    }

    /// Only jobs with these identifiers.
    public var ids: Set<JobID>?
    /// Only jobs in one of these states.
    public var states: Set<JobState>?
    /// Only jobs whose name contains this text, ignoring case.
    public var nameContains: String?
    /// Only jobs that have all of these tags.
    public var tags: [String: String] = [:]
    /// Only jobs of this group.
    public var group: String?
    /// Only jobs of this project.
    public var project: String?
    /// Only jobs of this environment.
    public var environment: String?
    /// Only jobs with this slug, at most one per project.
    public var slug: String?
    /// Only jobs that this owner declared.
    public var declaredBy: String?
    /// The sort key.
    ///
    /// Defaults to the creation date.
    public var sort: Sort
    /// The order.
    ///
    /// Defaults to the smallest key first: the oldest job.
    public var order: ListOrder
    /// The largest number of jobs in a page, from 1 to 1,000.
    public var limit: Int
    /// Where to continue: the cursor of an earlier page with the same sort and order.
    public var after: PageCursor?

    /// Creates a query.
    ///
    /// Without arguments, it lists the first 50 jobs. ``with(_:)`` sets the other conditions.
    public init(
        states: Set<JobState>? = nil, nameContains: String? = nil, declaredBy: String? = nil, sort: Sort = .createdAt,
        order: ListOrder = .ascending, limit: Int = 50, after: PageCursor? = nil
    ) {
        self.states = states
        self.nameContains = nameContains
        self.declaredBy = declaredBy
        self.sort = sort
        self.order = order
        self.limit = limit
        self.after = after
    }

    /// Returns a copy with changes, for queries that are written in one expression.
    ///
    /// - Parameter change: Sets members of the copy.
    public func with(_ change: (inout JobQuery) throws -> Void) rethrows -> JobQuery {
        var query = self
        try change(&query)
        return query
    }
}

extension JobQuery {
    /// The name by which a list by name sorts a job.
    package static func sortName(of definition: JobDefinition) -> String { definition.name.lowercased() }

    /// The date by which a list by next run sorts a job.
    package func sortDate(of job: Job) -> Date { job.nextRunAt ?? never }

    /// The date by which a list by next run sorts jobs that have none: they are last in both orders.
    ///
    /// It is finite, because cursors are.
    package var never: Date {
        let last = Double.greatestFiniteMagnitude
        return Date(timeIntervalSinceReferenceDate: order == .ascending ? last : -last)
    }
}
