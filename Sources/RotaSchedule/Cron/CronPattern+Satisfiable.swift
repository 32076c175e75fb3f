extension CronPattern {
    /// Whether any date matches: every year is one of fourteen (leap or not, by the weekday it begins on).
    var canMatch: Bool {
        if let years {
            for year in CronPattern.Years.supported where years.contains(year) {
                let first = CivilDate.weekday(ofDay: CivilDate(year: year, month: 1, day: 1).daysSinceEpoch)
                if matchesYear(leap: CivilDate.isLeap(year), startingOn: first) { return true }
            }
            return false
        }
        // What almost every expression is: a plain day that each month has, or plain weekdays.
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
