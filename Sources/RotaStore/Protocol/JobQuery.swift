/// Which jobs to list, the oldest first.
public struct JobQuery: Sendable, Hashable {
    /// Only jobs in one of these states, if given.
    public var states: Set<JobState>?
    /// Only jobs whose name contains this text, whatever the case, if given.
    public var nameContains: String?
    /// The largest number of jobs in a page, from 1 to 1,000.
    public var limit: Int
    /// Where to go on, from an earlier page.
    public var after: PageCursor?

    /// Makes a query; without arguments it lists the first 50 of all jobs.
    public init(
        states: Set<JobState>? = nil, nameContains: String? = nil, limit: Int = 50, after: PageCursor? = nil
    ) {
        self.states = states
        self.nameContains = nameContains
        self.limit = limit
        self.after = after
    }
}
