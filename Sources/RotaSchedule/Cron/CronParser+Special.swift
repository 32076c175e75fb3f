import RotaCore

extension CronParser {
    /// Reads `L`, `L-3`, `LW` or `L-3W` in the day of month, or Quartz's `L` for Saturday in the day of week.
    mutating func last(_ field: CronField) throws(CronParser.Failure) {
        let start = cursor
        try require(dialect != .vixie, "L", field, start..<start + 1)
        cursor += 1
        if field == .dayOfWeek, dialect == .quartz, cursor == fieldEnd || current == UInt8(ascii: ",") {
            insert(7, 7, step: 1, field)
            return
        }
        guard field == .dayOfMonth else {
            throw CronParser.Failure(
                .unexpectedCharacter, at: start..<cursor, in: field, found: "L", expected: expectation(field),
                hint: field == .dayOfWeek ? "write 5L for the last Friday of the month" : nil)
        }
        var distance = 0
        if current == UInt8(ascii: "-") {
            cursor += 1
            let place = cursor
            guard let number = number(), number <= 30 else {
                throw CronParser.Failure(
                    .outOfRange, at: place..<max(place, cursor), in: field, found: text(start..<fieldEnd),
                    expected: "L-0 to L-30, days before the last of the month")
            }
            distance = number
        }
        if current | 0x20 == UInt8(ascii: "w") {
            cursor += 1
            pattern.nearestWeekdaysFromEnd |= 1 << UInt64(distance)
        } else {
            pattern.daysFromEnd |= 1 << UInt64(distance)
        }
    }

    /// Reads the rest of `15W` in the day of month, or of `5L` or `1#2` in the day of week.
    mutating func suffix(_ field: CronField, of value: Int, from start: Int) throws(CronParser.Failure) {
        let mark = current
        let place = cursor..<cursor + 1
        try require(dialect != .vixie, text(place), field, place)
        switch (mark | 0x20, field) {
        case (UInt8(ascii: "w"), .dayOfMonth):
            cursor += 1
            pattern.nearestWeekdays |= 1 << UInt64(value)
        case (UInt8(ascii: "l"), .dayOfWeek):
            cursor += 1
            pattern.lastWeekdays |= 1 << UInt64(weekday(value))
        case (UInt8(ascii: "#"), .dayOfWeek):
            cursor += 1
            let numberStart = cursor
            guard let number = number(), 1...5 ~= number else {
                throw CronParser.Failure(
                    .outOfRange, at: numberStart..<max(numberStart, cursor), in: field, found: text(start..<fieldEnd),
                    expected: "1–5 after #, such as 1#2 for the second Monday")
            }
            pattern.nthWeekdays |= 1 << UInt64((number - 1) * 7 + weekday(value))
        default:
            throw unexpected(field, expected: expectation(field))
        }
    }

    private func weekday(_ written: Int) -> Int {
        dialect == .quartz ? written - 1 : written % 7
    }

    /// Reads `H`, `H/n`, `H(a-b)` or `H(a-b)/n`, whose values depend on the seed alone.
    mutating func hashed(_ field: CronField) throws(CronParser.Failure) {
        let start = cursor
        try require(dialect != .vixie, "H", field, start..<start + 1)
        guard let seed else {
            throw CronParser.Failure(
                .missingSeed, at: start..<start + 1, in: field, found: "H without a seed",
                expected: "a hashSeed, such as the job's name")
        }
        guard field != .year else { throw unexpected(field, expected: expectation(field)) }
        cursor += 1
        usesHash = true
        let written = written(field)
        var lower = written.lowerBound
        // Use days that every month has, so that no month is skipped, and leave out weekday 7, which is Sunday again.
        var upper = field == .dayOfMonth ? 28 : lower + field.stored.count - 1
        if current == UInt8(ascii: "(") {
            cursor += 1
            let place = cursor
            lower = try value(field)
            guard current == UInt8(ascii: "-") else { throw unexpected(field, expected: "a range such as H(0-29)") }
            cursor += 1
            upper = sunday(try value(field), after: lower, field)
            guard lower <= upper else {
                throw CronParser.Failure(
                    .invalidRange, at: place..<cursor, in: field, found: "\(lower)-\(upper) runs backwards",
                    expected: "the smaller number first")
            }
            guard current == UInt8(ascii: ")") else { throw unexpected(field, expected: ")") }
            cursor += 1
        }
        let step = try step(field)
        let hash = SplitMix64.mix(seed &+ UInt64(field.rawValue))
        let size = UInt64(upper - lower + 1)
        guard let step else {
            let number = lower + Int(hash % size)
            insert(number, number, step: 1, field)
            return
        }
        insert(lower + Int(hash % min(UInt64(step), size)), upper, step: step, field)
    }
}
