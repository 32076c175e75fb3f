import RotaCore

extension CronParser {
    /// Returns what a field accepts, for an error message.
    func expectation(_ field: CronField) -> String {
        let range = written(field)
        var parts = "\(range.lowerBound)–\(range.upperBound)"
        switch field {
        case .month: parts += ", JAN–DEC"
        case .dayOfWeek: parts += ", SUN–SAT"
        default: break
        }
        return parts + " or *, in lists, ranges and steps"
    }

    /// Returns the text of a range of bytes.
    func text(_ range: Range<Int>) -> String {
        let clamped = range.clamped(to: 0..<bytes.count)
        return String(decoding: bytes[clamped], as: UTF8.self)
    }

    /// Returns the error for a character that is not allowed at the cursor.
    func unexpected(_ field: CronField, expected: String) -> CronParser.Failure {
        var end = min(cursor + 1, fieldEnd)
        while end < fieldEnd, bytes[end] & 0xC0 == 0x80 { end += 1 }
        return CronParser.Failure(
            .unexpectedCharacter, at: cursor..<max(cursor, end), in: field, found: text(cursor..<end),
            expected: expected, hint: characterHint(field))
    }

    func unknownName(_ range: Range<Int>, _ field: CronField) -> CronParser.Failure {
        let word = text(range)
        let upper = word.uppercased()
        var hint: String?
        if let name = field.names.first(where: { upper.hasPrefix($0) }) {
            hint = "did you mean \(name)?"
        } else if field == .dayOfMonth, CronField.dayOfWeek.names.contains(String(upper.prefix(3))) {
            hint = "weekdays belong in the last of five fields"
        } else if CronField.month.names.contains(upper) {
            hint = "months belong in the field after the day of month"
        }
        return CronParser.Failure(
            .unknownName, at: range, in: field, found: word, expected: expectation(field), hint: hint)
    }

    /// Returns what to write instead of a number that is outside the field's range.
    func rangeHint(_ field: CronField, _ number: Int) -> String {
        switch field {
        case .second, .minute:
            let unit = field == .second ? "second" : "minute"
            let next = field == .second ? "minute" : "hour"
            let seconds = field == .second ? number : number * 60
            return number == 60
                ? "\(unit)s are 0–59; write 0 for the start of the next \(next)"
                : "\(unit)s are 0–59; for every \(number) \(unit)s use `Schedule.every(.seconds(\(seconds)))`"
        case .hour:
            return number == 24 ? "midnight is hour 0" : "hours are 0–23, and the hour comes after the minute"
        case .dayOfMonth:
            guard number > 0 else { return "the first day is 1; write * for every day" }
            return dialect == .vixie ? "no month has more than 31 days" : "write L for the last day of the month"
        case .month:
            return number == 0 ? "January is 1" : "December is 12"
        case .dayOfWeek:
            return dialect == .quartz
                ? "Sunday is 1 and Saturday is 7 in the dialect .quartz" : "Sunday is 0 or 7, and Saturday is 6"
        case .year:
            return number < 100
                ? "write all four digits, such as \(2000 + number)" : "leave the year out for every year"
        }
    }

    /// The advice for days that none of the months and years has.
    var matchHint: String? {
        let months = (1...12).filter { pattern.months >> UInt64($0) & 1 == 1 }
        let days = (1...31).filter { pattern.days >> UInt64($0) & 1 == 1 }
        // Leap years have all days that any year has.
        let longest = months.map { CivilDate.days(inMonth: $0, of: 2000) }.max() ?? 0
        guard let first = days.first else { return nil }
        guard first > longest else {
            return months == [2] && days == [29] ? "only leap years, such as 2028, have February 29" : nil
        }
        let names = months.map { CronPhrase.months[$0 - 1] }
        let last = dialect == .vixie ? "" : "; write L for the last day of the month"
        return names.count == 1
            ? "\(names[0]) has at most \(longest) days\(last)"
            : "\(CronPhrase.list(names)) have at most \(longest) days\(last)"
    }

    private func characterHint(_ field: CronField) -> String? {
        switch current {
        case UInt8(ascii: "/"): "did you mean */\(text(cursor + 1..<fieldEnd))?"
        case UInt8(ascii: "-"): "negative numbers are not allowed"
        case UInt8(ascii: ";"), UInt8(ascii: "|"): "lists are separated by commas"
        case UInt8(ascii: "*"): "did you mean */\(text(cursor + 1..<fieldEnd))?"
        default: nil
        }
    }

    /// Throws an error for syntax that the dialect does not support.
    func require(
        _ condition: Bool, _ what: String, _ field: CronField, _ place: Range<Int>, hint: String? = nil
    ) throws(CronParser.Failure) {
        guard !condition else { return }
        throw CronParser.Failure(
            .unsupported, at: place, in: field, found: what + " is not in the dialect \(dialect)",
            expected: "the syntax of \(dialect)", hint: hint)
    }
}
