import Foundation
import RotaSchedule
import RotaStore

extension JobPosition {
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
        _ schedule: Schedule, state: JobState, at now: Date, continuing old: JobPosition? = nil, isNew: Bool = true
    ) -> JobPosition {
        var position = old ?? JobPosition(state: state, cursor: .distantPast, next: nil)
        if state != position.state || state != .paused {
            position.reason = nil
            position.resumesAt = nil
        }
        position.state = state
        let from = isNew ? now : max(now, position.cursor)
        if let limit = schedule.maximumRuns, position.scheduledRuns >= limit {
            position.complete("It has run as often as its schedule allows (\(limit) times).")
        } else if schedule.completionDelay != nil, position.awaiting != nil {
            // The run under way decides when its end is known.
            (position.next, position.nextEffective) = (nil, nil)
        } else if let next = schedule.nextOccurrence(after: from) {
            position.cursor = from
            position.proceed(to: next)
        } else {
            let missed = isNew || position.lastFired == nil ? schedule.soleOccurrence(upTo: now) : nil
            if let missed, isNew { position.cursor = missed.nominal.addingTimeInterval(-0.001) }
            position.proceed(to: missed)
        }
        return position
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
