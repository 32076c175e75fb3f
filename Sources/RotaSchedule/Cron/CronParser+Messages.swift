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

    func rangeHint(_ field: CronField, _ number: Int) -> String? {
        switch (field, number) {
        case (.minute, 60): "minute 0 of the next hour is 0"
        case (.hour, 24): "midnight is hour 0"
        case (.month, 0): "months are 1–12"
        case (.month, _): "months are 1–12"
        case (.dayOfMonth, 0): "days are 1–31"
        case (.dayOfWeek, 0): "Sunday is 1 in the dialect .quartz"
        case (.dayOfWeek, 8...): "Sunday is 0 or 7"
        default: nil
        }
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
