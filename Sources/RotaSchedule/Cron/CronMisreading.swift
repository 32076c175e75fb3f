import RotaCore

/// Recognizes what a text that is not a cron expression was meant to be, so that the error can name it and the way out.
///
/// It is asked only after the parser has failed, so it can neither refuse a valid text nor cost it anything.
struct CronMisreading {
    private let text: String
    private let dialect: CronDialect

    /// Returns a better description of a failure, or the failure itself if the text is none of the known kinds.
    static func explain(
        _ failure: CronParser.Failure, of text: String, dialect: CronDialect
    ) -> CronParser.Failure {
        guard text.utf8.count <= CronParser.maximumLength else { return failure }
        let misreading = CronMisreading(text: text, dialect: dialect)
        return misreading.setting() ?? misreading.character() ?? misreading.call() ?? misreading.english()
            ?? misreading.randomRange() ?? misreading.awsOrder(failure) ?? misreading.macro(failure) ?? failure
    }

    private func failure(
        _ code: CronSyntaxError.Code, _ part: Substring, found: String, expected: String, hint: String
    ) -> CronParser.Failure {
        let lower = text.utf8.distance(from: text.startIndex, to: part.startIndex)
        return CronParser.Failure(
            code, at: lower..<lower + part.utf8.count, found: found, expected: expected, hint: hint)
    }

    private var words: [Substring] { text.split { $0 == " " || $0 == "\t" } }

    /// Returns the advice to use an interval: the macro where the dialect has it, and the schedule everywhere.
    private func interval(_ duration: Duration?) -> String {
        let seconds = duration.map { $0.wholeMilliseconds / 1_000 } ?? 300
        let schedule = "`Schedule.every(.seconds(\(seconds)))`"
        guard dialect == .standard else { return "use " + schedule }
        return "write `@every \(DurationText.text(.seconds(seconds)) ?? "5m")`, or use " + schedule
    }

    /// Reads "5 minutes", "2 hrs", "five minutes", "day".
    private static func duration(_ words: some Sequence<Substring>) -> Duration? {
        var words = words.map { $0.lowercased() }
        guard let unit = words.popLast(), words.count <= 1 else { return nil }
        let names = [
            ("second", 1), ("sec", 1), ("minute", 60), ("min", 60), ("hour", 3_600), ("hr", 3_600), ("day", 86_400),
            ("week", 604_800),
        ]
        guard let seconds = names.first(where: { unit == $0.0 || unit == $0.0 + "s" })?.1 else { return nil }
        guard let count = words.first else { return .seconds(seconds) }
        let numbers = [
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        ]
        guard let number = Int(count) ?? numbers.firstIndex(of: count).map({ $0 + 1 }), 1...1_000_000 ~= number
        else { return nil }
        return .seconds(number * seconds)
    }

    /// `CRON_TZ=Europe/Berlin 30 9 * * *`, as some cron libraries read it.
    private func setting() -> CronParser.Failure? {
        guard let first = words.first, let sign = first.firstIndex(of: "="),
            ["CRON_TZ", "TZ"].contains(first[..<sign].uppercased())
        else { return nil }
        let zone = first[first.index(after: sign)...].filter { $0 != "\"" && $0 != "'" }
        return failure(
            .unsupported, first, found: "\(first) is a setting of the time zone", expected: "the fields alone",
            hint: "put the zone into `in: \"\(zone.isEmpty ? "Europe/Berlin" : zone)\"`")
    }

