import Foundation
public import RotaSchedule
public import RotaStore

extension Scheduler {
    /// Keeps a calendar under a name, for all schedules that refer to it by `ScheduleCalendar.named(_:)`.
    ///
    /// The store keeps it once, for all jobs that use it. If it changes, all of them follow in one
    /// atomic step: their next occurrences are computed again from the current date, and their anchors, counts, pauses,
    /// versions and histories stay. An occurrence that is due at that moment fires if the new calendar allows it, and
    /// is recorded as skipped if not. A completed job becomes active if the calendar gives it another occurrence.
    ///
    /// ```swift
    /// try await scheduler.setCalendar(.dates(["2026-12-25", "2027-01-01"]), named: "holidays")
    /// try await scheduler.create(
    ///     JobDraft(
    ///         name: "report", schedule: .daily(at: "09:00", in: "Europe/Berlin").excluding(.named("holidays")),
    ///         action: .handler("report")))
    ///
    /// // A new holiday, for all jobs at once:
    /// let change = try await scheduler.setCalendar(
    ///     .dates(["2026-12-24", "2026-12-25", "2027-01-01"]), named: "holidays")
    /// print(change.jobs)  // 1
    /// ```
    ///
    /// Call it at every start, before `declare(_:owner:)`: a calendar that is set to what it is changes nothing and
    /// writes nothing.
    ///
    /// - Parameters:
    ///   - calendar: The whole calendar. It names no other calendars, and may be empty.
    ///   - name: The name, from 1 to 100 characters, not all of them blank.
    /// - Returns: Whether the calendar changed, how many jobs use it, and how many of them got another next occurrence.
    /// - Throws: ``SchedulerError`` with code `invalidRequest` for an invalid name, or a calendar that names others; or
    ///   the store's error.
    /// - Complexity: O(n) in the number of jobs that use the calendar.
    @discardableResult
    public func setCalendar(_ calendar: ScheduleCalendar, named name: String) async throws -> CalendarChange {
        let now = context.clock.now
        let change: CalendarChange
        do {
            change = try await context.store.setCalendar(calendar, named: name, at: now)
        } catch let error as StoreError where error.code == .invalidCalendar {
            throw SchedulerError(.invalidRequest, error.message, value: name)
        }
        guard change.isChanged else { return change }
        defer { context.signal.raise() }
        for skip in change.skips {
            // The calendar is set, even if the store cannot say the name.
            let job = try? await context.store.job(skip.jobID)
            context.events.send(fired: [], skips: [skip], of: skip.jobID, named: job?.name ?? "", at: now)
        }
        return change
    }

    /// Returns a calendar that the store keeps.
    ///
    /// - Throws: ``SchedulerError`` with code `calendarNotFound`; or the store's error.
    public func calendar(named name: String) async throws -> ScheduleCalendar {
        let calendars = try await context.store.calendars()
        guard let calendar = calendars[name] else { throw SchedulerError.noCalendar(name, among: calendars) }
        return calendar
    }

    /// Returns all calendars that the store keeps, by name.
    ///
    /// - Throws: The store's error.
    public func calendars() async throws -> [String: ScheduleCalendar] {
        try await context.store.calendars()
    }

    /// Deletes a calendar.
    ///
    /// - Returns: Whether the calendar existed. Deleting it twice is not an error.
    /// - Throws: ``SchedulerError`` with code `calendarInUse` while schedules name it: the error names up to three of
    ///   the jobs, and says how many there are. Or the store's error.
    @discardableResult
    public func deleteCalendar(named name: String) async throws -> Bool {
        do {
            return try await context.store.deleteCalendar(named: name)
        } catch let error as StoreError where error.code == .calendarInUse {
            throw SchedulerError(.calendarInUse, error.message, value: name)
        }
    }

    /// Reads the calendars that some schedules name, or nothing if they name none.
    func calendars(for schedules: some Sequence<Schedule>) async throws -> [String: ScheduleCalendar] {
        guard schedules.contains(where: \.namesCalendars) else { return [:] }
        return try await context.store.calendars()
    }
}

extension Schedule {
    /// Returns the schedule bound to the calendars that it names.
    ///
    /// - Throws: ``SchedulerError`` with code `calendarNotFound` for a name without a calendar.
    func bound(to calendars: [String: ScheduleCalendar]) throws(SchedulerError) -> Schedule {
        guard namesCalendars else { return self }
        for name in calendarNames where calendars[name] == nil {
            throw SchedulerError.noCalendar(name, among: calendars)
        }
        return binding(calendars)
    }
}

extension SchedulerError {
    static func noCalendar(_ name: String, among calendars: [String: ScheduleCalendar]) -> SchedulerError {
        SchedulerError(
            .calendarNotFound, StoreError.noCalendar(name, among: calendars).message, value: name)
    }
}
