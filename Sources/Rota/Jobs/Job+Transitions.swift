import Foundation
import RotaSchedule
import RotaStore

extension Job {
    /// The job with another definition, and in another state if one is given, in one step (T-44, T-45).
    ///
    /// - Returns: `nil` if nothing changes.
    func updated(to wanted: JobDefinition, state: JobState?, at now: Date) throws -> JobReplacement? {
        var definition = wanted
        definition.schedule = definition.schedule.anchored(at: now)
        try definition.validate()
        let isRescheduled = definition.schedule != self.definition.schedule
        let moved = try state.flatMap { try change(to: $0, isRescheduled: isRescheduled, at: now) }
        guard definition != self.definition else { return moved }
        guard isRescheduled else {
            var replacement = moved ?? replacement(scheduleState, at: now)
            replacement.definition = definition
            return replacement
        }
        var scheduleState = moved?.scheduleState ?? self.scheduleState
        let next = scheduleState.state == .completed ? JobState.active : scheduleState.state
        // Runs count for the schedule that started them; raising its limit alone makes no other schedule of it.
        if definition.schedule.limited(toRuns: 1) != self.definition.schedule.limited(toRuns: 1) {
            scheduleState.firedCount = 0
        }
        let skips =
            switch self.scheduleState.state {
            case .draft, .completed: [SkippedOccurrence]()
            case .active: passedOver(at: now, because: .rescheduled)
            case .paused: passedOver(at: now, because: self.scheduleState.reasonWhilePaused)
            }
        return replacement(
            .starting(definition.schedule, state: next, at: now, continuing: scheduleState), skips: skips, at: now,
            definition: definition)
    }

    /// The job in another state that a person asks for; `nil` if it is in that state.
    private func change(to state: JobState, isRescheduled: Bool, at now: Date) throws -> JobReplacement? {
        switch (scheduleState.state, state) {
        case (.draft, .draft), (.completed, .completed): return nil
        // The new schedule makes it active anyway.
        case (.completed, .active) where isRescheduled: return nil
        case (.draft, .paused): return suspended(at: now)
        case (.completed, .paused) where isRescheduled: return suspended(at: now)
        case (_, .paused): return try paused(reason: nil, until: scheduleState.resumesAt, at: now)
        case (_, .active): return try resumed(at: now)
        case (_, .draft), (_, .completed):
            throw SchedulerError(
                .illegalState,
                "Job \(id) is \(scheduleState.state.rawValue) and cannot be made \(state.rawValue); "
                    + "it can be made active or paused.", value: state.rawValue)
        }
    }

    /// The job made paused from a state in which it had no occurrences to come.
    private func suspended(at now: Date) -> JobReplacement {
        var scheduleState = scheduleState
        scheduleState.reason = nil
        scheduleState.state = .paused
        return replacement(scheduleState, at: now)
    }

    /// The job with its schedule suspended.
    ///
    /// - Returns: `nil` if it is paused already, in the same way.
    func paused(reason: String?, until end: Date?, at now: Date) throws -> JobReplacement? {
        let check = FieldCheck(code: .invalidRequest, jobName: definition.name)
        try check.length(of: reason, "The reason of a pause", 0...2000)
        try check.instant(end, "The end of a pause")
        if let end, end <= now {
            throw check.fail("A pause cannot end at \(end.text), which is over.", value: "\(end.timeIntervalSince1970)")
        }
        switch scheduleState.state {
        case .active: break
        case .paused:
            guard scheduleState.resumesAt != end || (reason ?? scheduleState.reason) != scheduleState.reason else {
                return nil
            }
        case .draft, .completed:
            throw SchedulerError(
                .illegalState, "Job \(id) is \(scheduleState.state); only an active job can be paused.")
        }
        var scheduleState = scheduleState
        scheduleState.reason =
            reason ?? (scheduleState.state == .paused && scheduleState.breaker == nil ? scheduleState.reason : nil)
        scheduleState.state = .paused
        scheduleState.resumesAt = end
        scheduleState.breaker = nil
        return replacement(scheduleState, at: now)
    }

    /// The job with its schedule running, from the present time on (T-30).
    ///
    /// - Returns: `nil` if it is running.
    func resumed(at now: Date) throws -> JobReplacement? {
        switch scheduleState.state {
        case .active: return nil
        case .paused, .draft:
            var (scheduleState, skips) = goingOn(at: now)
            scheduleState.breaker = nil
            return replacement(scheduleState, skips: skips, at: now)
        case .completed:
            throw SchedulerError(
                .illegalState,
                "Job \(id) is completed: \(scheduleState.reason ?? "its schedule is over"). "
                    + "Give it another schedule with `update(_:_:)` instead.")
        }
    }

    /// The position of a paused job or a draft that goes on at an instant, and what the pause passed over.
    func goingOn(at instant: Date) -> (ScheduleState, [SkippedOccurrence]) {
        let next = ScheduleState.starting(
            definition.schedule, state: .active, at: instant, continuing: scheduleState, isNew: false)
        // The occurrence of a one-shot that is made up for was not passed over.
        let isMadeUpFor = next.next.map { $0 <= instant } ?? false
        let skips =
            isMadeUpFor || scheduleState.state == .draft
            ? [] : passedOver(at: instant, because: scheduleState.reasonWhilePaused)
        return (next, skips)
    }

    /// The position from which a paused job will go on, as far as it is known: at the end of its pause, or now.
    func forecast(at now: Date) -> ScheduleState {
        guard scheduleState.state == .paused else { return scheduleState }
        let end = scheduleState.resumesAt?.addingTimeInterval(-0.001)
        var (ahead, _) = goingOn(at: end.map { max($0, now) } ?? now)
        ahead.state = .paused
        return ahead
    }

    /// The job with so many of its next occurrences to be skipped, in place of what was asked for before.
    func skippingNext(_ count: Int, at now: Date) throws -> JobReplacement? {
        try FieldCheck(code: .invalidRequest, jobName: definition.name)
            .number(count, "The number of occurrences to skip", 0...10_000)
        guard scheduleState.state != .completed else {
            throw SchedulerError(
                .illegalState, "Job \(id) is completed; it has no occurrence left that could be skipped.")
        }
        guard scheduleState.skipsRemaining != count else { return nil }
        var scheduleState = scheduleState
        scheduleState.skipsRemaining = count
        return replacement(scheduleState, at: now)
    }

    func replacement(
        _ scheduleState: ScheduleState, skips: [SkippedOccurrence] = [], at now: Date, definition: JobDefinition? = nil
    ) -> JobReplacement {
        JobReplacement(
            id: id, expectedRevision: self.scheduleState.revision, definition: definition, scheduleState: scheduleState,
            skips: skips, date: now)
    }
}
