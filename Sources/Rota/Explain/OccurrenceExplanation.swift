public import Foundation
import RotaCore
public import RotaSchedule
public import RotaStore

/// An explanation of what happened, or will happen, to a job on a date, and why.
///
/// ```swift
/// let explanation = try await scheduler.explain(job.id, at: Date(timeIntervalSince1970: 1_772_953_200))
/// print(explanation)
/// // 2026-03-08T07:00:00Z is an occurrence of "report" (version 1), and it was skipped: the job was paused …
/// if case .skipped(let skip) = explanation.outcome { print(skip.reason.rawValue) }
/// ```
public struct OccurrenceExplanation: Sendable, Hashable {
    /// The outcome of an occurrence, or the reason there is none.
    public enum Outcome: Sendable, Hashable {
        /// The schedule has no occurrence on this date.
        case notDue(NotDueReason)
        /// It fired, and this is the execution.
        case fired(Execution)
        /// It did not fire. The record has the reason.
        case skipped(SkippedOccurrence)
        /// It is not due yet.
        case future
        /// It is due, and no scheduler has decided about it yet.
        case undecided
        /// The job did not exist yet.
        case beforeCreation
        /// It was decided, but the record is no longer kept.
        case pruned
        /// The schedule was not in force: the date was already past when the job was created or activated, or got its
        /// schedule.
        case beforeSchedule
        /// It does not fire while the job is in this state.
        case inactive(JobState)
    }

    /// The reason a date is not an occurrence.
    public enum NotDueReason: String, Sendable, Hashable {
        /// The schedule's rule does not name it.
        case notNamed
        /// The rule names it, but it was moved to a business day.
        case movedToBusinessDay
        /// A calendar excludes it.
        case excluded
        /// It is outside the calendar the schedule is limited to.
        case outsideCalendar
        /// It is before the schedule's start.
        case beforeStart
        /// It is at or after the schedule's end.
        case afterEnd
        /// The schedule counts from the end of an execution, so only the next occurrence is known.
        case notKnown
    }

    /// The job.
    public let jobID: JobID
    /// The name of the job.
    public let jobName: String
    /// The date that was asked about.
    public let date: Date
    /// The version of the job's definition that was in force.
    public let version: Int
    /// The occurrence with its nominal and effective dates, or `nil` if there is none.
    public let occurrence: Occurrence?
    /// Notes about the occurrence: effects of daylight saving, business days or smoothing.
    public let notes: [PreviewedOccurrence.Note]
    /// The outcome.
    public let outcome: Outcome
    /// The name of the calendar that excludes the date, if the store keeps it by a name.
    public let calendar: String?
    /// The occurrence before the date, or `nil` if there is none.
    public let previous: Date?
    /// The occurrence after the date, or `nil` if there is none.
    public let next: Date?
    /// The number of upcoming occurrences that are to be skipped on request, if this is one of them; 0 otherwise.
    public let requestedSkips: Int
    /// The schedule's limit of executions, if it will have been reached before the occurrence.
    ///
    /// It is `nil` otherwise, and if the occurrence is not in the future.
    ///
    /// It fires all the same if occurrences before it are skipped, because those do not count.
    public let limitReachedBefore: Int?
}

