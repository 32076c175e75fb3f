/// The records that a store brought back after its clock had run ahead.
public struct RewindReport: Sendable, Hashable {
    /// The jobs whose schedules continue from an earlier date.
    public var jobs: [Job]
    /// The unfinished executions whose delays and leases were shortened.
    public var executions: [Execution]
    /// Whether the limit left something out.
    public var isTruncated: Bool

    /// Creates a report.
    public init(jobs: [Job] = [], executions: [Execution] = [], isTruncated: Bool = false) {
        self.jobs = jobs
        self.executions = executions
        self.isTruncated = isTruncated
    }
}
