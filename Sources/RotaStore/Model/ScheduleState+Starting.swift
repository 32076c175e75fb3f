package import Foundation
import RotaCore
package import RotaSchedule

// Where a job stands on its schedule when it starts, resumes, or gets another schedule.

extension ScheduleState {
    /// Returns the schedule state of a job that starts, resumes, or gets a new schedule at a date.
    ///
    /// Occurrences up to that date do not fire, except the only occurrence of a one-shot that never fired.
    ///
    /// - Parameters:
    ///   - schedule: The job's schedule.
    ///   - state: The job's new state.
    ///   - now: The current date.
    ///   - old: The schedule state so far, or `nil` for a new job.
    ///   - isNew: Whether the schedule differs from the previous one, so that its occurrences are undecided.
    package static func starting(
        _ schedule: Schedule, state: JobState, at now: Date, continuing old: ScheduleState? = nil, isNew: Bool = true
    ) -> ScheduleState {
        var scheduleState = old ?? ScheduleState(state: state, decidedThrough: .distantPast, next: nil)
        if state == .active || state == .paused { scheduleState.comeIntoForce(at: now) }
        if state != scheduleState.state || state != .paused {
            scheduleState.reason = nil
            scheduleState.resumesAt = nil
        }
        scheduleState.state = state
        let from = isNew ? now : max(now, scheduleState.decidedThrough)
        if isNew { scheduleState.forgetDecided() }
        if schedule.isOnDemand {
            scheduleState.decidedThrough = from
            (scheduleState.next, scheduleState.nextEffective) = (nil, nil)
        } else if let limit = schedule.maximumRuns, scheduleState.firedCount >= limit {
            scheduleState.complete(ScheduleState.limitReached(limit))
        } else if !schedule.isSeries, scheduleState.awaitedExecutionID != nil {
            // The end of the unfinished execution will decide.
            (scheduleState.next, scheduleState.nextEffective) = (nil, nil)
        } else if let next = scheduleState.nextOccurrence(of: schedule, after: from) {
            scheduleState.decidedThrough = from
            scheduleState.proceed(to: next)
        } else {
            let missed = isNew || scheduleState.lastFired == nil ? schedule.soleOccurrence(upTo: now) : nil
            if let missed {
                if isNew { scheduleState.decidedThrough = missed.nominal.millisecondEarlier }
                // It still fires.
                scheduleState.cutOutOfForce(at: missed.nominal.millisecondEarlier)
            }
            scheduleState.proceed(to: missed)
        }
        return scheduleState
    }
}

extension Schedule {
    /// The occurrence with a nominal date.
    package func occurrence(at nominal: Date) -> Occurrence {
        let offset = smoothingOffset
        return Occurrence(nominal: nominal, effective: offset == .zero ? nominal : nominal.advanced(by: offset))
    }

    /// Returns the last nominal date at or before a date.
    package func latest(upTo date: Date) -> Date? {
        var found = previous(before: date.justAfter)
        while let candidate = found, candidate > date { found = previous(before: candidate) }
        return found
    }

    /// Returns the occurrence of a schedule that has exactly one, if it is at or before a date.
    fileprivate func soleOccurrence(upTo date: Date) -> Occurrence? {
        guard let only = latest(upTo: date), previous(before: only) == nil, next(after: only) == nil
        else { return nil }
        return occurrence(at: only)
    }
}

extension Date {
    // Dates that go to a store move by a millisecond. Unlike `justBefore`, every store can tell those apart.

    /// The date a millisecond before this one.
    package var millisecondEarlier: Date { addingTimeInterval(-0.001) }

    /// The date a millisecond after this one.
    package var millisecondLater: Date { addingTimeInterval(0.001) }
}

extension Job {
    /// Returns the occurrences that are due through a date as one record: they will not fire.
    package func skippingDue(through now: Date, because reason: SkippedOccurrence.Reason) -> [SkippedOccurrence] {
        let schedule = definition.schedule
        guard let first = scheduleState.next, first <= now,
            case let last = schedule.isSeries ? schedule.latest(upTo: now) : first, let last, last >= first
        else { return [] }
        return [
            SkippedOccurrence(
                jobID: id, first: first, last: last,
                count: first == last ? 1 : schedule.count(from: first, through: last, limit: 10_000), reason: reason,
                decidedAt: now)
        ]
    }
}

extension ScheduleState {
    /// The reason recorded for occurrences that do not fire while the job is paused.
    package var reasonWhilePaused: SkippedOccurrence.Reason {
        isHeldByBreaker ? .breaker : .paused
    }
}
