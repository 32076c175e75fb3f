import Foundation
import RotaSchedule
import Testing

@Suite struct SummaryAttacks {
    @Test("A day field that names every day beside a given one is every day, for either is enough")
    func eitherOfAllDays() throws {
        #expect(try CronExpression("0 0 1-31 * 1").summary == "At 00:00")
        #expect(try CronExpression("0 0 1 * 0-6").summary == "At 00:00")
        #expect(try CronExpression("0 0 1 * *").summary == "At 00:00, on day 1 of the month")
        #expect(try CronExpression("0 0 1-31 * +1").summary == "At 00:00, on Monday")
    }

    @Test(
        "Seconds within minute 0 are not within every minute of the hour",
        arguments: [
            ("*/10 0 * * * *", "Every 10 seconds, at 0 minutes past every hour"),
            ("* 0 * * * *", "Every second, at 0 minutes past every hour"),
            ("*/5 0 */2 * * *", "Every 5 seconds, at 0 minutes past the hour, every 2 hours"),
            ("15,45 0 * * * *", "At seconds 15 and 45, at 0 minutes past every hour"),
            ("0 0 * * * *", "Every hour"),
        ])
    func secondsOfMinuteZero(text: String, summary: String) throws {
        #expect(try CronExpression(text).summary == summary)
    }

    @Test("The better text for a week of the month keeps its other days")
    func weekAndLast() throws {
        let suggestions = try CronExpression("0 0 1-7,L * MON").warnings.compactMap(\.suggestion)
        #expect(suggestions == ["0 0 1-7,L * +MON"])
    }

    @Test("An instant of milliseconds is written with milliseconds, and read back as the same")
    func milliseconds() throws {
        for text in ["2026-03-15T10:00:00.123Z", "2026-03-15T10:00:00.001Z", "1969-12-31T23:59:59.999Z"] {
            let schedule = try Schedule.once(atText: text)
            #expect(schedule.summary == "Once at \(text)")
            #expect(try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule)) == schedule)
        }
        for count in 0..<2_000 {
            let exact = Date(timeIntervalSinceReferenceDate: (7e8 + Double(count) * 0.000_123_7).nextUp)
            let schedule = Schedule.once(at: exact)
            #expect(try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule)) == schedule)
        }
    }
}
