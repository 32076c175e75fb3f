import RotaCore

extension CronPattern {
    /// Returns the matching days of a month as a mask, without checking that the month matches.
    func days(ofMonth month: Int, year: Int) -> UInt64 {
        let first = CivilDate.weekday(ofDay: CivilDate(year: year, month: month, day: 1).daysSinceEpoch)
        return days(ofMonthOf: CivilDate.days(inMonth: month, of: year), startingOn: first)
    }

    /// Returns the matching days of a month by its length and by the weekday of its first day (Sunday is 0).
    func days(ofMonthOf length: Int, startingOn first: Int) -> UInt64 {
        let valid: UInt64 = (1 << UInt64(length &+ 1)) &- 2
        var inMonth = days
        if daysFromEnd | nearestWeekdays | nearestWeekdaysFromEnd != 0 {
            inMonth |= namedDays(ofMonthOf: length, startingOn: first)
        }
        // The multiplication puts six copies of the week side by side. Shifted so that the first day's weekday is
        // bit 1, bit n is set if day n falls on a matching weekday.
        var inWeek = ((weekdays &* 0x8_1020_4081) >> UInt64(first)) << 1
        if lastWeekdays | nthWeekdays != 0 {
            inWeek |= countedWeekdays(ofMonthOf: length, startingOn: first)
        }
        return (daysIntersect ? inMonth & inWeek : inMonth | inWeek) & valid
    }

    /// Returns the days that `L`, `L-n`, `nW` and `LW` stand for.
    private func namedDays(ofMonthOf length: Int, startingOn first: Int) -> UInt64 {
        var mask: UInt64 = 0
        for distance in Bits(daysFromEnd) where distance < length {
            mask |= 1 << UInt64(length &- distance)
        }
        for day in Bits(nearestWeekdays) where day <= length {
            mask |= 1 << UInt64(Self.nearestWeekday(to: day, ofMonthOf: length, startingOn: first))
        }
        for distance in Bits(nearestWeekdaysFromEnd) where distance < length {
            let day = length &- distance
            mask |= 1 << UInt64(Self.nearestWeekday(to: day, ofMonthOf: length, startingOn: first))
        }
        return mask
    }

    /// Returns the days that `nL` and `n#k` stand for.
    private func countedWeekdays(ofMonthOf length: Int, startingOn first: Int) -> UInt64 {
        var mask: UInt64 = 0
        for weekday in Bits(lastWeekdays) {
            let earliest = 1 &+ (weekday &- first &+ 7) % 7
            mask |= 1 << UInt64(earliest &+ (length &- earliest) / 7 &* 7)
        }
        for bit in Bits(nthWeekdays) {
            let day = 1 &+ (bit % 7 &- first &+ 7) % 7 &+ bit / 7 &* 7
            if day <= length { mask |= 1 << UInt64(day) }
        }
        return mask
    }

    /// Returns the day from Monday to Friday nearest a day, without leaving the month.
    private static func nearestWeekday(to day: Int, ofMonthOf length: Int, startingOn first: Int) -> Int {
        switch (first &+ day &- 1) % 7 {
        case 6: day > 1 ? day &- 1 : day &+ 2
        case 0: day < length ? day &+ 1 : day &- 2
        default: day
        }
    }
}

extension CronPattern {
    /// A set of the years 1970–2225, one bit each.
    struct Years: Hashable, Sendable {
        /// The years that the seventh field accepts.
        static let supported = 1970...2225

        private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

        mutating func insert(_ year: Int) {
            let index = year &- Self.supported.lowerBound
            let bit: UInt64 = 1 << UInt64(index & 63)
            switch index >> 6 {
            case 0: words.0 |= bit
            case 1: words.1 |= bit
            case 2: words.2 |= bit
            case 3: words.3 |= bit
            default: break
            }
        }

        func contains(_ year: Int) -> Bool {
            guard Self.supported.contains(year) else { return false }
            let index = year &- Self.supported.lowerBound
            let word =
                switch index >> 6 {
                case 0: words.0
                case 1: words.1
                case 2: words.2
                default: words.3
                }
            return word >> UInt64(index & 63) & 1 == 1
        }

        /// Returns the first year of the set at or after another.
        func next(from year: Int) -> Int? {
            var candidate = max(year, Self.supported.lowerBound)
            while candidate <= Self.supported.upperBound {
                if contains(candidate) { return candidate }
                candidate &+= 1
            }
            return nil
        }

        /// Returns the last year of the set at or before another.
        func previous(from year: Int) -> Int? {
            var candidate = min(year, Self.supported.upperBound)
            while candidate >= Self.supported.lowerBound {
                if contains(candidate) { return candidate }
                candidate &-= 1
            }
            return nil
        }

        static func == (left: Years, right: Years) -> Bool {
            left.words == right.words
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
            hasher.combine(words.1)
            hasher.combine(words.2)
            hasher.combine(words.3)
        }
    }
}

extension CronPattern {
    /// Whether any date can match.
    ///
    /// A year is one of fourteen kinds: leap or not, and the weekday it starts on.
    var canMatch: Bool {
        if let years {
            for year in CronPattern.Years.supported where years.contains(year) {
                let first = CivilDate.weekday(ofDay: CivilDate(year: year, month: 1, day: 1).daysSinceEpoch)
                if matchesYear(leap: CivilDate.isLeap(year), startingOn: first) { return true }
            }
            return false
        }
        // Almost every expression has a plain day that occurs in each month, or plain weekdays.
        if months != 0, !daysIntersect, weekdays | days & 0x1FFF_FFFE != 0 { return true }
        if months != 0, flags.contains(.starWeekday) && weekdays == 0x7F, days & 0x1FFF_FFFE != 0 { return true }
        if months != 0, flags.contains(.starDay) && days == 0xFFFF_FFFE, weekdays != 0 { return true }
        for first in 0..<7 {
            if matchesYear(leap: true, startingOn: first) || matchesYear(leap: false, startingOn: first) { return true }
        }
        return false
    }

    private func matchesYear(leap: Bool, startingOn first: Int) -> Bool {
        var weekday = first
        for month in 1...12 {
            let length = CivilDate.days(inMonth: month, of: leap ? 2000 : 2001)
            if months >> UInt64(month) & 1 == 1, days(ofMonthOf: length, startingOn: weekday) != 0 { return true }
            weekday = (weekday &+ length) % 7
        }
        return false
    }
}
