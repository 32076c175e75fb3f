/// How many records a store holds, by state.
public struct StoreCounts: Sendable, Hashable {
    /// The number of jobs in each state; a state without jobs is absent.
    public var jobs: [JobState: Int]
    /// The number of executions in each status; a status without executions is absent.
    public var executions: [ExecutionStatus: Int]

    /// Makes counts.
    public init(jobs: [JobState: Int] = [:], executions: [ExecutionStatus: Int] = [:]) {
        self.jobs = jobs
        self.executions = executions
    }
}
