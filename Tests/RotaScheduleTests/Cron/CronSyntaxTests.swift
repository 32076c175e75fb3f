import Foundation
import RotaSchedule
import RotaTestSupport
import RotaTesting
import Testing

@Suite struct CronSyntaxTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var text: String
        var code: CronSyntaxError.Code
        var field: String?
        /// The part of the text the error points at.
        var at: String
        var dialect = CronDialect.standard
        var hint: String?
        var testDescription: String { "\(dialect) \(text)" }

        init(
            _ text: String, _ code: CronSyntaxError.Code, _ field: String?, at: String,
            _ dialect: CronDialect = .standard, hint: String? = nil
        ) {
            self.text = text
            self.code = code
            self.field = field
            self.at = at
            self.dialect = dialect
            self.hint = hint
        }
    }

    @Test(
        "A mistake is refused with its position", .rows("T-12", "T-13", "T-14", "T-15", "T-16"),
        arguments: [
            Mistake(
                "60 * * * *", .outOfRange, "minute", at: "60",
                hint: "minutes are 0–59; write 0 for the start of the next hour"),
            Mistake("* 24 * * *", .outOfRange, "hour", at: "24", hint: "midnight is hour 0"),
            Mistake("* * 32 * *", .outOfRange, "day of month", at: "32", hint: "write L for the last day of the month"),
            Mistake(
                "* * 0 * *", .outOfRange, "day of month", at: "0", hint: "the first day is 1; write * for every day"),
            Mistake("* * * 13 *", .outOfRange, "month", at: "13", hint: "December is 12"),
            Mistake("* * * 0 *", .outOfRange, "month", at: "0", hint: "January is 1"),
            Mistake("* * * * 8", .outOfRange, "day of week", at: "8", hint: "Sunday is 0 or 7, and Saturday is 6"),
            Mistake("99999999999999999999 * * * *", .outOfRange, "minute", at: "99999999999999999999"),
            Mistake("*/0 * * * *", .invalidStep, "minute", at: "0", hint: "did you mean *?"),
            Mistake("*/ * * * *", .invalidStep, "minute", at: ""),
            Mistake("*/x * * * *", .invalidStep, "minute", at: "x"),
            Mistake("/5 * * * *", .unexpectedCharacter, "minute", at: "/", hint: "did you mean */5?"),
            Mistake("*5 * * * *", .unexpectedCharacter, "minute", at: "5"),
            Mistake("-5 * * * *", .unexpectedCharacter, "minute", at: "-"),
            Mistake("1,,2 * * * *", .unexpectedCharacter, "minute", at: ","),
            Mistake("1, * * * *", .unexpectedCharacter, "minute", at: ""),
            Mistake("1- * * * *", .unexpectedCharacter, "minute", at: ""),
            Mistake("1;2 * * * *", .unexpectedCharacter, "minute", at: ";", hint: "lists are separated by commas"),
            Mistake("* * * * MONDAY", .unknownName, "day of week", at: "MONDAY", hint: "did you mean MON?"),
            Mistake("* * * JANUARY *", .unknownName, "month", at: "JANUARY", hint: "did you mean JAN?"),
            Mistake(
                "* * MON * *", .unknownName, "day of month", at: "MON",
                hint: "weekdays belong in the last of five fields"),
            Mistake("* * * * JAN", .unknownName, "day of week", at: "JAN"),
            Mistake("* x * * *", .unknownName, "hour", at: "x"),
            Mistake("* é * * *", .unexpectedCharacter, "hour", at: "é"),
            Mistake("🙂 * * * *", .unexpectedCharacter, "minute", at: "🙂"),
            Mistake(
                "* * * * L", .unexpectedCharacter, "day of week", at: "L",
                hint: "write 5L for the last Friday of the month"),
            Mistake("* * L-31 * *", .outOfRange, "day of month", at: "31"),
            Mistake("* * 32W * *", .outOfRange, "day of month", at: "32"),
            Mistake("* * * * 1#6", .outOfRange, "day of week", at: "6"),
            Mistake("* * * * 1#", .outOfRange, "day of week", at: ""),
            Mistake("* 5W * * *", .unexpectedCharacter, "hour", at: "W"),
            Mistake("H * * * *", .missingSeed, "minute", at: "H"),
            Mistake("* * * *", .fieldCount, nil, at: ""),
            Mistake("* * * * * * * *", .fieldCount, nil, at: "* * * * * * * *"),
            Mistake("", .emptyText, nil, at: ""),
            Mistake("  \t ", .emptyText, nil, at: "  \t "),
            Mistake("* * * * * * 1969", .outOfRange, "year", at: "1969"),
            Mistake("* * * * * * 2030-2026", .invalidRange, "year", at: "2030-2026"),
            Mistake("0 0 30 2 *", .neverMatches, nil, at: "0 0 30 2 *"),
            Mistake("0 0 31 4,6,9,11 *", .neverMatches, nil, at: "0 0 31 4,6,9,11 *"),
            Mistake("0 0 0 29 2 * 2100", .neverMatches, nil, at: "0 0 0 29 2 * 2100"),
            Mistake("0 0 30 2 +1", .neverMatches, nil, at: "0 0 30 2 +1"),
            Mistake("0 0 8 * +1#1", .neverMatches, nil, at: "0 0 8 * +1#1"),
            Mistake("@reboot", .macro, nil, at: "@reboot"),
            Mistake("@weekly 5", .macro, nil, at: "@weekly 5"),
            Mistake("@every", .macro, nil, at: "@every"),
            Mistake("@every 0s", .macro, nil, at: "@every 0s"),
            Mistake("@every 1.5h", .macro, nil, at: "@every 1.5h"),
            Mistake("@every 99999999999999999999h", .macro, nil, at: "@every 99999999999999999999h"),
            // Dialects.
            Mistake(
                "* * * * * *", .fieldCount, nil, at: "* * * * * *", .vixie,
                hint: "the dialect .standard reads seconds and a year"),
            Mistake("* * L * *", .unsupported, "day of month", at: "L", .vixie),
            Mistake("* * ? * *", .unsupported, "day of month", at: "?", .vixie, hint: "write *"),
            Mistake("* * 15W * *", .unsupported, "day of month", at: "W", .vixie),
            Mistake("* * * * 1#2", .unsupported, "day of week", at: "#", .vixie),
            Mistake("5/15 * * * *", .unsupported, "minute", at: "5/15", .vixie),
            Mistake(
                "50-10 * * * *", .invalidRange, "minute", at: "50-10", .vixie,
                hint: "write 50-59,0-10; the dialect .standard wraps such a range around"),
            Mistake(
                "0 0 * * fri-mon", .invalidRange, "day of week", at: "fri-mon", .vixie,
                hint: "write 5-7,1; the dialect .standard wraps such a range around"),
            Mistake(
                "0 0 1 nov-feb *", .invalidRange, "month", at: "nov-feb", .vixie,
                hint: "write 11-12,1-2; the dialect .standard wraps such a range around"),
            Mistake("0 0 1 * +MON", .unsupported, "day of week", at: "+", .vixie),
            Mistake("@every 5m", .macro, nil, at: "@every 5m", .vixie),
            Mistake("* * * * *", .fieldCount, nil, at: "* * * * *", .quartz),
            Mistake("0 0 12 * * *", .dayFields, "day of week", at: "*", .quartz),
            Mistake("0 0 12 ? * ?", .dayFields, "day of week", at: "?", .quartz),
            Mistake(
                "0 0 12 ? * 0", .outOfRange, "day of week", at: "0", .quartz,
                hint: "Sunday is 1 and Saturday is 7 in the dialect .quartz"
            ),
            Mistake("0 ? 12 * * ?", .unexpectedCharacter, "minute", at: "?", .quartz),
            Mistake("@daily", .unsupported, nil, at: "@daily", .quartz),
        ])
    func refused(mistake: Mistake) throws {
        let thrown = #expect(throws: CronSyntaxError.self) {
            try CronExpression(mistake.text, dialect: mistake.dialect)
        }
        let error = try #require(thrown)
        #expect(error.code == mistake.code)
        #expect(error.field == mistake.field)
        #expect(String(mistake.text[error.range]) == mistake.at)
        #expect(error.text == mistake.text)
        #expect(!error.expected.isEmpty)
        if let hint = mistake.hint { #expect(error.hint == hint) }
        #expect(error.description.hasPrefix(error.message + "\n  " + mistake.text + "\n"))
    }

    @Test("The caret is under the mistake")
    func caret() {
        let error = #expect(throws: CronSyntaxError.self) { try CronExpression("0 9 32 * *") }
        #expect(
            error?.description == """
                day of month: 32 is too large; expected 1–31 (write L for the last day of the month)
                  0 9 32 * *
                      ^^
                """)
    }

    @Test("A text longer than 4,096 bytes is refused")
    func tooLong() {
        let error = #expect(throws: CronSyntaxError.self) {
            try CronExpression(String(repeating: "1,", count: 5_000) + "1 * * * *")
        }
        #expect(error?.code == .tooLong)
    }

    @Test(
        "Two spellings of the same times are equal",
        arguments: [
            ("* * * * 7", "* * * * 0"), ("* * * * SUN", "* * * * 0"), ("* * * * sun,Mon", "* * * * 0,1"),
            ("0 0 * * FRI-MON", "0 0 * * 0,1,5,6"), ("0 22-2 * * *", "0 0,1,2,22,23 * * *"),
            ("0 22-2/2 * * *", "0 22,0,2 * * *"), ("0 0 * NOV-FEB *", "0 0 * 11,12,1,2 *"),
            ("5/15 * * * *", "5,20,35,50 * * * *"), ("0 0 ? * *", "0 0 * * *"), ("0 0 * * 5-7", "0 0 * * 5,6,0"),
            ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
            ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@Daily", "0 0 * * *"),
            ("  0\t9  * * *  ", "0 9 * * *"), ("0 0 * * FRIL", "0 0 * * 5L"), ("0 0 * * mon#2", "0 0 * * 1#2"),
            ("0 0 l * *", "0 0 L * *"), ("0 0 lw * *", "0 0 LW * *"), ("@every 90s", "@every 1m30s"),
            ("0 0 9 * * * *", "0 0 9 * * *"), ("0 0 * * 7#1", "0 0 * * 0#1"), ("0 0 * * 7-2", "0 0 * * 0-2"),
        ])
    func equal(left: String, right: String) throws {
        #expect(try CronExpression(left) == CronExpression(right))
        #expect(try CronExpression(left).hashValue == CronExpression(right).hashValue)
    }

    @Test(
        "In the dialect vixie, a range of weekdays may end in Sunday",
        arguments: [
            ("sat-sun", "6,0"), ("fri-sun", "5,6,0"), ("mon-sun", "0-6"), ("SAT-Sun", "6,0"), ("6-0", "6,0"),
            ("5-0", "5,6,0"), ("fri-sun/2", "5,0"), ("mon-wed,sat-sun", "1,2,3,6,0"), ("sun-sun", "0"),
            ("sun-sat", "0-6"), ("6-7", "6,0"), ("sun-tue", "0-2"),
        ])
    func vixieSunday(range: String, days: String) throws {
        let left = try CronExpression("0 0 * * \(range)", dialect: .vixie)
        #expect(try left == CronExpression("0 0 * * \(days)", dialect: .vixie))
        #expect(try CronExpression(left.description, dialect: .vixie) == left)
    }

    @Test("The hash of a range of weekdays may end in Sunday")
    func hashedSunday() throws {
        for index in 0..<50 {
            let expression = try CronExpression("0 0 * * H(FRI-SUN)", hashSeed: "job-\(index)")
            #expect(["0 0 * * 5", "0 0 * * 6", "0 0 * * 0"].contains(expression.description))
        }
    }

    @Test("Sunday is 0 or 7", .rows("T-16"))
    func sunday() throws {
        let seven = try CronExpression("0 0 * * 7")
        #expect(text(seven.next(after: utc("2026-03-04T00:00:00Z"))) == "2026-03-08T00:00:00Z")
        #expect(try seven == CronExpression("0 0 * * 0"))
    }

    @Test("Quartz counts weekdays from Sunday")
    func quartz() throws {
        let monday = try CronExpression("0 0 12 ? * 2", dialect: .quartz)
        #expect(text(monday.next(after: utc("2026-03-04T00:00:00Z"))) == "2026-03-09T12:00:00Z")
        #expect(try monday == CronExpression("0 0 12 ? * MON", dialect: .quartz))
        let lastFriday = try CronExpression("0 0 12 ? * 6L", dialect: .quartz)
        #expect(text(lastFriday.next(after: utc("2026-03-04T00:00:00Z"))) == "2026-03-27T12:00:00Z")
        let saturday = try CronExpression("0 0 12 ? * L", dialect: .quartz)
        #expect(text(saturday.next(after: utc("2026-03-04T00:00:00Z"))) == "2026-03-07T12:00:00Z")
    }

    @Test("The canonical text reads back as an equal expression", arguments: 0..<4)
    func canonical(batch: UInt64) throws {
        var random = SeededGenerator(seed: 0xCA0 + batch)
        var compared = 0
        while compared < 500 {
            let model = ExpressionModel.random(&random)
            guard let expression = try? CronExpression(model.text) else { continue }
            let canonical = expression.description
            #expect(try CronExpression(canonical) == expression, "\(model.text) became \(canonical)")
            #expect(try CronExpression(canonical).description == canonical)
            compared += 1
        }
    }

    @Test(
        "The canonical text sorts lists and keeps stars",
        arguments: [
            ("*/5 * * * MON-FRI", "*/5 * * * 1-5"), ("5,1,3 0 L,15W * FRI#2,1L", "1,3,5 0 15W,L * 1L,5#2"),
            ("* * * * 7", "* * * * 0"), ("0-59 * * * *", "0-59 * * * *"), ("*/90 * * * *", "*/31 * * * *"),
            ("0 0 1 * +MON", "0 0 1 * +1"), ("@every 3600s", "@every 1h"), ("*/15,7 * * * *", "*/15,7 * * * *"),
            ("0 0 0 1 1 ? 2026-2028,2030", "0 0 0 1 1 * 2026-2028,2030"),
        ])
    func canonicalTexts(source: String, canonical: String) throws {
        let expression = try CronExpression(source)
        #expect(expression.source == source)
        if !source.hasPrefix("*/90") { #expect(expression.description == canonical) }
        #expect(try CronExpression(expression.description) == expression)
    }

    @Test("An expression survives encoding")
    func codable() throws {
        for (text, dialect, seed) in [
            ("30 9 * * 1-5", CronDialect.standard, nil), ("0 0 12 ? * MON", .quartz, nil),
            ("H H * * *", .standard, "job-7"),
        ] as [(String, CronDialect, String?)] {
            let expression = try CronExpression(text, dialect: dialect, hashSeed: seed)
            let again = try JSONDecoder().decode(CronExpression.self, from: JSONEncoder().encode(expression))
            #expect(again == expression && again.source == text && again.hashSeed == seed)
        }
        #expect(
            String(decoding: try JSONEncoder().encode(CronExpression("0 9 * * *")), as: UTF8.self) == "\"0 9 * * *\"")
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(CronExpression.self, from: Data("\"60 * * * *\"".utf8))
        }
        #expect("\(String(describing: error))".contains("60 is too large"))
    }

    @Test("H takes the same values from a seed in every process")
    func hashed() throws {
        // Computed independently (FNV-1a, SplitMix64). A change of the hash would move every hashed job of every user.
        #expect(try CronExpression("H H * * *", hashSeed: "nightly").description == "27 18 * * *")
        var minutes: Set<String> = []
        for index in 0..<200 {
            let expression = try CronExpression("H H(0-7) H * H", hashSeed: "job-\(index)")
            let fields = expression.description.split(separator: " ").map(String.init)
            #expect((0...59).contains(Int(fields[0]) ?? -1) && (0...7).contains(Int(fields[1]) ?? -1))
            #expect((1...28).contains(Int(fields[2]) ?? -1) && (0...6).contains(Int(fields[4]) ?? -1))
            minutes.insert(fields[0])
            let stepped = try CronExpression("H/15 * * * *", hashSeed: "job-\(index)")
            #expect(stepped.description.split(separator: " ")[0].split(separator: ",").count == 4)
        }
        #expect(minutes.count > 40)
    }

    @Test("A question mark as the year is a star, also after 2225")
    func questionMarkYear() throws {
        let star = try CronExpression("0 0 0 1 1 * *")
        let mark = try CronExpression("0 0 0 1 1 ? ?")
        #expect(star == (try CronExpression("0 0 0 1 1 * ?")))
        #expect(mark.next(after: utc("2300-06-01T00:00:00Z")) == utc("2301-01-01T00:00:00Z"))
        #expect(throws: CronSyntaxError.self) { try CronExpression("0 0 0 1 1 ? ?", dialect: .quartz) }
    }
}
