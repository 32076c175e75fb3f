import RotaCore

extension CronPattern {
    /// Returns the first matching reading at or after another, or `nil` after the year 9999.
    ///
    /// - Parameter local: A reading of the wall clock, in seconds since 1970-01-01T00:00:00 on the same clock.
    /// - Complexity: O(1). Checks each month that the pattern allows, at most 40 years of them.
    func nextLocal(from local: Int64) -> Int64? {
        let start = max(local, WholeSeconds.supported.lowerBound)
        guard start <= WholeSeconds.supported.upperBound else { return nil }
        let day = Int(start.floorDivided(by: WholeSeconds.day))
        let second = Int(start &- Int64(day) &* WholeSeconds.day)
        var date = CivilDate(daysSinceEpoch: day)
        if allows(date), let time = time(from: second) {
            return Int64(day) &* WholeSeconds.day &+ Int64(time)
        }
        guard let time = firstTime else { return nil }
        date.day &+= 1
        guard let found = firstDay(from: date) else { return nil }
        return Int64(found.daysSinceEpoch) &* WholeSeconds.day &+ Int64(time)
    }

    /// Returns the last matching reading at or before another, or `nil` before the year 1.
    ///
    /// - Parameter local: A reading of the wall clock, in seconds since 1970-01-01T00:00:00 on the same clock.
    func previousLocal(from local: Int64) -> Int64? {
        let start = min(local, WholeSeconds.supported.upperBound)
        guard start >= WholeSeconds.supported.lowerBound else { return nil }
        let day = Int(start.floorDivided(by: WholeSeconds.day))
        let second = Int(start &- Int64(day) &* WholeSeconds.day)
        var date = CivilDate(daysSinceEpoch: day)
        if allows(date), let time = time(upTo: second) {
            return Int64(day) &* WholeSeconds.day &+ Int64(time)
        }
        guard let time = time(upTo: 86_399) else { return nil }
        date.day &-= 1
        guard let found = lastDay(upTo: date) else { return nil }
        return Int64(found.daysSinceEpoch) &* WholeSeconds.day &+ Int64(time)
    }

    /// Whether a reading of the wall clock matches.
    func matches(local: Int64) -> Bool {
        guard WholeSeconds.supported.contains(local) else { return false }
        let day = Int(local.floorDivided(by: WholeSeconds.day))
        let second = Int(local &- Int64(day) &* WholeSeconds.day)
        let minute = second / 60
        return seconds >> UInt64(second % 60) & minutes >> UInt64(minute % 60) & hours >> UInt64(minute / 60) & 1 == 1
            && allows(CivilDate(daysSinceEpoch: day))
    }

    private func allows(_ date: CivilDate) -> Bool {
        months >> UInt64(date.month) & 1 == 1 && years?.contains(date.year) ?? true
            && days(ofMonth: date.month, year: date.year) >> UInt64(date.day) & 1 == 1
    }

    /// Returns the first matching day at or after a date, whose day may be one past the end of its month.
    private func firstDay(from date: CivilDate) -> CivilDate? {
        var year = date.year
        var month = date.month
        var day = date.day
        // A pattern that can match does so within 40 years (29 February on one weekday, across a skipped leap year).
        // The calendar repeats after 400 years.
        let last = min(9_999, year &+ 400)
        if let years, !years.contains(year) { month = 13 }
        while true {
            guard let found = months.lowestBit(from: month) else {
                year &+= 1
                if let years {
                    guard let allowed = years.next(from: year) else { return nil }
                    year = allowed
                } else if year > last {
                    return nil
                }
                if year > 9_999 { return nil }
                month = 1
                day = 1
                continue
            }
            if found != month { day = 1 }
            if let matching = days(ofMonth: found, year: year).lowestBit(from: day) {
                return CivilDate(year: year, month: found, day: matching)
            }
            month = found &+ 1
            day = 1
        }
    }

    /// Returns the last matching day at or before a date, whose day may be 0.
    private func lastDay(upTo date: CivilDate) -> CivilDate? {
        var year = date.year
        var month = date.month
        var day = date.day
        let last = max(1, year &- 400)
        if let years, !years.contains(year) { month = 0 }
        while true {
            guard let found = months.highestBit(upTo: month) else {
                year &-= 1
                if let years {
                    guard let allowed = years.previous(from: year) else { return nil }
                    year = allowed
                } else if year < last {
                    return nil
                }
                if year < 1 { return nil }
                month = 12
                day = 31
                continue
            }
            if found != month { day = 31 }
            if let matching = days(ofMonth: found, year: year).highestBit(upTo: day) {
                return CivilDate(year: year, month: found, day: matching)
            }
            month = found &- 1
            day = 31
        }
    }

    /// Returns the first matching second of the day at or after another.
    private func time(from second: Int) -> Int? {
        let minuteOfDay = second / 60
        let hour = minuteOfDay / 60
        if hours >> UInt64(hour) & 1 == 1 {
            let minute = minuteOfDay % 60
            if minutes >> UInt64(minute) & 1 == 1, let found = seconds.lowestBit(from: second % 60) {
                return minuteOfDay &* 60 &+ found
            }
            if let found = minutes.lowestBit(from: minute &+ 1) {
                return (hour &* 60 &+ found) &* 60 &+ seconds.trailingZeroBitCount
            }
        }
        guard let found = hours.lowestBit(from: hour &+ 1) else { return nil }
        return (found &* 60 &+ minutes.trailingZeroBitCount) &* 60 &+ seconds.trailingZeroBitCount
    }

    /// The first matching second of a day.
    private var firstTime: Int? { time(from: 0) }

    /// Returns the last matching second of the day at or before another.
    private func time(upTo second: Int) -> Int? {
        let minuteOfDay = second / 60
        let hour = minuteOfDay / 60
        if hours >> UInt64(hour) & 1 == 1 {
            let minute = minuteOfDay % 60
            if minutes >> UInt64(minute) & 1 == 1, let found = seconds.highestBit(upTo: second % 60) {
                return minuteOfDay &* 60 &+ found
            }
            if let found = minutes.highestBit(upTo: minute &- 1) {
                return (hour &* 60 &+ found) &* 60 &+ 63 &- seconds.leadingZeroBitCount
            }
        }
        guard let found = hours.highestBit(upTo: hour &- 1) else { return nil }
        return (found &* 60 &+ 63 &- minutes.leadingZeroBitCount) &* 60 &+ 63 &- seconds.leadingZeroBitCount
    }
}
