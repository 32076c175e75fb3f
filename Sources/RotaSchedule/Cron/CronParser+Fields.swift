/// A field of a cron expression.
enum CronField: Int, Sendable, Hashable {
    case second, minute, hour, dayOfMonth, month, dayOfWeek, year

    /// The field's name in error messages.
    var name: String {
        switch self {
        case .second: "second"
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        case .year: "year"
        }
    }

    /// The years that the seventh field accepts.
    static let years = 1970...2225

    /// Returns the numbers that the field accepts in a text.
    ///
    /// Weekdays are 0–7, or 1–7 where Sunday is 1 (Quartz).
    func written(sundayIsOne: Bool) -> ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: sundayIsOne ? 1...7 : 0...7
        case .year: Self.years
        }
    }

    /// The numbers of the compiled pattern: weekdays from Sunday = 0, years from the first supported one.
    var stored: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...6
        case .year: 0...(Self.years.count - 1)
        }
    }

    /// The three-letter names of the field's values, in the order of their numbers.
    var names: [String] {
        switch self {
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        default: []
        }
    }
}

extension CronParser {
    /// Reads one field, a list of elements.
    mutating func parse(_ field: CronField) throws(CronParser.Failure) {
        if field == .dayOfWeek, current == UInt8(ascii: "+") {
            try require(dialect == .standard, "+ before the weekdays", field, cursor..<cursor + 1)
            pattern.flags.insert(.bothDays)
            cursor += 1
        }
        if current == UInt8(ascii: "*") || current == UInt8(ascii: "?") { markStar(field) }
        let isAny = current == UInt8(ascii: "*") || current == UInt8(ascii: "?") && dialect == .standard
        if field == .year, isAny, cursor + 1 == fieldEnd {
            cursor = fieldEnd
            return
        }
        while true {
            try element(field)
            guard cursor < fieldEnd else { return }
            guard current == UInt8(ascii: ",") else { throw unexpected(field, expected: "a comma or the next field") }
            cursor += 1
        }
    }

    /// The byte at the cursor, or 0 at the end of the field.
    var current: UInt8 {
        cursor < fieldEnd ? bytes[cursor] : 0
    }

    private mutating func markStar(_ field: CronField) {
        switch field {
        case .minute: pattern.flags.insert(.starMinute)
        case .hour: pattern.flags.insert(.starHour)
        case .dayOfMonth: pattern.flags.insert(.starDay)
        case .dayOfWeek: pattern.flags.insert(.starWeekday)
        default: break
        }
    }

    private mutating func element(_ field: CronField) throws(CronParser.Failure) {
        switch current {
        case UInt8(ascii: "*"):
            cursor += 1
            let all = written(field)
            // Weekday 7 is Sunday again, so a step over * must not reach it.
            let upper = field == .dayOfWeek && dialect != .quartz ? 6 : all.upperBound
            insert(all.lowerBound, upper, step: try step(field) ?? 1, field)
        case UInt8(ascii: "?"):
            try questionMark(field)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            try range(field)
        case UInt8(ascii: "L"), UInt8(ascii: "l"):
            try last(field)
        case UInt8(ascii: "H"), UInt8(ascii: "h"):
            try hashed(field)
        default:
            guard isLetter(current) else { throw unexpected(field, expected: expectation(field)) }
            try range(field)
        }
    }

    private mutating func questionMark(_ field: CronField) throws(CronParser.Failure) {
        let place = cursor..<cursor + 1
        try require(dialect != .vixie, "?", field, place, hint: "write *")
        if dialect == .quartz {
            guard field == .dayOfMonth || field == .dayOfWeek, fieldEnd - cursor == 1 else {
                throw CronParser.Failure(
                    .unexpectedCharacter, at: place, in: field, found: "?", expected: expectation(field),
                    hint: "? must stand alone in one of the day fields")
            }
            questionMarks += 1
        }
        cursor += 1
        let all = written(field)
        let upper = field == .dayOfWeek && dialect != .quartz ? 6 : all.upperBound
        insert(all.lowerBound, upper, step: try step(field) ?? 1, field)
    }

