import Foundation
import RotaCore
import RotaRetry
import RotaSchedule
import RotaStore

extension Job {
    /// Plans an update to another definition, and to another state if one is given, in one step.
    ///
    /// - Returns: `nil` if nothing changes.
    func updated(to wanted: JobDefinition, state: JobState?, at now: Date) throws -> JobReplacement? {
        var definition = wanted
        definition.schedule = definition.schedule.anchored(like: self.definition.schedule, at: now)
        let isRescheduled = definition.schedule != self.definition.schedule
        let moved = try state.flatMap { try change(to: $0, isRescheduled: isRescheduled, at: now) }
        guard definition != self.definition else { return moved }
        try definition.validate()
        guard isRescheduled else {
            var replacement = moved ?? replacement(scheduleState, at: now)
            replacement.definition = definition
            return replacement
        }
        var scheduleState = moved?.scheduleState ?? self.scheduleState
        let next = scheduleState.state == .completed ? JobState.active : scheduleState.state
        // Executions count toward the limit of the schedule that started them. Raising the limit keeps the count.
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

    /// Plans the change to a requested state.
    ///
    /// Returns `nil` if the job is in that state.
    private func change(to state: JobState, isRescheduled: Bool, at now: Date) throws -> JobReplacement? {
        switch (scheduleState.state, state) {
        case (.draft, .draft), (.completed, .completed): return nil
        // The new schedule makes the job active anyway.
        case (.completed, .active) where isRescheduled: return nil
        case (.draft, .paused): return suspended(at: now)
        case (.completed, .paused) where isRescheduled: return suspended(at: now)
        case (_, .paused): return try paused(reason: nil, until: scheduleState.resumesAt, at: now)
        case (_, .active): return try resumed(at: now)
        case (_, .draft), (_, .completed):
            throw SchedulerError(
                .illegalState,
                "Job \(id) is \(scheduleState.state.rawValue) and cannot be changed to \(state.rawValue), "
                    + "only to active or paused.", value: state.rawValue)
        }
    }

    /// Plans pausing a job in a state that has no upcoming occurrences.
    private func suspended(at now: Date) -> JobReplacement {
        var scheduleState = scheduleState
        scheduleState.reason = nil
        scheduleState.state = .paused
        return replacement(scheduleState, at: now)
    }

    /// Plans pausing the schedule.
    ///
    /// - Returns: `nil` if it is already paused in the same way.
    func paused(reason: String?, until end: Date?, at now: Date) throws -> JobReplacement? {
        let check = FieldCheck(code: .invalidRequest, jobName: definition.name)
        try check.length(of: reason, "The reason of a pause", 0...2000)
        try check.date(end, "The end of a pause")
        if let end, end <= now {
            throw check.fail(
                "A pause must end in the future, not at \(end.text).", value: "\(end.timeIntervalSince1970)")
        }
        switch scheduleState.state {
        case .active: break
        case .paused:
            guard scheduleState.resumesAt != end || (reason ?? scheduleState.reason) != scheduleState.reason else {
                return nil
            }
        case .draft, .completed:
            throw SchedulerError(
                .illegalState, "Job \(id) is \(scheduleState.state.rawValue). Only an active job can be paused.")
        }
        var scheduleState = scheduleState
        scheduleState.reason =
            reason ?? (scheduleState.state == .paused && scheduleState.breaker == nil ? scheduleState.reason : nil)
        scheduleState.state = .paused
        scheduleState.resumesAt = end
        scheduleState.breaker = nil
        return replacement(scheduleState, at: now)
    }

    /// Plans resuming the schedule from the current date on.
    ///
    /// - Returns: `nil` if it is active.
    func resumed(at now: Date) throws -> JobReplacement? {
        switch scheduleState.state {
        case .active: return nil
        case .paused, .draft:
            // Without its time zones, the schedule would seem to have ended.
            try definition.schedule.checkZones()
            var (scheduleState, skips) = resuming(at: now)
            scheduleState.breaker = nil
            return replacement(scheduleState, skips: skips, at: now)
        case .completed:
            throw SchedulerError(
                .illegalState,
                "Job \(id) is completed: \(scheduleState.reason ?? "its schedule has ended.") "
                    + "Give it another schedule with `update(_:_:)` instead.")
        }
    }

    /// The schedule state of a paused or draft job that resumes at a date, and the occurrences the pause passed over.
    func resuming(at date: Date) -> (ScheduleState, [SkippedOccurrence]) {
        let next = ScheduleState.starting(
            definition.schedule, state: .active, at: date, continuing: scheduleState, isNew: false)
        // A one-shot that fires late was not passed over.
        let firesLate = next.next.map { $0 <= date } ?? false
        let skips =
            firesLate || scheduleState.state == .draft
            ? [] : passedOver(at: date, because: scheduleState.reasonWhilePaused)
        return (next, skips)
    }

    /// The schedule state with which a paused job will resume: at the end of its pause if that is known, or now.
    func forecast(at now: Date) -> ScheduleState {
        guard scheduleState.state == .paused else { return scheduleState }
        let end = scheduleState.resumesAt?.millisecondEarlier
        var (ahead, _) = resuming(at: end.map { max($0, now) } ?? now)
        ahead.state = .paused
        return ahead
    }

    /// Plans skipping a number of upcoming occurrences, replacing any earlier number.
    func skippingNext(_ count: Int, at now: Date) throws -> JobReplacement? {
        try FieldCheck(code: .invalidRequest, jobName: definition.name)
            .number(count, "The number of occurrences to skip", 0...10_000)
        guard scheduleState.state != .completed else {
            throw SchedulerError(
                .illegalState, "Job \(id) is completed and has no occurrence left to skip.")
        }
        guard scheduleState.skipsRemaining != count else { return nil }
        var scheduleState = scheduleState
        scheduleState.skipsRemaining = count
        return replacement(scheduleState, at: now)
    }

    func replacement(
        _ scheduleState: ScheduleState, skips: [SkippedOccurrence] = [], at now: Date, definition: JobDefinition? = nil
    ) -> JobReplacement {
        var scheduleState = scheduleState
        scheduleState.remember(skips, retention: (definition ?? self.definition).retention)
        return JobReplacement(
            id: id, expectedRevision: self.scheduleState.revision, definition: definition, scheduleState: scheduleState,
            skips: skips, date: now)
    }
}

extension Job {
    /// The occurrences that were due through a date and will not fire, as one record.
    func passedOver(at now: Date, because reason: SkippedOccurrence.Reason) -> [SkippedOccurrence] {
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
    var reasonWhilePaused: SkippedOccurrence.Reason {
        isHeldByBreaker ? .breaker : .paused
    }
}

extension SchedulerError {
    static func noJob(_ id: JobID) -> SchedulerError {
        SchedulerError(
            .jobNotFound, "There is no job \(id). It may have been deleted; `jobs()` lists the existing ones.",
            value: id.description)
    }
}

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
        if isNew { scheduleState.forgetDecided() }
        if let limit = schedule.maximumRuns, scheduleState.firedCount >= limit {
            scheduleState.complete(ScheduleState.limitReached(limit))
        } else if !schedule.isSeries, scheduleState.awaitedExecutionID != nil {
            // The end of the unfinished execution will decide.
            (scheduleState.next, scheduleState.nextEffective) = (nil, nil)
        } else if let next = scheduleState.nextOccurrence(of: schedule, after: from) {
            scheduleState.decidedThrough = from
            scheduleState.proceed(to: next)
        } else {
            let missed = isNew || scheduleState.lastFired == nil ? schedule.soleOccurrence(upTo: now) : nil
            if let missed, isNew { scheduleState.decidedThrough = missed.nominal.millisecondEarlier }
            scheduleState.proceed(to: missed)
        }
        return scheduleState
    }
}

extension Schedule {
    /// The occurrence with a nominal date.
    func occurrence(at nominal: Date) -> Occurrence {
        Occurrence(nominal: nominal, effective: nominal.advanced(by: smoothingOffset))
    }

    /// Returns the last nominal date at or before a date.
    func latest(upTo date: Date) -> Date? {
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
    var millisecondEarlier: Date { addingTimeInterval(-0.001) }

    /// The date a millisecond after this one.
    var millisecondLater: Date { addingTimeInterval(0.001) }
}
