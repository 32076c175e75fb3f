/// A job to be inserted, and what comes with it, in one atomic step.
public struct JobInsertion: Sendable {
    /// What became of an insertion.
    public enum Outcome: Sendable, Hashable {
        /// The job is there now.
        case inserted(Job)
        /// A job was inserted with the same idempotency key before: this one, unchanged (T-55).
        case existing(Job)
    }

    /// The job.
    public var job: Job
    /// A key under which a repeated insertion returns the first one's job, for as long as that job exists.
    public var idempotencyKey: String?
    /// Executions of the job that exist as soon as the job does (T-6).
    public var executions: [Execution]

    /// Makes an insertion.
    public init(_ job: Job, idempotencyKey: String? = nil, executions: [Execution] = []) {
        self.job = job
        self.idempotencyKey = idempotencyKey
        self.executions = executions
    }
}
