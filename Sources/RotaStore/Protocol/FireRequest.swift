/// The step that turns a job's due occurrences into executions and skips, and moves the job on.
public struct FireRequest: Sendable {
    /// What became of a fire.
    public enum Outcome: Sendable, Hashable {
        /// It took place: these executions are queued, these occurrences were skipped.
        ///
        /// `replaced` are the earlier runs that were called off for them ( ``OverlapPolicy/replace``): some are canceled,
        /// those that are running are to be canceled by whoever runs them.
        case fired(executions: [Execution], skips: [SkippedOccurrence], replaced: [Execution])
        /// The job was moved on by someone else, paused, changed or deleted; nothing was done.
        case conflict
    }

    /// The job.
    public var jobID: JobID
    /// The revision of the position from which the fire was planned.
    public var expectedRevision: Int
    /// The executions to queue, new ones, in the order of their nominal instants, all later than the position's cursor.
    public var executions: [Execution]
    /// The occurrences that will not run, with the reason.
    public var skips: [SkippedOccurrence]
    /// The job's position afterwards; the store sets its revision and counts its runs.
    public var scheduleState: ScheduleState

    /// Makes a fire.
    public init(
        jobID: JobID, expectedRevision: Int, executions: [Execution], skips: [SkippedOccurrence],
        scheduleState: ScheduleState
    ) {
        self.jobID = jobID
        self.expectedRevision = expectedRevision
        self.executions = executions
        self.skips = skips
        self.scheduleState = scheduleState
    }
}

/// What became of a request to queue an execution.
public enum EnqueueOutcome: Sendable, Hashable {
    /// It is queued.
    case queued(Execution)
    /// An execution of the job was queued with the same idempotency key before: this one, unchanged (SX-5).
    case existing(Execution)

    /// The execution, whichever it is.
    public var execution: Execution {
        switch self {
        case .queued(let execution), .existing(let execution): execution
        }
    }
}
