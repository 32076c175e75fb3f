import Foundation
import RotaSchedule
import RotaStore

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
        let before = instant.addingTimeInterval(-0.001)
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
                schedule.preview(from: nominal.addingTimeInterval(-0.001), count: 1).first {
                    $0.occurrence.nominal == nominal
                }
            }?.notes ?? []
        previous = schedule.completionDelay == nil ? schedule.previous(before: instant) : nil
        next = schedule.completionDelay == nil ? schedule.next(after: instant) : job.scheduleState.next
        if let run {
            finding = .fired(run)
        } else if let nominal, let skip {
            finding = nominal < job.createdAt ? .beforeCreation : .skipped(skip)
        } else if let nominal {
            let due = schedule.occurrence(at: nominal).effective
            finding = Self.finding(
                on: nominal, due: due, of: job, since: valid?.createdAt ?? job.createdAt, at: now)
        } else if instant < job.createdAt {
            finding = .beforeCreation
        } else {
            finding = .notDue(schedule.completionDelay == nil ? Absence(schedule.absence(at: instant)) : .notKnown)
        }
    }

    /// What is to be said of an occurrence of which there is no record.
    private static func finding(
        on nominal: Date, due: Date, of job: Job, since start: Date, at now: Date
    ) -> Finding {
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

extension OccurrenceExplanation.Absence {
    fileprivate init(_ absence: Schedule.Absence?) {
        switch absence {
        case .notNamed, nil: self = .notNamed
        case .moved: self = .movedToBusinessDay
        case .excluded: self = .excluded
        case .outside: self = .outsideCalendar
        case .beforeStart: self = .beforeStart
        case .afterEnd: self = .afterEnd
        }
    }
}
