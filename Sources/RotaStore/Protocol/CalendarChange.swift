public import Foundation
import RotaCore
public import RotaSchedule

/// The outcome of setting a calendar that a store keeps by name.
public struct CalendarChange: Sendable, Hashable {
    /// Whether the calendar is new, or differs from the stored one.
    ///
    /// If not, nothing was written.
    public var isChanged: Bool
    /// The number of jobs whose schedules name the calendar.
    public var jobs: Int
    /// The number of those jobs whose next occurrence moved.
    public var rescheduled: Int
    /// Occurrences that were due and do not fire, because the calendar no longer allows them or their jobs are paused.
    public var skips: [SkippedOccurrence]

    /// Creates an outcome.
    public init(isChanged: Bool, jobs: Int = 0, rescheduled: Int = 0, skips: [SkippedOccurrence] = []) {
        self.isChanged = isChanged
        self.jobs = jobs
        self.rescheduled = rescheduled
        self.skips = skips
    }
}

// A store checks the definitions that it is given, binds the jobs and versions that it returns, and reschedules the
// jobs of a calendar that changes.

extension JobDefinition {
    /// Checks that a store has every calendar that the schedule names, and that none has changed since the definition
    /// was planned.
    ///
    /// - Parameter calendars: The store's calendars, by name.
    /// - Throws: ``StoreError`` with code `calendarNotFound`, or `conflict` if a calendar changed in the meantime.
    public func checkCalendars(_ calendars: [String: ScheduleCalendar]) throws(StoreError) {
        guard schedule.namesCalendars else { return }
        for name in schedule.calendarNames where calendars[name] == nil {
            throw .noCalendar(name, among: calendars)
        }
        for (name, calendar) in schedule.boundCalendars where calendars[name] != calendar {
            throw StoreError(
                .conflict,
                "The calendar \"\(name)\" was changed in the meantime. Read it again and repeat the change.")
        }
    }

    /// Returns the definition with its schedule bound to calendars: it keeps their names, and is computed with their
    /// contents.
    ///
    /// - Parameter calendars: The store's calendars, by name.
    public func binding(_ calendars: [String: ScheduleCalendar]) -> JobDefinition {
        guard schedule.namesCalendars else { return self }
        var copy = self
        copy.schedule = schedule.binding(calendars)
        return copy
    }
}

extension Job {
    /// Returns the job with its schedule bound to calendars.
    ///
    /// - Parameter calendars: The store's calendars, by name.
    public func binding(_ calendars: [String: ScheduleCalendar]) -> Job {
        guard schedule.namesCalendars else { return self }
        var copy = self
        copy.definition.schedule = schedule.binding(calendars)
        return copy
    }

    /// Plans how the job continues when a calendar that its schedule names changes.
    ///
    /// The next occurrence is computed again from the current date. The anchor, the counts, the pause and the history
    /// stay. An occurrence that is due and undecided stays due if the calendars allow it. A completed job becomes
    /// active if it has an occurrence after the current date.
    ///
    /// A store must apply the plan even if the state stays the same: its new revision makes plans from the old calendar
    /// conflict. The version stays.
    ///
    /// - Parameters:
    ///   - calendars: The store's calendars, by name, as they are after the change.
    ///   - now: The current date.
    public func rescheduled(by calendars: [String: ScheduleCalendar], at now: Date) -> JobReplacement {
        let (scheduleState, skips) = continuing(with: schedule.binding(calendars), at: now)
        return JobReplacement(
            id: id, expectedRevision: self.scheduleState.revision, scheduleState: scheduleState, skips: skips,
            date: now)
    }