    /// `rate(5 minutes)`, `cron(0 12 * * ? *)` and `at(…)`, as AWS EventBridge reads them.
    private func call() -> CronParser.Failure? {
        guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return nil }
        let inside = text[text.index(after: open)...].dropLast()
        let fields = inside.split { $0 == " " || $0 == "\t" }
        switch text[..<open].lowercased() {
        case "rate":
            return failure(
                .unsupported, text[...], found: "\(text) is AWS EventBridge's", expected: "cron fields",
                hint: interval(Self.duration(fields)))
        case "at":
            return failure(
                .unsupported, text[...], found: "\(text) is AWS EventBridge's", expected: "cron fields",
                hint: "use `Schedule.once(at:)`")
        case "cron" where fields.count == 6:
            return failure(
                .unsupported, text[...], found: "\(text) is AWS EventBridge's", expected: "the fields alone",
                hint: "its seconds are always 0: write `0 \(inside)` in the dialect .quartz")
        case "cron":
            return failure(
                .unsupported, text[...], found: "\(text) is a call", expected: "the fields alone",
                hint: "write the fields alone: `\(inside)`")
        default:
            return nil
        }
    }

    /// `every 5 minutes`, and a duration alone.
    private func english() -> CronParser.Failure? {
        let words = words
        if words.count == 1, let duration = DurationText.parse(text), duration >= .seconds(1) {
            return failure(
                .unsupported, text[...], found: "\(text) is a duration", expected: "cron fields",
                hint: interval(duration))
        }
        guard let first = words.first, first.lowercased() == "every", words.count > 1 else { return nil }
        let duration = Self.duration(words.dropFirst())
        return failure(
            .unsupported, text[...], found: "\"\(text)\" is English", expected: "cron fields",
            hint: duration.map { interval($0) } ?? "write fields such as `0 9 * * 1-5`: at 09:00, Monday to Friday")
    }

    /// `0~59`, a value that cronie and OpenBSD's cron choose at random.
    private func randomRange() -> CronParser.Failure? {
        guard let word = words.first(where: { $0.contains("~") }) else { return nil }
        let ends = word.split(separator: "~", omittingEmptySubsequences: false)
        let hash = ends.count == 2 && ends.allSatisfy({ Int($0) != nil }) ? "H(\(ends[0])-\(ends[1]))" : "H"
        return failure(
            .unsupported, word, found: "\(word) is a random value of other crons", expected: "a fixed value",
            hint: "write \(hash) and give a hashSeed, such as the job's name"
                + (dialect == .vixie ? ", in the dialect .standard" : ""))
    }

    /// `@every 5 minutes`, `@5m`, `@dayly`.
    private func macro(_ failure: CronParser.Failure) -> CronParser.Failure? {
        guard failure.code == .macro, failure.hint == nil, let first = words.first, first.hasPrefix("@") else {
            return nil
        }
        let name = first.dropFirst().lowercased()
        let rest = Array(words.dropFirst())
        let start = name.hasPrefix("every") ? name.dropFirst(5) : name[...]
        let parts = (start.isEmpty ? [] : [start]) + rest
        let duration = DurationText.parse(parts.joined()) ?? Self.duration(parts)
        var failure = failure
        if let duration, duration >= .seconds(1) {
            let names = ["hour": "@hourly", "day": "@daily", "week": "@weekly"]
            let other = parts.count == 1 ? names[String(parts[0])].map { "; \($0) is the one of the clock" } : nil
            failure.hint = interval(duration) + (other ?? "")
        } else if let meant = Spelling.meant(by: name, among: CronParser.macros.map(\.name)) {
            failure.hint = "did you mean @\(meant)?"
        } else {
            return nil
        }
        return failure
    }

    /// Six fields that begin with minutes and end with a year, which AWS reads.
    private func awsOrder(_ failure: CronParser.Failure) -> CronParser.Failure? {
        let words = words
        guard dialect != .vixie, words.count == 6, let year = words.last,
            words[2] == "?" || words[4] == "?",
            year == "*" || year == "?" || year.count >= 4 && year.allSatisfy({ $0.isNumber || "-,/*".contains($0) })
        else { return nil }
        var failure = failure
        failure.hint =
            "six fields begin with seconds; for AWS's order, minutes first and a year last, write `0 \(text)`"
            + (dialect == .quartz ? "" : " in the dialect .quartz")
        return failure
    }
}

extension CronMisreading {
    /// A character that looks like another one, or like none.
    private func character() -> CronParser.Failure? {
        for index in text.unicodeScalars.indices {
            let scalar = text.unicodeScalars[index]
            guard scalar != " ", scalar != "\t", let (name, advice) = Self.description(of: scalar) else { continue }
            // A carriage return and a line feed are one line break.
            let end = scalar == "\r" && text[index...].hasPrefix("\r\n") ? text.index(after: index) : nil
            return failure(
                .unexpectedCharacter, text[index..<(end ?? text.unicodeScalars.index(after: index))],
                found: name, expected: "fields of printable ASCII, separated by spaces", hint: advice)
        }
        return nil
    }

    private static func description(of scalar: Unicode.Scalar) -> (name: String, advice: String)? {
        let code = "U+" + String(repeating: "0", count: max(0, 4 - hex(scalar).count)) + hex(scalar)
        switch scalar {
        case "\n", "\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}":
            return ("a line break", "an expression is one line")
        case "\u{A0}": return ("a no-break space (\(code))", "write a space")
        case "\u{FEFF}": return ("a byte order mark (\(code))", "remove it")
        case "\u{2013}": return ("an en dash (\(code))", "write a hyphen, -")
        case "\u{2014}": return ("an em dash (\(code))", "write a hyphen, -")
        case "\u{2212}": return ("a minus sign (\(code))", "write a hyphen, -")
        case "\u{2010}"..."\u{2015}", "\u{FE58}", "\u{FE63}", "\u{FF0D}":
            return ("a dash (\(code))", "write a hyphen, -")
        case "\"", "'", "`", "\u{2018}"..."\u{201F}", "\u{AB}", "\u{BB}":
            return ("a quotation mark", "write the expression without quotes")
        case "\u{2217}", "\u{204E}", "\u{2731}", "\u{FE61}": return ("an asterisk (\(code))", "write *")
        case "\u{FF01}"..."\u{FF5E}":
            let plain = Unicode.Scalar(scalar.value - 0xFEE0).map(String.init) ?? "ASCII"
            return ("a full-width character (\(code))", "write " + (plain == "," ? "a comma, ," : plain))
        case "\u{2044}", "\u{2215}": return ("a slash (\(code))", "write /")
        default:
            guard scalar.isInvisible else { return nil }
            return scalar.properties.isWhitespace
                ? ("a space (\(code))", "write a space (U+0020)") : ("an invisible character (\(code))", "remove it")
        }
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        String(scalar.value, radix: 16, uppercase: true)
    }
}
