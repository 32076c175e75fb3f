extension CronParser {
    /// The words that stand for a whole expression.
    private static let macros: [(name: String, text: String)] = [
        ("yearly", "0 0 1 1 *"), ("annually", "0 0 1 1 *"), ("monthly", "0 0 1 * *"), ("weekly", "0 0 * * 0"),
        ("daily", "0 0 * * *"), ("midnight", "0 0 * * *"), ("hourly", "0 * * * *"),
    ]

    /// Whether the text is a macro: whether it begins with `@`.
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
                hint: word == "reboot" ? "a schedule has no start of the machine; use Schedule.immediately" : nil)
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
