/// Reads the bytes of a cron text into a ``CronPattern``, in one pass and without allocating.
///
/// The parser keeps a `cursor` within the current field, which ends at `fieldEnd`. Its extensions read the elements of
/// a field (`+Fields`), their numbers and names (`+Values`), and the forms `L`, `W`, `#` and `H` (`+Special`).
struct CronParser {
    /// A mistake with its position in bytes.
    ///
    /// ``CronSyntaxError`` gives it in characters.
    struct Failure: Error {
        var code: CronSyntaxError.Code
        /// The position of the mistake, in bytes.
        var range: Range<Int>
        var field: CronField?
        var found: String
        var expected: String
        var hint: String?

        init(
            _ code: CronSyntaxError.Code, at range: Range<Int>, in field: CronField? = nil, found: String,
            expected: String, hint: String? = nil
        ) {
            self.code = code
            self.range = range
            self.field = field
            self.found = found
            self.expected = expected
            self.hint = hint
        }
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let dialect: CronDialect
    /// The hash from which `H` takes its values, or `nil` without a seed.
    let seed: UInt64?
    var pattern = CronPattern()
    /// The position of the next byte to read.
    var cursor = 0
    /// The end of the field being read.
    var fieldEnd = 0
    var usesHash = false
    /// The number of day fields that are `?`.
    var questionMarks = 0
    /// The period of `@every`, in seconds.
    var period: Int64?

    init(bytes: UnsafeBufferPointer<UInt8>, dialect: CronDialect, seed: UInt64?) {
        self.bytes = bytes
        self.dialect = dialect
        self.seed = seed
    }

    /// Returns the numbers that a field accepts.
    func written(_ field: CronField) -> ClosedRange<Int> {
        field.written(sundayIsOne: dialect == .quartz)
    }

    /// The longest text that is accepted, in bytes: more than a list of every value of every field.
    static let maximumLength = 4_096

    mutating func parse() throws(CronParser.Failure) {
        guard bytes.count <= Self.maximumLength else { throw tooLong }
        let count = countFields()
        guard var field = firstField(count: count) else { throw fieldCountFailure(count) }
        for _ in 0..<count {
            nextField()
            let start = cursor
            try parse(field)
            if field == .dayOfWeek { try checkDayFields(weekdayStart: start) }
            field = CronField(rawValue: field.rawValue + 1) ?? .year
        }
        try requireMatch()
    }

    var tooLong: CronParser.Failure {
        CronParser.Failure(
            .tooLong, at: Self.maximumLength..<bytes.count, found: "\(bytes.count) bytes",
            expected: "at most \(Self.maximumLength) bytes")
    }

    func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }

    private func countFields() -> Int {
        var count = 0
        var inside = false
        for byte in bytes {
            let space = isSpace(byte)
            if !space, !inside { count += 1 }
            inside = !space
        }
        return count
    }

    private mutating func nextField() {
        while cursor < bytes.count, isSpace(bytes[cursor]) { cursor += 1 }
        fieldEnd = cursor
        while fieldEnd < bytes.count, !isSpace(bytes[fieldEnd]) { fieldEnd += 1 }
    }

    private mutating func firstField(count: Int) -> CronField? {
        switch (dialect.kind, count) {
        case (.standard, 5), (.vixie, 5):
            return .minute
        case (.standard, 6), (.standard, 7), (.quartz, 6), (.quartz, 7):
            pattern.flags.insert(.hasSeconds)
            pattern.seconds = 0
            return .second
        default:
            return nil
        }
    }

    private func fieldCountFailure(_ count: Int) -> CronParser.Failure {
        let expected =
            switch dialect.kind {
            case .standard: "5 fields, 6 with seconds first, or 7 with seconds first and a year last"
            case .quartz: "6 fields with seconds first, or 7 with a year last"
            case .vixie: "5 fields"
            }
        if count == 0 {
            return CronParser.Failure(.emptyText, at: 0..<bytes.count, found: "nothing", expected: expected)
        }
        var hint: String?
        switch (dialect.kind, count) {
        case (.vixie, 6), (.vixie, 7): hint = "the dialect .standard reads seconds and a year"
        case (.quartz, 5): hint = "the dialect .quartz starts with seconds; .standard reads five fields"
        case (_, 1...4): hint = "fields are minute, hour, day of month, month, day of week, separated by spaces"
        default: break
        }
        let place = count < 5 ? bytes.count..<bytes.count : 0..<bytes.count
        return CronParser.Failure(
            .fieldCount, at: place, found: count == 1 ? "1 field" : "\(count) fields", expected: expected, hint: hint)
    }