extension OccurrenceExplanation {
    /// Explains a date: a pure function of what the store remembers.
    ///
    /// - Parameters:
    ///   - date: The date that is asked about.
    ///   - job: The job.
    ///   - versions: Its versions, the newest first.
    ///   - executions: The scheduled executions that are kept for an occurrence in the millisecond of the date.
    ///   - skips: Its skipped occurrences.
    ///   - now: The current date.
    /// - Throws: `ScheduleError` if the rules of the schedule's time zone cannot be read now.
    init(
        on date: Date, of job: Job, versions: [JobVersion], executions: [Execution], skips: [SkippedOccurrence],
        at now: Date
    ) throws(ScheduleError) {
        let valid = versions.first { $0.createdAt <= date } ?? versions.last
        let definition = valid?.definition ?? job.definition
        let schedule = definition.schedule
        try schedule.checkComputable()
        let execution = executions.min { $0.scheduledFor < $1.scheduledFor }
        let nominal =
            execution?.scheduledFor
            ?? (schedule.isSeries
                ? schedule.occurrence(inMillisecondOf: date) : Self.known(inMillisecondOf: date, of: job, skips))
        let skip = skips.last { $0.first <= nominal ?? date && nominal ?? date <= $0.last }

        jobID = job.id
        jobName = definition.name
        self.date = date
        version = execution?.jobVersion ?? valid?.version ?? job.version
        occurrence = nominal.map { schedule.occurrence(at: $0) }
        notes =
            nominal.flatMap { nominal in
                guard schedule.isSeries else { return schedule.previewed(schedule.occurrence(at: nominal)) }
                return schedule.preview(from: nominal.millisecondEarlier, count: 1).first {
                    $0.occurrence.nominal == nominal
                }
            }?.notes ?? []
        previous = schedule.isSeries ? schedule.previous(before: nominal ?? date) : nil
        next = schedule.isSeries ? schedule.next(after: nominal ?? date) : job.scheduleState.next
        let absence = nominal == nil && schedule.isSeries ? schedule.absence(at: date) : nil
        if let execution {
            outcome = .fired(execution)
        } else if let nominal, let skip {
            outcome = nominal < job.createdAt ? .beforeCreation : .skipped(skip)
        } else if let nominal {
            let due = schedule.occurrence(at: nominal).effective
            outcome = Self.outcome(
                on: nominal, due: due, of: job, since: valid?.createdAt ?? job.createdAt, at: now)
        } else if date < job.createdAt {
            outcome = .beforeCreation
        } else {
            outcome = .notDue(schedule.isSeries ? NotDueReason(absence) : .notKnown)
        }
        requestedSkips =
            switch outcome {
            case .future, .undecided: nominal.map { job.requestedSkips(at: $0, now: now) } ?? 0
            default: 0
            }
        limitReachedBefore =
            outcome == .future ? nominal.flatMap { job.limitReached(before: $0, now: now) } : nil
        calendar = if case .notDue = outcome, case .excluded(let name) = absence { name } else { nil }
    }

    /// The nominal date within a millisecond that a schedule without a series is known to have, or to have had.
    private static func known(inMillisecondOf date: Date, of job: Job, _ skips: [SkippedOccurrence]) -> Date? {
        if let next = job.scheduleState.next, next.isSameMillisecond(as: date) { return next }
        return skips.last { $0.first == $0.last && $0.first.isSameMillisecond(as: date) }?.first
    }

    /// The outcome of an occurrence without a record.
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
        if let idle = scheduleState.outOfForce, idle.first <= nominal, nominal <= idle.last { return .beforeSchedule }
        return nominal <= start ? .beforeSchedule : .pruned
    }
}

extension Schedule {
    /// Returns the nominal date in the same millisecond as a date, or `nil` if there is none.
    fileprivate func occurrence(inMillisecondOf date: Date) -> Date? {
        var found = next(after: date.millisecondEarlier)
        while let nominal = found, nominal < date.millisecondLater {
            if nominal.isSameMillisecond(as: date) { return nominal }
            found = next(after: nominal)
        }
        return nil
    }
}

extension Date {
    /// Whether a date is in the same millisecond, which is as fine as every store keeps dates, or is written the same.
    ///
    /// Written dates are rounded to the nearest millisecond.
    func isSameMillisecond(as other: Date) -> Bool {
        millisecond == other.millisecond || ISO8601.milliseconds(self) == ISO8601.milliseconds(other)
    }

    /// Milliseconds since 1970, rounded down.
    ///
    /// A date is exact to a quarter of a microsecond.
    private var millisecond: Double { (timeIntervalSince1970 * 1_000 + 0.000_5).rounded(.down) }
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
