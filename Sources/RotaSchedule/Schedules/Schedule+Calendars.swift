package import Foundation
import RotaCore

// Calendars that a store keeps by name. A schedule refers to them, and the store that has them binds the schedule to
// them.

extension Schedule {
    /// The names of the calendars that the schedule refers to by ``ScheduleCalendar/named(_:)``, sorted.
    ///
    /// A schedule with a name gives dates only within a scheduler whose store has the calendars.
    public var calendarNames: [String] {
        guard namesCalendars else { return [] }
        return Set(namedCalendars.flatMap(\.names)).sorted()
    }

    /// Whether the schedule refers to calendars by name.
    package var namesCalendars: Bool {
        if let limits, limits.filters.contains(where: { !$0.calendar.names.isEmpty }) { return true }
        guard case .union(let schedules) = rule else { return false }
        return schedules.contains(where: \.namesCalendars)
    }

    /// Returns the schedule bound to calendars: it keeps their names, and is computed with their contents.
    ///
    /// The schedule stays equal to itself. Names without a calendar stay unbound.
    package func binding(_ calendars: [String: ScheduleCalendar]) -> Schedule {
        guard namesCalendars else { return self }
        var copy = self
        if case .union(let schedules) = rule { copy.rule = .union(schedules.map { $0.binding(calendars) }) }
        guard var limits else { return copy }
        for place in limits.filters.indices {
            limits.filters[place].calendar = limits.filters[place].calendar.binding(calendars)
        }
        copy.limits = limits
        return copy
    }

    /// The contents to which the schedule is bound, by name.
    package var boundCalendars: [String: ScheduleCalendar] {
        guard namesCalendars else { return [:] }
        return Dictionary(namedCalendars.flatMap { zip($0.names, $0.contents) }) { first, _ in first }
    }

    /// Checks that the schedule can be computed now: the rules of its time zones can be read, and the calendars it
    /// names are known.
    ///
    /// If not, the schedule gives no dates, as if it were exhausted.
    ///
    /// - Throws: ``ScheduleError`` with code `timeZone`, which names the zone, or `calendar`, which names the calendar.
    package func checkComputable() throws(ScheduleError) {
        try checkZones()
        guard namesCalendars, let unbound = namedCalendars.first(where: { !$0.isBound }) else { return }
        throw ScheduleError(
            .calendar, value: unbound.names[0],
            message:
                "The schedule needs \(CronPhrase.list(unbound.names.map { "the calendar \"\($0)\"" })), which only a "
                + "scheduler with that calendar in its store can provide.")
    }

    /// Whether the rules of the time zones can be read, and the named calendars are known.
    package var isComputable: Bool { (try? checkComputable()) != nil }

    /// Whether the calendars, the start and the end of the schedule allow a date.
    package func allows(_ date: Date) -> Bool {
        guard let limits else { return true }
        guard let second = WholeSeconds.floor(date), limits.start.map({ date >= $0 }) ?? true,
            limits.end.map({ date < $0 }) ?? true
        else { return false }
        return limits.filters.allSatisfy { filter in
            guard filter.calendar.isBound, let table = TimeZoneDatabase.system.knownTable(filter.zone) else {
                return false
            }
            return filter.allows(local: second + table.span(at: second).offset)
        }
    }

    /// The calendars of the schedule that refer to others by name.
    private var namedCalendars: [ScheduleCalendar] {
        var found = limits?.filters.map(\.calendar).filter { !$0.names.isEmpty } ?? []
        if case .union(let schedules) = rule { found += schedules.flatMap(\.namedCalendars) }
        return found
    }
}

extension ScheduleCalendar {
    /// The names of the calendars that this one refers to.
    package var referencedNames: [String] { names }

    /// Returns the known name that is most similar to a text, if one is similar.
    package static func name(meantBy text: String, among known: [String]) -> String? {
        ZoneIdentifier.meant(by: text, among: known).first { known.contains($0) }
    }

    /// The name of the calendar by which this one contains a reading of the wall clock, if it is in a named one.
    func name(containing local: Int64) -> String? {
        zip(names, contents).first { $1.contains(local: local) }?.0
    }

    /// For tests: whether two calendars keep their dates in the same memory.
    package func sharesDates(with other: ScheduleCalendar) -> Bool {
        dates.withUnsafeBufferPointer { here in
            other.dates.withUnsafeBufferPointer { here.baseAddress == $0.baseAddress && here.count == $0.count }
        }
    }
}
