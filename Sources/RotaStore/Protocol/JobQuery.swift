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
