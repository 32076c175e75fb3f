import Foundation
import RotaSchedule
import RotaStore

extension JobPosition {
    /// The position of a job that begins, goes on, or gets a new schedule at an instant.
    ///
    /// The occurrences up to then are not made up for (T-30), but for the only one of a one-shot that never ran.
    static func starting(
        _ schedule: Schedule, state: JobState, at now: Date, continuing old: JobPosition? = nil
    ) -> JobPosition {
        var position = old ?? JobPosition(state: state, cursor: .distantPast, next: nil)
        position.state = state
        position.reason = nil
        let isExhausted = schedule.maximumRuns.map { $0 <= position.scheduledRuns } ?? false
        if let next = schedule.nextOccurrence(after: max(now, position.cursor)) {
            position.cursor = max(now, position.cursor)
            position.settle(next: next, of: schedule, isExhausted: isExhausted, fired: false)
        } else {
            let missed = position.lastFired == nil ? schedule.soleOccurrence(upTo: now) : nil
            position.settle(next: missed, of: schedule, isExhausted: isExhausted, fired: false)
        }
        return position
    }

    /// Takes over what comes next; an active job without anything to come is completed, with a reason.
    mutating func settle(next occurrence: Occurrence?, of schedule: Schedule, isExhausted: Bool, fired: Bool) {
        next = nil
        nextEffective = nil
        if isExhausted {
            complete("It has run as often as its schedule allows (\(schedule.maximumRuns ?? 0) times).")
        } else if let occurrence, !(schedule.completionDelay != nil && fired) {
            next = occurrence.nominal
            nextEffective = occurrence.effective == occurrence.nominal ? nil : occurrence.effective
        } else if !(schedule.completionDelay != nil && fired) {
            complete("Its schedule has no occurrence left.")
        }
    }

    private mutating func complete(_ reason: String) {
        guard state == .active else { return }
        state = .completed
        self.reason = reason
    }
}

extension Schedule {
    /// The occurrence of a nominal instant.
    func occurrence(at nominal: Date) -> Occurrence {
        Occurrence(nominal: nominal, effective: nominal.advanced(by: smoothingOffset))
    }

    /// The occurrence of a schedule that has only one in all time, if it lies at or before an instant.
    fileprivate func soleOccurrence(upTo instant: Date) -> Occurrence? {
        guard let only = previous(before: instant.addingTimeInterval(0.001)), previous(before: only) == nil,
            next(after: only) == nil
        else { return nil }
        return occurrence(at: only)
    }
}