    private func continuing(with schedule: Schedule, at now: Date) -> (ScheduleState, [SkippedOccurrence]) {
        var state = scheduleState
        let from = max(now, state.decidedThrough)
        if schedule.isOnDemand || !schedule.isSeries && state.awaitedExecutionID != nil { return (state, []) }
        if let limit = schedule.maximumRuns, state.firedCount >= limit { return (state, []) }
        guard schedule.isComputable else {
            // The scheduler looks for the next occurrence as soon as it can be computed.
            if state.next != nil { (state.next, state.nextEffective) = (nil, from) }
            return (state, [])
        }
        // A delay that has begun is not restarted.
        if !schedule.isSeries, let next = state.next, schedule.allows(next) { return (state, []) }
        var skips: [SkippedOccurrence] = []
        if let first = state.next, first <= now {
            switch state.state {
            case .active:
                let next = state.nextOccurrence(of: schedule, after: first.justBefore)
                if let next, next.nominal <= now {
                    if next.nominal > first {
                        skips = skippingDue(through: next.nominal.millisecondEarlier, because: .rescheduled)
                    }
                    state.proceed(to: next)
                    state.remember(skips, retention: retention)
                    return (state, skips)
                }
                skips = skippingDue(through: now, because: .rescheduled)
            case .paused: skips = skippingDue(through: now, because: state.reasonWhilePaused)
            case .draft, .completed: break
            }
        }
        let next = state.nextOccurrence(of: schedule, after: from)
        switch state.state {
        case .completed:
            guard next != nil else { return (state, []) }
            state.comeIntoForce(at: now)
            state.state = .active
            state.reason = nil
        case .paused, .draft:
            // Its only occurrence is past, and fires when the job resumes.
            if next == nil, let first = state.next, first <= now, schedule.allows(first) { return (state, []) }
        case .active: break
        }
        state.decidedThrough = from
        state.proceed(to: next)
        state.remember(skips, retention: retention)
        return (state, skips)
    }
}

extension JobVersion {
    /// Returns the version with its schedule bound to calendars.
    ///
    /// - Parameter calendars: The store's calendars, by name.
    public func binding(_ calendars: [String: ScheduleCalendar]) -> JobVersion {
        guard definition.schedule.namesCalendars else { return self }
        return JobVersion(
            jobID: jobID, version: version, definition: definition.binding(calendars), createdAt: createdAt,
            createdBy: createdBy)
    }
}

extension StoreError {
    /// A schedule names a calendar that the store does not have.
    package static func noCalendar(_ name: String, among calendars: [String: ScheduleCalendar]) -> StoreError {
        let known = calendars.keys.sorted()
        let meant = ScheduleCalendar.name(meantBy: name, among: known)
        let list = known.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ") + (known.count > 5 ? " and others" : "")
        let hint =
            if let meant { "Did you mean \"\(meant)\"? " } else if known.isEmpty {
                "The store has no calendars. "
            } else { "The store has \(list). " }
        return StoreError(
            .calendarNotFound,
            "There is no calendar \"\(name)\". \(hint)Create it first with `setCalendar(_:named:)`.")
    }

    /// The calendar to delete is still named by schedules.
    ///
    /// - Parameters:
    ///   - jobs: The names of up to three of the jobs.
    ///   - count: How many jobs there are.
    package static func calendarInUse(_ name: String, by jobs: [String], count: Int) -> StoreError {
        let names = jobs.prefix(3).map { "\"\($0)\"" }.joined(separator: ", ")
        return StoreError(
            .calendarInUse,
            "The calendar \"\(name)\" cannot be deleted, because \(count) job\(count == 1 ? " uses" : "s use") it "
                + "(\(names)\(count > 3 ? ", …" : "")). Give \(count == 1 ? "that job" : "those jobs") another schedule "
                + "first.")
    }

    /// Checks a calendar that a store is to keep.
    ///
    /// - Throws: ``StoreError`` with code `invalidCalendar` if the name is blank or too long, or if the calendar names
    ///   others.
    package static func check(_ calendar: ScheduleCalendar, named name: String) throws(StoreError) {
        do throws(ScheduleError) {
            _ = try ScheduleCalendar.named(name)
        } catch {
            throw StoreError(.invalidCalendar, error.message)
        }
        guard let other = calendar.referencedNames.first else { return }
        throw StoreError(
            .invalidCalendar,
            "The calendar \"\(name)\" refers to the calendar \"\(other)\", but a calendar that a store keeps names no others. "
                + "Let schedules name both: `.named(\"\(name)\").union(.named(\"\(other)\"))`.")
    }
}
