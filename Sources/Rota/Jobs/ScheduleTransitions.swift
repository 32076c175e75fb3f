package import Foundation
import RotaCore
import RotaRetry
import RotaSchedule
package import RotaStore

extension Job {
    /// Plans an update to another definition, and to another state if one is given, in one step.
    ///
    /// - Parameter calendars: The calendars that the schedule may name.
    /// - Returns: `nil` if nothing changes.
    func updated(
        to wanted: JobDefinition, _ calendars: [String: ScheduleCalendar], state: JobState?, at now: Date
    ) throws -> JobReplacement? {
        var definition = wanted
        definition.schedule = definition.schedule.anchored(like: self.definition.schedule, at: now)
        let isRescheduled = definition.schedule != self.definition.schedule
        let moved = try state.flatMap { try change(to: $0, isRescheduled: isRescheduled, at: now) }
        guard definition != self.definition else { return moved }
        try definition.validate()
        definition.schedule = isRescheduled ? try definition.schedule.bound(to: calendars) : self.definition.schedule
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
            case .active: skippingDue(through: now, because: .rescheduled)
            case .paused: skippingDue(through: now, because: self.scheduleState.reasonWhilePaused)
            }
        return replacement(
            .starting(definition.schedule, state: next, at: now, continuing: scheduleState), skips: skips, at: now,
            definition: definition)
    }

    /// Whether an update to a definition gives the job another schedule.
    package func isRescheduled(by wanted: JobDefinition, at now: Date) -> Bool {
        wanted.schedule.anchored(like: definition.schedule, at: now) != definition.schedule
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
        // A breaker's pause ends by itself.
        case (.paused, .paused) where scheduleState.isHeldByBreaker:
            return try paused(reason: nil, until: nil, at: now)
        case (.paused, .paused): return nil
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
        scheduleState.comeIntoForce(at: now)
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
            guard scheduleState.resumesAt != end || scheduleState.reason != reason else { return nil }
        case .draft, .completed:
            throw SchedulerError(
                .illegalState, "Job \(id) is \(scheduleState.state.rawValue). Only an active job can be paused.")
        }
        var scheduleState = scheduleState
        // A pause is as its last request says, and keeps nothing of an earlier one.
        scheduleState.reason = reason
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
            try definition.schedule.checkComputable()
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
            ? [] : skippingDue(through: date, because: scheduleState.reasonWhilePaused)
        return (next, skips)
    }

    /// The schedule state with which a paused job will resume: at the end of its pause if that is known, or now.
    ///
    /// That of a draft is the one it would be activated with.
    func forecast(at now: Date) -> ScheduleState {
        guard scheduleState.state == .paused || scheduleState.state == .draft else { return scheduleState }
        let end = scheduleState.resumesAt?.millisecondEarlier
        var (ahead, _) = resuming(at: end.map { max($0, now) } ?? now)
        ahead.state = scheduleState.state
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

    /// The number of upcoming occurrences that are to be skipped, if one of them has a nominal date; 0 otherwise.
    func requestedSkips(at nominal: Date, now: Date) -> Int {
        let count = schedule.isSeries ? scheduleState.skipsRemaining : 0
        guard count > 0 else { return 0 }
        // Those within a pause are not counted.
        var date = forecast(at: now).next
        for _ in 0..<count {
            guard let skipped = date, skipped <= nominal else { return 0 }
            if skipped == nominal { return count }
            date = schedule.next(after: skipped)
        }
        return 0
    }

    /// The schedule's limit of executions, if it is reached before an upcoming nominal date, unless occurrences until
    /// then are skipped; `nil` otherwise, or after 10,000 of them.
    func limitReached(before nominal: Date, now: Date) -> Int? {
        guard schedule.isSeries, let limit = schedule.maximumRuns, let next = forecast(at: now).next, next < nominal
        else { return nil }
        let (left, _) = max(0, limit &- scheduleState.firedCount)
            .addingReportingOverflow(scheduleState.skipsRemaining)
        guard 0...10_000 ~= left else { return nil }
        return schedule.count(from: next, through: nominal, limit: left) == nil ? limit : nil
    }

    /// The date of the first occurrence behind those that are to be skipped, or `nil` if none is, or none comes.
    package var nextAfterSkips: Date? {
        guard schedule.isSeries, scheduleState.skipsRemaining > 0, nextRunAt != nil else { return nil }
        var date = scheduleState.next
        for _ in 0..<scheduleState.skipsRemaining {
            guard let skipped = date else { return nil }
            date = schedule.next(after: skipped)
        }
        return date.map { schedule.occurrence(at: $0).effective }
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

extension SchedulerError {
    static func noJob(_ id: JobID) -> SchedulerError {
        SchedulerError(
            .jobNotFound, "There is no job \(id). It may have been deleted; `jobs()` lists the existing ones.",
            value: id.description)
    }
}
