public import Foundation

/// Which executions to list, and in what order (T-96 to T-105); all that is given must hold.
public struct ExecutionQuery: Sendable, Hashable {
    /// The order of a list.
    public typealias Order = ListOrder

    /// What executions are sorted by (T-102).
    public enum Sort: String, Sendable, Hashable, Codable {
        /// The order in which they were made, which is that of their identifiers.
        case createdAt = "created_at"
        /// The instant they were scheduled for; those of one instant by their identifiers.
        case scheduledFor = "scheduled_for"
    }

    /// Only executions of this job, if given (T-97).
    public var jobID: JobID?
    /// Only executions of one of these jobs, if given.
    public var jobIDs: Set<JobID>?
    /// Only executions with one of these statuses, if given (T-98).
    public var statuses: Set<ExecutionStatus>?
    /// Only executions with one of these causes, if given.
    public var sources: Set<ExecutionSource>?
    /// Only executions scheduled at or after this instant, if given (T-99).
    public var from: Date?
    /// Only executions scheduled before this instant, if given (T-100).
    public var to: Date?
    /// Only executions whose job's name contains this text, whatever the case, if given (T-101).
    public var jobNameContains: String?
    /// Only executions that have all of these tags of their own (S-88), if any are given.
    public var tags: [String: String]
    /// Only executions that were asked for together with these, if given (S-90).
    public var batchID: BatchID?
    /// Only executions with this concurrency key, if given (S-91).
    public var concurrencyKey: String?
    /// What they are sorted by; by when they were made by default.
    public var sort: Sort
    /// The order; the newest first by default (T-103).
    public var order: ListOrder
    /// The largest number of executions in a page, from 1 to 1,000 (T-104).
    public var limit: Int
    /// Where to go on, from an earlier page of the same sort and order.
    public var after: PageCursor?

    /// Makes a query; without arguments it lists the newest 50 of all executions.
    public init(
        jobID: JobID? = nil,
        jobIDs: Set<JobID>? = nil,
        statuses: Set<ExecutionStatus>? = nil,
        sources: Set<ExecutionSource>? = nil,
        from: Date? = nil,
        to: Date? = nil,
        jobNameContains: String? = nil,
        tags: [String: String] = [:],
        batchID: BatchID? = nil,
        concurrencyKey: String? = nil,
        sort: Sort = .createdAt,
        order: ListOrder = .descending,
        limit: Int = 50,
        after: PageCursor? = nil
    ) {
        self.jobID = jobID
        self.jobIDs = jobIDs
        self.statuses = statuses
        self.sources = sources
        self.from = from
        self.to = to
        self.jobNameContains = jobNameContains
        self.tags = tags
        self.batchID = batchID
        self.concurrencyKey = concurrencyKey
        self.sort = sort
        self.order = order
        self.limit = limit
        self.after = after
    }
}

/// Which jobs to list, in the order in which they were made; all that is given must hold.
public struct JobQuery: Sendable, Hashable {
    /// Only these jobs, if given.
    public var ids: Set<JobID>?
    /// Only jobs in one of these states, if given.
    public var states: Set<JobState>?
    /// Only jobs whose name contains this text, whatever the case, if given.
    public var nameContains: String?
    /// Only jobs that have all of these tags (S-26), if any are given.
    public var tags: [String: String]
    /// Only jobs of this group, if given (S-20).
    public var group: String?
    /// Only jobs of this project, if given (S-19).
    public var project: String?
    /// Only jobs of this environment, if given (S-46).
    public var environment: String?
    /// Only the job with this slug, one in each project, if given (S-22).
    public var slug: String?
    /// The order; the oldest first by default.
    public var order: ListOrder
    /// The largest number of jobs in a page, from 1 to 1,000.
    public var limit: Int
    /// Where to go on, from an earlier page in the same order.
    public var after: PageCursor?

    /// Makes a query; without arguments it lists the first 50 of all jobs.
    public init(
        ids: Set<JobID>? = nil, states: Set<JobState>? = nil, nameContains: String? = nil, tags: [String: String] = [:],
        group: String? = nil, project: String? = nil, environment: String? = nil, slug: String? = nil,
        order: ListOrder = .ascending, limit: Int = 50, after: PageCursor? = nil
    ) {
        self.ids = ids
        self.states = states
        self.nameContains = nameContains
        self.tags = tags
        self.group = group
        self.project = project
        self.environment = environment
        self.slug = slug
        self.order = order
        self.limit = limit
        self.after = after
    }
}
