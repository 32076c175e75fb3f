public import Foundation
public import RotaSchedule
public import RotaStore

/// What was due of a job at an instant, what was decided about it, and why.
///
/// ```swift
/// print(try await scheduler.explain(job.id, at: instant))
/// // 2026-03-08T07:00:00Z is an occurrence of “report”, and it was skipped: the job was paused …
/// ```
public struct OccurrenceExplanation: Sendable, Hashable {
    /// What was found.
    public enum Finding: Sendable, Hashable {
        /// The schedule has no occurrence then.
        case notDue(Absence)
        /// It fired; this is the run.
        case fired(Execution)
        /// It did not fire, for the reason of the record it belongs to.
        case skipped(SkippedOccurrence)
        /// It will be decided on when it is due.
        case future
        /// It is due, and no scheduler has decided on it yet.
        case undecided
        /// The job did not exist yet.
        case beforeCreation
        /// It was decided on, but the record is no longer kept.
        case pruned
        /// It was passed over when the job was created, armed, or got its schedule.
        case passedOver
        /// It does not fire as long as the job is in this state.
        case inactive(JobState)
    }

    /// Why an instant is no occurrence.
    public enum Absence: String, Sendable, Hashable {
        /// The rule of the schedule does not name it.
        case notNamed
        /// The rule names it, but it was moved to a business day.
        case movedToBusinessDay
        /// A calendar leaves it out.
        case excluded
        /// It is outside the calendars to keep within.
        case outsideCalendar
        /// It is before the schedule's start.
        case beforeStart
        /// It is not before the schedule's end.
        case afterEnd
        /// The schedule counts from the end of a run, so that only the next occurrence is known.
        case notKnown
    }

    /// The job.
    public let jobID: JobID
    /// The name of the job.
    public let jobName: String
    /// The instant that was asked about.
    public let instant: Date
    /// The number of the definition by which it was judged.
    public let version: Int
    /// The occurrence, with its nominal and its effective instant, if there is one.
    public let occurrence: Occurrence?
    /// What daylight saving, a business day or smoothing did to it.
    public let notes: [PreviewedOccurrence.Note]
    /// What was found.
    public let finding: Finding
    /// The occurrence before the instant, if there is one.
    public let previous: Date?
    /// The occurrence after the instant, if there is one.
    public let next: Date?
}
