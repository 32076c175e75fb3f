import Foundation
import RotaSchedule
import RotaTesting
import Testing

@Suite struct CronSummaryTests {
    @Test(
        "A summary says in English when an expression fires",
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

    @Test("Every summary begins with a capital and contains no cron notation")
    func everyExpression() {
        var random = SeededGenerator(seed: 0x5A5A)
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

    @Test("A day field with every day makes the other one irrelevant")
    func eitherOfAllDays() throws {
        #expect(try CronExpression("0 0 1-31 * 1").summary == "At 00:00")
        #expect(try CronExpression("0 0 1 * 0-6").summary == "At 00:00")
        #expect(try CronExpression("0 0 1 * *").summary == "At 00:00, on day 1 of the month")
        #expect(try CronExpression("0 0 1-31 * +1").summary == "At 00:00, on Monday")
    }

    @Test(
        "Seconds within minute 0 are distinguished from those of every minute",
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
}