    /// Quartz requires exactly one `?` in the two day fields.
    private func checkDayFields(weekdayStart: Int) throws(CronParser.Failure) {
        guard dialect == .quartz, questionMarks != 1 else { return }
        throw CronParser.Failure(
            .dayFields, at: weekdayStart..<fieldEnd, in: .dayOfWeek,
            found: questionMarks == 0 ? "both day fields are given" : "both day fields are ?",
            expected: "? in exactly one of day of month and day of week",
            hint: questionMarks == 0 ? "write ? in the day field that does not matter" : "write * in one of them")
    }

    private func requireMatch() throws(CronParser.Failure) {
        guard pattern.canMatch else {
            throw CronParser.Failure(
                .neverMatches, at: 0..<bytes.count, found: "no date ever matches",
                expected: "days, months and years that occur together", hint: matchHint)
        }
    }
}

extension CronParser {
    /// The macros that stand for five fields.
    static let macros: [(name: String, text: String)] = [
        ("yearly", "0 0 1 1 *"), ("annually", "0 0 1 1 *"), ("monthly", "0 0 1 * *"), ("weekly", "0 0 * * 0"),
        ("daily", "0 0 * * *"), ("midnight", "0 0 * * *"), ("hourly", "0 * * * *"),
    ]

    /// Whether the text begins with `@`.
    var isMacro: Bool {
        bytes.first { !isSpace($0) } == UInt8(ascii: "@")
    }

    /// Reads a macro such as `@daily` or `@every 5m`.
    mutating func parseMacro() throws(CronParser.Failure) {
        guard bytes.count <= Self.maximumLength else { throw tooLong }
        let start = bytes.firstIndex { !isSpace($0) } ?? 0
        let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? bytes.count
        let place = start..<end
        let text = String(decoding: bytes[start + 1..<end], as: UTF8.self)
        let word = text.prefix { $0 != " " && $0 != "\t" }.lowercased()
        let known = "@yearly, @monthly, @weekly, @daily, @hourly" + (dialect == .standard ? " or @every 5m" : "")
        guard dialect != .quartz else {
            throw CronParser.Failure(
                .unsupported, at: place, found: "@" + word + " is not in the dialect quartz", expected: "6 or 7 fields")
        }
        if word == "every", dialect == .standard {
            period = try Self.everyPeriod(text.dropFirst(word.count), at: place)
            return
        }
        guard let text = Self.macros.first(where: { $0.name == word && text.count == word.count })?.text else {
            throw CronParser.Failure(
                .macro, at: place, found: "@" + text, expected: known,
                hint: word == "reboot"
                    ? "a schedule does not know when the machine starts; use Schedule.immediately" : nil)
        }
        var copy = text
        let result: Result<CronPattern, CronParser.Failure> = copy.withUTF8 { bytes in
            do throws(CronParser.Failure) {
                var parser = CronParser(bytes: bytes, dialect: .vixie, seed: nil)
                try parser.parse()
                return .success(parser.pattern)
            } catch {
                return .failure(error)
            }
        }
        pattern = try result.get()
    }

    private static func everyPeriod(_ text: Substring, at place: Range<Int>) throws(CronParser.Failure) -> Int64 {
        let trimmed = text.trimmingPrefix(while: { $0 == " " || $0 == "\t" })
        guard let duration = DurationText.parse(String(trimmed)) else {
            throw CronParser.Failure(
                .macro, at: place, found: trimmed.isEmpty ? "@every without a duration" : String(trimmed),
                expected: "a duration such as 90s, 5m, 1h30m or 1d")
        }
        let (seconds, fraction) = duration.components
        guard fraction == 0, seconds >= 1, seconds <= 3_155_760_000 else {
            throw CronParser.Failure(
                .macro, at: place, found: String(trimmed), expected: "whole seconds, from 1s to 100 years")
        }
        return seconds
    }
}
