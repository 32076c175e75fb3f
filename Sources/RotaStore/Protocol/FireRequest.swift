/// A request to turn a job's due occurrences into executions and skips, and to advance the job.
public struct FireRequest: Sendable {
    /// The outcome of a fire request.
    public enum Outcome: Sendable, Hashable {
        /// The executions were queued and the skips recorded.
        ///
        /// `replaced` are earlier executions that ``OverlapPolicy/replace`` canceled. Those that are running have a
        /// cancellation request and end when their scheduler sees it.
        case fired(executions: [Execution], skips: [SkippedOccurrence], replaced: [Execution])
        /// Another scheduler advanced the job, or it was paused, changed or deleted. Nothing changed.
        case conflict
    }

    /// The job.
    public var jobID: JobID
    /// The revision of the schedule state that the request was planned from.
    public var expectedRevision: Int
    /// The new executions to queue, ordered by nominal date, all later than the schedule state's `decidedThrough`.
    public var executions: [Execution]
    /// The occurrences that will not fire, with their reasons.
    public var skips: [SkippedOccurrence]
    /// The job's new schedule state.
    ///
    /// The store sets its revision and counts the fired occurrences.
    public var scheduleState: ScheduleState

    /// Creates a request.
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
