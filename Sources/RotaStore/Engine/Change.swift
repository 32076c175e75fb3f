package import Foundation

/// One after-image: what a record, or a part of it, is from now on.
///
/// Applying a change twice, or over a later image of another part, gives the same state; so a journal of changes can
/// be replayed over a snapshot that was taken while the changes were made.
package enum Change: Sendable, Hashable {
    case putJob(Job)
    case putScheduleState(JobID, ScheduleState)
    case putStatistics(JobID, JobStatistics)
    /// The job goes, and with it its executions, its skips and its idempotency key.
    case removeJob(JobID)

    case putExecution(Execution)
    case putProgress(ExecutionID, ExecutionProgress)
    /// The attempt takes the place that its number says, or the one after the last.
    case putAttempt(ExecutionID, Attempt)
    case removeExecution(ExecutionID)

    case putSkips(JobID, [SkippedOccurrence])
    /// The skip replaces the last one that begins at the same instant, or is added; the oldest beyond a number go.
    case putSkip(SkippedOccurrence, keeping: Int)
    case putIdempotencyKey(String, JobID)

    case putVersion(JobVersion)
    case removeVersion(JobVersionID)
    case putDependency(JobDependency)
    case removeDependency(DependencyID)
    /// An operation was done to a job under a key.
    case putOperation(OperationKey, JobID)
    case removeOperation(JobOperationKey)

    /// An attempt started, which limits of rates have to know.
    case putStart(RatePool, AttemptStart)
    /// The starts up to an instant need not be known any longer.
    case forgetStarts(RatePool, through: Date)
}

/// The changes that an operation made, for stores that write them down.
package struct ChangeLog: Sendable {
    package private(set) var changes: [Change] = []
    private let isRecording: Bool

    package init(isRecording: Bool) {
        self.isRecording = isRecording
    }

    package mutating func append(_ change: @autoclosure () -> Change) {
        if isRecording { changes.append(change()) }
    }
}
