import Foundation
import RotaSchedule
import Testing

@Suite("Texts of other tools in cron expressions")
struct CronMisreadingTests {
    struct Foreign: Sendable {
        var text: String
        /// The part of the text the error points at.
        var at: String
        /// Parts of the message: what it is, and the way out.
        var words: [String]
        var dialect = CronDialect.standard
    }

    @Test(
        "The error names what a foreign text is, and the way out",
        arguments: [
            Foreign(
                text: "CRON_TZ=Europe/Berlin 30 9 * * 1-5", at: "CRON_TZ=Europe/Berlin",
                words: ["a setting of the time zone", "`in: \"Europe/Berlin\"`"]),
            Foreign(text: "TZ=UTC 0 9 * * *", at: "TZ=UTC", words: ["time zone", "`in: \"UTC\"`"]),
            Foreign(text: "TZ=\"UTC\" @daily", at: "TZ=\"UTC\"", words: ["time zone", "`in: \"UTC\"`"]),
            Foreign(text: "cron_tz=UTC 0 9 * * *", at: "cron_tz=UTC", words: ["time zone", "`in: \"UTC\"`"]),
            Foreign(
                text: "rate(5 minutes)", at: "rate(5 minutes)",
                words: ["AWS EventBridge", "`@every 5m`", "`Schedule.every(.seconds(300))`"]),
            Foreign(text: "rate(1 day)", at: "rate(1 day)", words: ["AWS EventBridge", "`@every 1d`"]),
            Foreign(
                text: "rate(5 minutes)", at: "rate(5 minutes)",
                words: ["AWS EventBridge", "`Schedule.every(.seconds(300))`"], dialect: .quartz),
            Foreign(text: "rate(fast)", at: "rate(fast)", words: ["AWS EventBridge", "`@every 5m`"]),
            Foreign(
                text: "cron(0 12 * * ? *)", at: "cron(0 12 * * ? *)",
                words: ["AWS EventBridge", "`0 0 12 * * ? *`", ".quartz"]),
            Foreign(text: "cron(0 9 * * *)", at: "cron(0 9 * * *)", words: ["write the fields alone", "`0 9 * * *`"]),
            Foreign(
                text: "at(2026-03-15T10:00:00)", at: "at(2026-03-15T10:00:00)",
                words: ["AWS EventBridge", "`Schedule.once(at:)`"]),
            Foreign(
                text: "every 5 minutes", at: "every 5 minutes",
                words: ["English", "`@every 5m`", "`Schedule.every(.seconds(300))`"]),
            Foreign(text: "Every 2 hours", at: "Every 2 hours", words: ["`@every 2h`"]),
            Foreign(text: "every minute", at: "every minute", words: ["`@every 1m`"]),
            Foreign(text: "every monday at 9", at: "every monday at 9", words: ["English", "`0 9 * * 1-5`"]),
            Foreign(text: "5m", at: "5m", words: ["a duration", "`@every 5m`"]),
            Foreign(text: "0~59 * * * *", at: "0~59", words: ["random", "H(0-59)", "hashSeed"]),
            Foreign(text: "~ 3 * * *", at: "~", words: ["random", "H", "hashSeed"]),
            Foreign(text: "0 0~6 * * 1", at: "0~6", words: ["random", "H(0-6)", ".standard"], dialect: .vixie),
            Foreign(text: "0 9 * *\n*", at: "\n", words: ["a line break", "one line"]),
            Foreign(text: "0 9 * * *\r\n0 10 * * *", at: "\r\n", words: ["a line break", "one line"]),
            Foreign(text: "0\u{A0}9 * * *", at: "\u{A0}", words: ["a no-break space (U+00A0)", "a space"]),
            Foreign(text: "0 9\u{202F}* * *", at: "\u{202F}", words: ["U+202F", "a space"]),
            Foreign(text: "0 \u{FEFF}9 * * *", at: "\u{FEFF}", words: ["a byte order mark (U+FEFF)", "remove it"]),
            Foreign(text: "0 9 * * 1\u{200B}-5", at: "\u{200B}", words: ["U+200B", "remove it"]),
            Foreign(text: "0 9 * * 1–5", at: "–", words: ["an en dash (U+2013)", "a hyphen"]),
            Foreign(text: "0 9 * * MON—FRI", at: "—", words: ["an em dash (U+2014)", "a hyphen"]),
            Foreign(text: "0 9 * * 1\u{2011}5", at: "\u{2011}", words: ["U+2011", "a hyphen"]),
            Foreign(text: "0 9 * * 1−5", at: "−", words: ["a minus sign (U+2212)", "a hyphen"]),
            Foreign(text: "0 9 * ＊ *", at: "＊", words: ["U+FF0A", "*"]),
            Foreign(text: "0 9 * * 1，2", at: "，", words: ["U+FF0C", "a comma"]),
            Foreign(text: "“0 9 * * *”", at: "“", words: ["a quotation mark", "without quotes"]),
            Foreign(text: "'0 9 * * *'", at: "'", words: ["a quotation mark", "without quotes"]),
            Foreign(text: "`0 9 * * *`", at: "`", words: ["a quotation mark", "without quotes"]),
        ])
    func foreign(foreign: Foreign) throws {
        let thrown = #expect(throws: CronSyntaxError.self) {
            try CronExpression(foreign.text, dialect: foreign.dialect)
        }
        let error = try #require(thrown)
        #expect(String(error.text[error.range]) == foreign.at, "\(error)")
        for word in foreign.words { #expect(error.message.contains(word), "\(word) in: \(error.message)") }
        // The same words reach every caller.
        let schedule = #expect(throws: ScheduleError.self) {
            try Schedule.cron(foreign.text, dialect: foreign.dialect)
        }
        #expect(schedule?.message == error.message)
    }

    @Test(
        "White space and byte order marks around an expression do not matter",
        arguments: [
            "\u{FEFF}0 9 * * 1-5", "0 9 * * 1-5\n", "0 9 * * 1-5\r\n", "\u{A0}0 9 * * 1-5\u{A0}", "\n\t 0 9 * * 1-5 \n",
            "\u{3000}0 9 * * 1-5\u{2028}", "\u{200B}0 9 * * 1-5",
        ])
    func surrounded(text: String) throws {
        let plain = try CronExpression("0 9 * * 1-5")
        #expect(try CronExpression(text) == plain)
        #expect(try CronExpression(text).source.contains("0 9 * * 1-5"))
        #expect(try CronExpression(text).warnings.isEmpty)
        #expect(try Schedule.parse(text) == Schedule.cron("0 9 * * 1-5"))
        #expect(try CronExpression("\u{FEFF}@daily\n") == CronExpression("@daily"))
        #expect(try Schedule.parse("\u{FEFF}immediately\n") == .immediately)
    }

    @Test("A suggestion in an error is an expression that can be read")
    func suggestions() throws {
        #expect(throws: Never.self) { try CronExpression("0 0 12 * * ? *", dialect: .quartz) }
        #expect(throws: Never.self) { try CronExpression("H(0-59) * * * *", hashSeed: "job") }
        #expect(throws: Never.self) { try CronExpression("H 3 * * *", hashSeed: "job") }
    }

    @Test(
        "Six fields in AWS's order that cannot be read have a hint",
        arguments: ["0 9 ? * MON-FRI *", "0 12 1 1 ? 2026", "15 10 ? * 6L 2026-2030", "0/15 9-17 ? * MON-FRI *"])
    func orderInErrors(text: String) {
        for dialect in [CronDialect.standard, .quartz] {
            let error = #expect(throws: CronSyntaxError.self) { try CronExpression(text, dialect: dialect) }
            #expect(error?.hint?.contains("AWS's order") == true, "\(error?.message ?? "")")
            #expect(error?.hint?.contains("`0 \(text)`") == true, "\(error?.message ?? "")")
        }
        #expect(throws: Never.self) { try CronExpression("0 " + text, dialect: .quartz) }
    }
}
