public import Foundation

/// A job to insert, with its first executions, in one atomic step.
public struct JobInsertion: Sendable {
    /// The outcome of an insertion.
    public enum Outcome: Sendable, Hashable {
        /// The job was inserted.
        case inserted(Job)
        /// A job was already inserted with the same idempotency key. The value is that job, unchanged.
        case existing(Job)

        /// The job, in both cases.
        public var job: Job {
            switch self {
            case .inserted(let job), .existing(let job): job
            }
        }
    }

    /// The job to insert.
    public var job: Job
    /// A repeated insertion with this key returns the first one's job, as long as that job exists.
    public var idempotencyKey: String?
    /// Executions to queue together with the job.
    public var executions: [Execution]

    /// Creates an insertion.
    public init(_ job: Job, idempotencyKey: String? = nil, executions: [Execution] = []) {
        self.job = job
        self.idempotencyKey = idempotencyKey
        self.executions = executions
    }
}

/// A change of a job's definition or schedule state, valid only if the job has not changed meanwhile.
public struct JobReplacement: Sendable {
    /// The job.
    public var id: JobID
    /// The revision of the schedule state that the change was computed from.
    public var expectedRevision: Int
    /// The new definition, or `nil` to keep the current one.
    ///
    /// A new definition increments the job's version.
    public var definition: JobDefinition?
    /// The new schedule state.
    ///
    /// The store sets its revision and never moves `decidedThrough` back.
    public var scheduleState: ScheduleState
    /// Occurrences that the change skips, such as those that fell into a pause.
    public var skips: [SkippedOccurrence]
    /// When the change is made.
    public var date: Date
    /// The author of the change, if known.
    public var author: String?
    /// The owner whose declaration makes the change, or `nil` to keep the job's.
    public var declaredBy: String?
    /// A repeated change with this key returns the job unchanged.
    public var idempotencyKey: OperationKey?

    /// Creates a replacement.
    public init(
        id: JobID, expectedRevision: Int, definition: JobDefinition? = nil, scheduleState: ScheduleState,
        skips: [SkippedOccurrence] = [], date: Date, author: String? = nil, declaredBy: String? = nil,
        idempotencyKey: OperationKey? = nil
    ) {
        self.author = author
        self.declaredBy = declaredBy
        self.idempotencyKey = idempotencyKey
        self.id = id
        self.expectedRevision = expectedRevision
        self.definition = definition
        self.scheduleState = scheduleState
        self.skips = skips
        self.date = date
    }
}
