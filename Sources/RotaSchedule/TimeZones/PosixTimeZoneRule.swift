import RotaCore

/// A rule such as `EST5EDT,M3.2.0,M11.1.0`, which gives a zone's offsets in every year (POSIX, TZ; RFC 8536, 3.3).
struct PosixTimeZoneRule: Hashable, Sendable {
    /// A day of the year.
    enum Day: Hashable, Sendable {
        /// Day 1–365, not counting 29 February.
        case julian(Int)
        /// Day 0–365, counting 29 February.
        case ordinal(Int)
        /// The first to fourth, or with 5 the last, given weekday of a month. Sunday is 0.
        case weekday(month: Int, week: Int, weekday: Int)
    }

    /// A yearly change of the offset.
    struct Change: Hashable, Sendable {
        var day: Day
        /// Seconds after midnight on the clock before the change.
        ///
        /// May be negative or more than a day.
        var time: Int64
    }

    /// Daylight saving time: its offset, its beginning and its end.
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

    /// Returns the changes of a range of years in order, each with the offset from then on.
    func changes(in years: ClosedRange<Int>) -> [(second: Int64, offset: Int64)] {
        guard let daylight else { return [] }
        var changes: [(second: Int64, offset: Int64)] = []
        for year in years {
            let begins = Self.local(daylight.begins, year) - standardOffset
            let ends = Self.local(daylight.ends, year) - daylight.offset
            let pair = [(begins, daylight.offset), (ends, standardOffset)]
            changes += begins <= ends ? pair : pair.reversed()
        }
        // Where daylight saving ends in the second in which it begins again, the later year's change wins.
        return changes.enumerated().sorted { ($0.element.second, $0.offset) < ($1.element.second, $1.offset) }
            .map(\.element)
    }

    /// Returns the wall-clock time of a change, in seconds since 1970-01-01T00:00:00.
    private static func local(_ change: Change, _ year: Int) -> Int64 {
        let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
        let day =
            switch change.day {
            case .julian(let number):
                newYear + number - (CivilDate.isLeap(year) && number >= 60 ? 0 : 1)
            case .ordinal(let number):
                newYear + number
            case .weekday(let month, let week, let weekday):
                Self.day(of: weekday, week: week, month: month, year: year)
            }
        return Int64(day) * 86_400 + change.time
    }

    private static func day(of weekday: Int, week: Int, month: Int, year: Int) -> Int {
        let first = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
        let distance = (weekday - CivilDate.weekday(ofDay: first) + 7) % 7 + (week - 1) * 7
        return first + (distance < CivilDate.days(inMonth: month, of: year) ? distance : distance - 7)
    }
}

extension PosixTimeZoneRule {
    /// Reads a rule, or returns `nil` if the text is not a rule.
    ///
    /// A rule without its two changes (`EST5EDT` alone) is refused, because POSIX leaves its meaning to each system.
    init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard reader.name(), let west = reader.time(hours: 24), Self.isSound(-west) else { return nil }
        standardOffset = -west
        guard !reader.isAtEnd else { return }
        guard reader.name() else { return nil }
        var offset = standardOffset + 3_600
        if reader.peek != UInt8(ascii: ",") {
            guard let west = reader.time(hours: 24) else { return nil }
            offset = -west
        }
        guard Self.isSound(offset), reader.skip(","), let begins = reader.change(), reader.skip(","),
            let ends = reader.change(), reader.isAtEnd
        else { return nil }
        daylight = Daylight(offset: offset, begins: begins, ends: ends)
    }

    private static func isSound(_ offset: Int64) -> Bool {
        (-89_999...93_599).contains(offset)
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == bytes.count }
        var peek: UInt8 { index < bytes.count ? bytes[index] : 0 }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard !isAtEnd, UInt32(peek) == character.value else { return false }
            index += 1
            return true
        }

        /// Skips an abbreviation: letters, or letters, digits and signs within `<…>`.
        mutating func name() -> Bool {
            let quoted = skip("<")
            let start = index
            while isLetter(peek) || quoted && (isDigit(peek) || peek == 0x2B || peek == 0x2D) { index += 1 }
            return index - start >= 3 && (!quoted || skip(">"))
        }

        private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
        private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            var value = 0
            let start = index
            while isDigit(peek), index - start < 4 {
                value = value * 10 + Int(peek - 0x30)
                index += 1
            }
            return index > start && range.contains(value) ? value : nil
        }

        /// Reads `[+-]hh[:mm[:ss]]` as seconds.
        mutating func time(hours limit: Int) -> Int64? {
            let negative = skip("-")
            if !negative { _ = skip("+") }
            guard let hours = number(0...limit) else { return nil }
            var seconds = hours * 3_600
            if skip(":") {
                guard let minutes = number(0...59) else { return nil }
                seconds += minutes * 60
                if skip(":") {
                    guard let rest = number(0...59) else { return nil }
                    seconds += rest
                }
            }
            return Int64(negative ? -seconds : seconds)
        }

        /// Reads a day and, after a slash, a time of −167 to 167 hours.
        ///
        /// The default is 02:00.
        mutating func change() -> Change? {
            guard let day = day() else { return nil }
            guard skip("/") else { return Change(day: day, time: 7_200) }
            return time(hours: 167).map { Change(day: day, time: $0) }
        }

        private mutating func day() -> Day? {
            if skip("M") {
                guard let month = number(1...12), skip("."), let week = number(1...5), skip("."),
                    let weekday = number(0...6)
                else { return nil }
                return .weekday(month: month, week: week, weekday: weekday)
            }
            if skip("J") { return number(1...365).map(Day.julian) }
            return number(0...365).map(Day.ordinal)
        }
    }
}
