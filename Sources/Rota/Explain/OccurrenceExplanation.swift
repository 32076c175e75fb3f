public import Foundation
import RotaCore
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
    public enum Outcome: Sendable, Hashable {
        /// The schedule has no occurrence then.
        case notDue(NotDueReason)
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
    public enum NotDueReason: String, Sendable, Hashable {
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
    public let outcome: Outcome
    /// The occurrence before the instant, if there is one.
    public let previous: Date?
    /// The occurrence after the instant, if there is one.
    public let next: Date?
}

extension OccurrenceExplanation {
    /// Finds the verdict on an instant; a pure function of what the store remembers.
    ///
    /// - Parameters:
    ///   - instant: The instant that is asked about.
    ///   - job: The job.
    ///   - versions: Its versions, the newest first.
    ///   - runs: The runs of its schedule that are kept for occurrences within the second that begins at the instant.
    ///   - skips: Its skipped occurrences.
    ///   - now: The present time.
    init(
        on instant: Date, of job: Job, versions: [JobVersion], runs: [Execution], skips: [SkippedOccurrence],
        at now: Date
    ) {
        let valid = versions.first { $0.createdAt <= instant } ?? versions.last
        let definition = valid?.definition ?? job.definition
        let schedule = definition.schedule
        let run = runs.min { $0.scheduledFor < $1.scheduledFor }
        let before = instant.millisecondEarlier
        let named = schedule.next(after: before).flatMap { $0 < instant.addingTimeInterval(1) ? $0 : nil }
        let awaited = job.scheduleState.next.flatMap { $0 >= instant && $0 < instant.addingTimeInterval(1) ? $0 : nil }
        let nominal = run?.scheduledFor ?? (schedule.completionDelay == nil ? named : awaited)
        let skip = skips.last { $0.first <= nominal ?? instant && nominal ?? instant <= $0.last }

        jobID = job.id
        jobName = definition.name
        self.instant = instant
        version = run?.jobVersion ?? valid?.version ?? job.version
        occurrence = nominal.map { schedule.occurrence(at: $0) }
        notes =
            nominal.flatMap { nominal in
                schedule.preview(from: nominal.millisecondEarlier, count: 1).first {
                    $0.occurrence.nominal == nominal
                }
            }?.notes ?? []
        previous = schedule.completionDelay == nil ? schedule.previous(before: instant) : nil
        next = schedule.completionDelay == nil ? schedule.next(after: instant) : job.scheduleState.next
        if let run {
            outcome = .fired(run)
        } else if let nominal, let skip {
            outcome = nominal < job.createdAt ? .beforeCreation : .skipped(skip)
        } else if let nominal {
            let due = schedule.occurrence(at: nominal).effective
            outcome = Self.outcome(
                on: nominal, due: due, of: job, since: valid?.createdAt ?? job.createdAt, at: now)
        } else if instant < job.createdAt {
            outcome = .beforeCreation
        } else {
            outcome = .notDue(schedule.completionDelay == nil ? NotDueReason(schedule.absence(at: instant)) : .notKnown)
        }
    }

    /// What is to be said of an occurrence of which there is no record.
    private static func outcome(
        on nominal: Date, due: Date, of job: Job, since start: Date, at now: Date
    ) -> Outcome {
        if nominal < job.createdAt { return .beforeCreation }
        if job.scheduleState.state == .draft { return .inactive(.draft) }
        let scheduleState = job.scheduleState
        if nominal > scheduleState.decidedThrough, scheduleState.state != .completed {
            if scheduleState.state == .paused, scheduleState.resumesAt.map({ nominal < $0 }) ?? true {
                return .inactive(.paused)
            }
            return due > now ? .future : .undecided
        }
        if scheduleState.state == .completed, nominal > scheduleState.decidedThrough { return .inactive(.completed) }
        return nominal <= start ? .passedOver : .pruned
    }
}

extension OccurrenceExplanation.NotDueReason {
    fileprivate init(_ reason: Schedule.Absence?) {
        switch reason {
        case .notNamed, nil: self = .notNamed
        case .moved: self = .movedToBusinessDay
        case .excluded: self = .excluded
        case .outside: self = .outsideCalendar
        case .beforeStart: self = .beforeStart
        case .afterEnd: self = .afterEnd
        }
    }
}
