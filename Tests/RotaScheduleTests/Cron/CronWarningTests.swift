import Foundation
import RotaSchedule
import RotaTesting
import Testing

@Suite struct CronWarningTests {
    struct Warned: Sendable {
        var text: String
        var code: CronWarning.Code
        var at: String
        var suggestion: String?
    }

    @Test(
        "A warning has its position and a better expression",
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
            Warned(text: "0 12 * * ? *", code: .fieldOrder, at: "0 12 * * ? *", suggestion: "0 12 * * *"),
            Warned(text: "0 9 ? * 2-6 *", code: .fieldOrder, at: "0 9 ? * 2-6 *", suggestion: "0 9 * * MON-FRI"),
            Warned(
                text: "0/15 9 ? * 2,4 *", code: .fieldOrder, at: "0/15 9 ? * 2,4 *", suggestion: "0/15 9 * * MON,WED"),
        ])
    func warnings(warned: Warned) throws {
        let warnings = try CronExpression(warned.text).warnings
        let warning = try #require(warnings.first { $0.code == warned.code }, "\(warnings)")
        #expect(String(warned.text[warning.range]) == warned.at)
        #expect(warning.suggestion == warned.suggestion)
        #expect(!warning.message.isEmpty)
        if let suggestion = warning.suggestion {
            // The suggestion is an expression without the same warning.
            #expect(try !CronExpression(suggestion).warnings.contains { $0.code == warned.code })
        }
    }

    @Test(
        "Common expressions have no warnings",
        arguments: [
            "* * * * *", "*/5 * * * *", "30 9 * * 1-5", "0 0 1 * *", "0 */6 * * *", "0 9 * * MON#1", "@daily",
            "* 9-17 * * *", "0 0 12 * * ?", "0 0 9 ? * MON-FRI", "0 30 9 * * *", "0 0 12 1 1 ? 2026",
        ])
    func none(text: String) throws {
        #expect(try CronExpression(text).warnings.isEmpty)
    }

    @Test("Every suggestion is an expression")
    func suggestionsRead() {
        var random = SeededGenerator(seed: 0x3A3A)
        var read = 0
        while read < 1_000 {
            guard let expression = try? CronExpression(ExpressionModel.random(&random).text) else { continue }
            for suggestion in expression.warnings.compactMap(\.suggestion) {
                #expect(throws: Never.self, "\(expression.source): \(suggestion)") { try CronExpression(suggestion) }
            }
            read += 1
        }
    }

    @Test("A time that does not exist on a day of the zone has a warning")
    func missingTime() throws {
        let zone = try #require(TimeZone(identifier: "America/New_York"))
        let now = utc("2026-01-01T00:00:00Z")
        let warning = try #require(CronExpression("30 2 * * *").warnings(in: zone, from: now).first)
        #expect(warning.code == .missingTime && warning.message.contains("02:30 on 2026-03-08"))
        #expect(try CronExpression("30 3 * * *").warnings(in: zone, from: now).isEmpty)
        #expect(try CronExpression("30 2 * * *").warnings(in: .gmt, from: now).isEmpty)
        #expect(
            try CronExpression("*/30 2 * * *").warnings(in: zone, from: now).isEmpty, "a wildcard follows elapsed time")
    }

    @Test("The warning about a time that does not exist says what the schedule does then")
    func missingTimeByPolicy() throws {
        let now = utc("2026-01-01T00:00:00Z")
        let endings: [(DaylightSavingPolicy, String)] = [
            (.automatic, "it fires at the end of the gap then."),
            (.missing(.skip, repeated: .first), "it does not fire then."),
            (.missing(.shift, repeated: .first), "it fires at 03:30 then."),
        ]
        for (policy, ending) in endings {
            let schedule = try Schedule.cron("30 2 * * *", in: "America/New_York", daylightSaving: policy)
            #expect(try #require(schedule.warnings(from: now).first).message.hasSuffix(ending))
        }
    }

    @Test("The suggestion for a week of the month keeps its other days")
    func weekAndLast() throws {
        let suggestions = try CronExpression("0 0 1-7,L * MON").warnings.compactMap(\.suggestion)
        #expect(suggestions == ["0 0 1-7,L * +MON"])
    }
}
