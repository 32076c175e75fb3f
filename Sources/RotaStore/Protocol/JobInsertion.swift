public import Foundation

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

/// A change of a job's definition and position that holds only if nobody has moved the job on in the meantime.
public struct JobReplacement: Sendable {
    /// The job.
    public var id: JobID
    /// The revision of the position from which the change was computed.
    public var expectedRevision: Int
    /// The new definition, or `nil` to keep it; the job's version grows by one if it is given.
    public var definition: JobDefinition?
    /// The new position; the store sets its revision, and never moves its cursor back.
    public var scheduleState: ScheduleState
    /// Occurrences that the change decides, such as those passed over by a pause.
    public var skips: [SkippedOccurrence]
    /// When the change is made.
    public var date: Date
    /// Who makes the change, if that is to be remembered (S-51).
    public var author: String?
    /// A key under which a repeated change returns the job as it is and does nothing (I-28).
    public var idempotencyKey: OperationKey?

    /// Makes a replacement.
    public init(
        id: JobID, expectedRevision: Int, definition: JobDefinition? = nil, scheduleState: ScheduleState,
        skips: [SkippedOccurrence] = [], date: Date, author: String? = nil, idempotencyKey: OperationKey? = nil
    ) {
        self.author = author
        self.idempotencyKey = idempotencyKey
        self.id = id
        self.expectedRevision = expectedRevision
        self.definition = definition
        self.scheduleState = scheduleState
        self.skips = skips
        self.date = date
    }
}
