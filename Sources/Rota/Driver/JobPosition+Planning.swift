import Foundation
import RotaCore
import RotaSchedule
import RotaStore

extension ScheduleState {
    /// The position of a job that begins, goes on, or gets a new schedule at an instant.
    ///
    /// The occurrences up to then are not made up for (T-30), but for the only one of a one-shot that never ran.
    ///
    /// - Parameters:
    ///   - schedule: The job's schedule.
    ///   - state: The state in which the job is from now on.
    ///   - now: The present time.
    ///   - old: The position so far, or `nil` for a new job.
    ///   - isNew: Whether the schedule is another one than so far: its occurrences have not been decided on yet.
    static func starting(
        _ schedule: Schedule, state: JobState, at now: Date, continuing old: ScheduleState? = nil, isNew: Bool = true
    ) -> ScheduleState {
        var scheduleState = old ?? ScheduleState(state: state, decidedThrough: .distantPast, next: nil)
        if state != scheduleState.state || state != .paused {
            scheduleState.reason = nil
            scheduleState.resumesAt = nil
        }
        scheduleState.state = state
        let from = isNew ? now : max(now, scheduleState.decidedThrough)
        if let limit = schedule.maximumRuns, scheduleState.firedCount >= limit {
            scheduleState.complete("It has run as often as its schedule allows (\(limit) times).")
        } else if schedule.completionDelay != nil, scheduleState.awaitedExecutionID != nil {
            // The run under way decides when its end is known.
            (scheduleState.next, scheduleState.nextEffective) = (nil, nil)
        } else if let next = schedule.nextOccurrence(after: from) {
            scheduleState.decidedThrough = from
            scheduleState.proceed(to: next)
        } else {
            let missed = isNew || scheduleState.lastFired == nil ? schedule.soleOccurrence(upTo: now) : nil
            if let missed, isNew { scheduleState.decidedThrough = missed.nominal.addingTimeInterval(-0.001) }
            scheduleState.proceed(to: missed)
        }
        return scheduleState
    }
}

extension Schedule {
    /// The occurrence of a nominal instant.
    func occurrence(at nominal: Date) -> Occurrence {
        Occurrence(nominal: nominal, effective: nominal.advanced(by: smoothingOffset))
    }

    /// The last nominal instant at or before another.
    func latest(upTo instant: Date) -> Date? {
        var found = previous(before: instant.addingTimeInterval(0.001))
        while let candidate = found, candidate > instant { found = previous(before: candidate) }
        return found
    }

    /// The occurrence of a schedule that has only one in all time, if it lies at or before an instant.
    fileprivate func soleOccurrence(upTo instant: Date) -> Occurrence? {
        guard let only = latest(upTo: instant), previous(before: only) == nil, next(after: only) == nil
        else { return nil }
        return occurrence(at: only)
    }
}
