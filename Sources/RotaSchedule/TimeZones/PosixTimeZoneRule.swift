/// A rule such as `EST5EDT,M3.2.0,M11.1.0`: the offsets of a zone in every year (POSIX, TZ; RFC 8536, section 3.3).
struct PosixTimeZoneRule: Hashable, Sendable {
    /// A day of every year.
    enum Day: Hashable, Sendable {
        /// 1–365; 29 February is never counted.
        case julian(Int)
        /// 0–365; 29 February is counted.
        case ordinal(Int)
        /// The first to fourth, or with 5 the last, of a weekday (0 is Sunday) in a month.
        case weekday(month: Int, week: Int, weekday: Int)
    }

    /// A change of every year.
    struct Change: Hashable, Sendable {
        var day: Day
        /// Seconds after the day's midnight on the clock before the change; may be negative or more than a day.
        var time: Int64
    }

    /// Daylight saving time: its offset, when it begins and when it ends.
    struct Daylight: Hashable, Sendable {
        var offset: Int64
        var begins: Change
        var ends: Change
    }

    var standardOffset: Int64
    var daylight: Daylight?

    init(standardOffset: Int64, daylight: Daylight? = nil) {
        self.standardOffset = standardOffset
        self.daylight = daylight
    }

    /// The changes of some years in order, each with the offset from then on; none without daylight saving time.
    func changes(in years: ClosedRange<Int>) -> [(instant: Int64, offset: Int64)] {
        guard let daylight else { return [] }
        var changes: [(instant: Int64, offset: Int64)] = []
        for year in years {
            let begins = Self.local(daylight.begins, year) &- standardOffset
            let ends = Self.local(daylight.ends, year) &- daylight.offset
            let pair = [(begins, daylight.offset), (ends, standardOffset)]
            changes += begins <= ends ? pair : pair.reversed()
        }
        // A rule may end on the instant at which it begins again: then the later year's change wins.
        return changes.enumerated().sorted { ($0.element.instant, $0.offset) < ($1.element.instant, $1.offset) }
            .map(\.element)
    }

    /// The wall-clock time of a change, in seconds since 1970-01-01T00:00:00.
    private static func local(_ change: Change, _ year: Int) -> Int64 {
        let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
        let day =
            switch change.day {
            case .julian(let number):
                newYear &+ number &- (CivilDate.isLeap(year) && number >= 60 ? 0 : 1)
            case .ordinal(let number):
                newYear &+ number
            case .weekday(let month, let week, let weekday):
                Self.day(of: weekday, week: week, month: month, year: year)
            }
        return Int64(day) &* 86_400 &+ change.time
    }

    private static func day(of weekday: Int, week: Int, month: Int, year: Int) -> Int {
        let first = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
        let distance = (weekday &- CivilDate.weekday(ofDay: first) &+ 7) % 7 &+ (week &- 1) &* 7
        return first &+ (distance < CivilDate.days(inMonth: month, of: year) ? distance : distance &- 7)
    }
}
