extension CronPattern {
    /// The days of a month that match, as a mask with bit n for day n.
    ///
    /// - Parameters:
    ///   - year: any year.
    ///   - month: 1–12; whether the month itself matches is not asked.
    func days(ofMonth month: Int, year: Int) -> UInt64 {
        let first = CivilDate.weekday(ofDay: CivilDate(year: year, month: month, day: 1).daysSinceEpoch)
        return days(ofMonthOf: CivilDate.days(inMonth: month, of: year), startingOn: first)
    }

    /// The days that match in a month of a given length whose first day is a given weekday (0 is Sunday).
    func days(ofMonthOf length: Int, startingOn first: Int) -> UInt64 {
        let valid: UInt64 = (1 << UInt64(length &+ 1)) &- 2
        var inMonth = days
        if daysFromEnd | nearestWeekdays | nearestWeekdaysFromEnd != 0 {
            inMonth |= namedDays(ofMonthOf: length, startingOn: first)
        }
        // Six copies of the week, so that bit n is the weekday of day n once the first day is shifted to bit 1.
        var inWeek = ((weekdays &* 0x8_1020_4081) >> UInt64(first)) << 1
        if lastWeekdays | nthWeekdays != 0 {
            inWeek |= countedWeekdays(ofMonthOf: length, startingOn: first)
        }
        return (daysIntersect ? inMonth & inWeek : inMonth | inWeek) & valid
    }

    /// The days that `L`, `L-n`, `nW`, `LW` name.
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

    /// The days that `nL` and `n#k` name.
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

    /// Monday to Friday nearest to a day, without leaving the month.
    private static func nearestWeekday(to day: Int, ofMonthOf length: Int, startingOn first: Int) -> Int {
        switch (first &+ day &- 1) % 7 {
        case 6: day > 1 ? day &- 1 : day &+ 2
        case 0: day < length ? day &+ 1 : day &- 2
        default: day
        }
    }
}