    /// Reads a number or name, a range of them, or one with a suffix (`15W`, `5L`, `1#2`).
    private mutating func range(_ field: CronField) throws(CronParser.Failure) {
        let start = cursor
        let lower = try value(field)
        switch current {
        case UInt8(ascii: "-"):
            cursor += 1
            let upper = sunday(try value(field), after: lower, field)
            let place = start..<cursor
            let step = try step(field) ?? 1
            try checkRange(lower, upper, field, place)
            insert(lower, upper, step: step, field)
        case UInt8(ascii: "/"):
            try require(
                dialect != .vixie, "a step after a single value", field, start..<fieldEnd,
                hint: "write a range before the step, such as \(lower)-\(written(field).upperBound)/5")
            let step = try step(field) ?? 1
            let upper = field == .dayOfWeek && dialect != .quartz ? 6 : written(field).upperBound
            insert(field == .dayOfWeek && lower == 7 && dialect != .quartz ? 0 : lower, upper, step: step, field)
        case UInt8(ascii: "W"), UInt8(ascii: "w"), UInt8(ascii: "L"), UInt8(ascii: "l"), UInt8(ascii: "#"):
            try suffix(field, of: lower, from: start)
        default:
            insert(lower, lower, step: 1, field)
        }
    }

    /// Returns the end of a range of weekdays, where Sunday, 0, is 7 after another day.
    ///
    /// Cronie reads `sat-sun` so. The dialect standard wraps such a range around anyway.
    func sunday(_ upper: Int, after lower: Int, _ field: CronField) -> Int {
        field == .dayOfWeek && dialect != .quartz && upper == 0 && lower > 0 ? 7 : upper
    }

    private func checkRange(
        _ lower: Int, _ upper: Int, _ field: CronField, _ place: Range<Int>
    ) throws(CronParser.Failure) {
        guard lower > upper else { return }
        guard field != .year, dialect != .vixie else {
            throw CronParser.Failure(
                .invalidRange, at: place, in: field, found: "\(lower)-\(upper) runs backwards",
                expected: "the smaller number first",
                hint: field == .year ? nil : wrapped(lower, upper, field))
        }
    }

    /// Returns the hint for a range that the dialect does not wrap around: the same values as two ranges.
    private func wrapped(_ lower: Int, _ upper: Int, _ field: CronField) -> String {
        let all = written(field)
        // Weekday 7 stands for 0.
        let first = field == .dayOfWeek ? 1 : all.lowerBound
        func range(_ lower: Int, _ upper: Int) -> String { lower == upper ? "\(lower)" : "\(lower)-\(upper)" }
        return "write \(range(lower, all.upperBound)),\(range(first, upper)); "
            + "the dialect .standard wraps such a range around"
    }

    /// Reads the number after a slash, if there is one.
    mutating func step(_ field: CronField) throws(CronParser.Failure) -> Int? {
        guard current == UInt8(ascii: "/") else { return nil }
        cursor += 1
        let start = cursor
        guard let number = number() else {
            throw CronParser.Failure(
                .invalidStep, at: start..<max(start, fieldEnd), in: field,
                found: start == fieldEnd ? "a step without a number" : text(start..<fieldEnd),
                expected: "a whole number of at least 1")
        }
        guard number > 0 else {
            throw CronParser.Failure(
                .invalidStep, at: start..<cursor, in: field, found: "a step of 0",
                expected: "a whole number of at least 1", hint: "did you mean *?")
        }
        return number
    }

    /// Reads digits as a number, clamped to 999,999,999, or returns `nil` if there are none.
    mutating func number() -> Int? {
        var value = 0
        let start = cursor
        while cursor < fieldEnd {
            let digit = bytes[cursor] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = min(value * 10 + Int(digit), 999_999_999)
            cursor += 1
        }
        return cursor > start ? value : nil
    }

    func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26
    }
}
