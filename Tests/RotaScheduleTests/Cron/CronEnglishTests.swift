import Foundation
import RotaSchedule
import Testing

@Suite struct CronEnglishTests {
    @Test(
        "summaries",
        arguments: [
            ("* * * * *", "Every minute"), ("*/5 * * * *", "Every 5 minutes"), ("0 * * * *", "Every hour"),
            ("15 * * * *", "At 15 minutes past every hour"), ("0 */2 * * *", "Every 2 hours"),
            ("30 9 * * 1-5", "At 09:30, Monday to Friday"), ("0 2 * * *", "At 02:00"),
            ("0 0 1 * *", "At 00:00, on day 1 of the month"), ("0 9,17 * * *", "At 09:00 and 17:00"),
            ("0 0 * * 0", "At 00:00, on Sunday"), ("0 0 * * 6,0", "At 00:00, on Saturday and Sunday"),
            ("0 0 1,15 * *", "At 00:00, on days 1 and 15 of the month"),
            ("0 0 L * *", "At 00:00, on the last day of the month"),
            ("0 0 L-3 * *", "At 00:00, on the 3rd day before the last of the month"),
            ("0 0 15W * *", "At 00:00, on the working day nearest day 15 of the month"),
            ("0 0 LW * *", "At 00:00, on the last working day of the month"),
            ("0 0 * * 1#2", "At 00:00, on the second Monday of the month"),
            ("0 0 * * 5L", "At 00:00, on the last Friday of the month"),
            ("0 0 13 * 5", "At 00:00, on day 13 of the month or on Friday"),
            ("0 0 13 * +5", "At 00:00, on day 13 of the month if it is a Friday"),
            ("0 9 * 6-8 *", "At 09:00, from June to August"), ("0 9 * 1,7 *", "At 09:00, in January and July"),
            ("*/10 9-17 * * *", "Every 10 minutes, from 09:00 to 17:59"),
            ("* 9 * * *", "Every minute, from 09:00 to 09:59"),
            ("* * * * * *", "Every second"), ("*/15 * * * * *", "Every 15 seconds"),
            ("15 30 9 * * *", "At 09:30:15"),
            ("0 0 0 1 1 * 2030", "At 00:00, on day 1 of the month, in January, in 2030"),
            ("0 9-17 * * *", "On the hour, from 09:00 to 17:59"), ("@every 90s", "Every 1 minute and 30 seconds"),
            ("@every 1m", "Every minute"), ("@every 1d", "Every day"),
            ("0 0 */2 * *", "At 00:00, every 2 days from day 1 of the month"),
            (
                "5,10 8,10,12,14 * * *",
                "At 5 and 10 minutes past the hour, during the hours of 08:00, 10:00, 12:00 and 14:00"
            ),
        ])
    func summaries(text: String, summary: String) throws {
        #expect(try CronExpression(text).summary == summary)
    }

    @Test("every expression has a summary that begins with a capital and holds no cron")
    func everyExpression() {
        var random = SeededGenerator(0x5A5A)
        var read = 0
        while read < 2_000 {
            guard let expression = try? CronExpression(ExpressionModel.random(&random).text) else { continue }
            let summary = expression.summary
            #expect(summary.first?.isUppercase == true, "\(expression.source): \(summary)")
            #expect(!summary.contains("*") && !summary.contains("#") && !summary.contains("  "), "\(summary)")
            #expect(!summary.hasSuffix(",") && !summary.hasSuffix(" "), "\(expression.source): \(summary)")
            read += 1
        }
    }

    struct Warned: Sendable {
        var text: String
        var code: CronWarning.Code
        var at: String
        var suggestion: String?
    }

    @Test(
        "warnings with their place and a better text",
        arguments: [
            Warned(text: "*/45 * * * *", code: .unevenStep, at: "*/45", suggestion: "*/30 * * * *"),
            Warned(text: "*/7 * * * *", code: .unevenStep, at: "*/7", suggestion: "*/6 * * * *"),
            Warned(text: "0 */5 * * *", code: .unevenStep, at: "*/5", suggestion: "0 */4 * * *"),
            Warned(text: "*/90 * * * *", code: .stepTooLarge, at: "*/90", suggestion: "0 * * * *"),
            Warned(text: "0 */24 * * *", code: .stepTooLarge, at: "*/24", suggestion: "0 0 * * *"),
            Warned(text: "0 9 1-7 * MON", code: .eitherDay, at: "1-7 * MON", suggestion: "0 9 * * MON#1"),
            Warned(text: "0 9 8-14 * TUE", code: .eitherDay, at: "8-14 * TUE", suggestion: "0 9 * * TUE#2"),
            Warned(text: "0 9 13 * FRI", code: .eitherDay, at: "13 * FRI", suggestion: "0 9 13 * +FRI"),
            Warned(text: "* 9 * * *", code: .everyMinuteOfHour, at: "*", suggestion: "0 9 * * *"),
            Warned(text: "* */2 * * *", code: .everyMinuteOfHour, at: "*", suggestion: "0 */2 * * *"),
            Warned(text: "0 9 * * 0,1,2,3,4,5,6", code: .everyValue, at: "0,1,2,3,4,5,6", suggestion: "0 9 * * *"),
            Warned(text: "0-59 * * * *", code: .everyValue, at: "0-59", suggestion: "* * * * *"),
        ])
    func warnings(warned: Warned) throws {
        let warnings = try CronExpression(warned.text).warnings
        let warning = try #require(warnings.first { $0.code == warned.code }, "\(warnings)")
        #expect(String(warned.text[warning.range]) == warned.at)
        #expect(warning.suggestion == warned.suggestion)
        #expect(!warning.message.isEmpty)
        if let suggestion = warning.suggestion {
            // The better text is one, and does not earn the same warning.
            #expect(try !CronExpression(suggestion).warnings.contains { $0.code == warned.code })
        }
    }

    @Test(
        "plain expressions earn no warning",
        arguments: [
            "* * * * *", "*/5 * * * *", "30 9 * * 1-5", "0 0 1 * *", "0 */6 * * *", "0 9 * * MON#1", "@daily",
            "* 9-17 * * *",
        ])
    func none(text: String) throws {
        #expect(try CronExpression(text).warnings.isEmpty)
    }

    @Test("a better text is always an expression")
    func suggestionsRead() {
        var random = SeededGenerator(0x3A3A)
        var read = 0
        while read < 1_000 {
            guard let expression = try? CronExpression(ExpressionModel.random(&random).text) else { continue }
            for suggestion in expression.warnings.compactMap(\.suggestion) {
                #expect(throws: Never.self, "\(expression.source): \(suggestion)") { try CronExpression(suggestion) }
            }
            read += 1
        }
    }

    @Test("a time that daylight saving removes once a year in the zone given")
    func missingTime() throws {
        let zone = try #require(TimeZone(identifier: "America/New_York"))
        let now = instant("2026-01-01T00:00:00Z")
        let warning = try #require(CronExpression("30 2 * * *").warnings(in: zone, from: now).first)
        #expect(warning.code == .missingTime && warning.message.contains("02:30 on 2026-03-08"))
        #expect(try CronExpression("30 3 * * *").warnings(in: zone, from: now).isEmpty)
        #expect(try CronExpression("30 2 * * *").warnings(in: .gmt, from: now).isEmpty)
        #expect(
            try CronExpression("*/30 2 * * *").warnings(in: zone, from: now).isEmpty, "a wildcard follows elapsed time")
    }
}
