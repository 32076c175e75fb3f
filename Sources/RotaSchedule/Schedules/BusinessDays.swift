import Foundation

/// The business days of a schedule, and the days as its zone counts them.
struct BusinessDays {
    private let filters: [CalendarFilter]
    private let shift: BusinessDayShift
    private let table: ZoneTable
    /// How far a business day is looked for, in days.
    private static let reach = 3_660

    /// The business days that a schedule's instants are moved to, or `nil` if it does not move them.
    init?(_ schedule: Schedule) {
        guard let limits = schedule.limits, let shift = limits.shift,
            let table = try? TimeZoneDatabase.system.table(shift.zone)
        else { return nil }
        filters = limits.filters.filter { $0.calendar.hasDays }
        self.shift = shift.direction
        self.table = table
    }

    func isBusinessDay(_ day: Int) -> Bool {
        guard !filters.isEmpty else { return 1...5 ~= CivilDate.weekday(ofDay: day) }
        return filters.allSatisfy { $0.allows(day: day) }
    }

    func target(of day: Int) -> Int? {
        shift.target(of: day, isBusinessDay: isBusinessDay)
    }

    func sources(of day: Int) -> ClosedRange<Int> {
        shift.sources(of: day, isBusinessDay: isBusinessDay)
    }

    func firstBusinessDay(from day: Int) -> Int? {
        (day...day + Self.reach).first(where: isBusinessDay)
    }

    func lastBusinessDay(upTo day: Int) -> Int? {
        (0...Self.reach).first { isBusinessDay(day - $0) }.map { day - $0 }
    }

    /// The day, counted from 1970-01-01, that the zone's wall clock shows at an instant.
    func day(of second: Int64) -> Int {
        Int((second &+ table.span(at: second).offset).floorDivided(by: 86_400))
    }

    /// The instant at which the wall clock shows a reading for the first time, or the end of the gap that skips it.
    func instant(of local: Int64) -> Date {
        switch TimeZoneRules(table: table).instants(of: LocalTime(seconds: local)) {
        case .unique(let instant), .gap(end: let instant, _), .overlap(first: let instant, _): instant
        }
    }

    /// An instant some days later by the wall clock, at the same time of day.
    func moved(_ instant: Date, by days: Int) -> Date? {
        guard days != 0, let second = WholeSeconds.floor(instant) else { return instant }
        let fraction = instant.timeIntervalSince1970 - Double(second)
        let local = second &+ table.span(at: second).offset &+ Int64(days) &* 86_400
        guard WholeSeconds.supported.contains(local) else { return nil }
        return self.instant(of: local).addingTimeInterval(fraction)
    }
}
