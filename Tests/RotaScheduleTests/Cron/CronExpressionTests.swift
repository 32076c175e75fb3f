import Foundation
import RotaSchedule
import RotaTestSupport
import Testing

/// The dates of each row of the acceptance table, worked out by hand.
@Suite struct CronExpressionTests {
    private func next(_ text: String, after start: String, in zone: String = "GMT", _ count: Int = 1) throws -> [String]
    {
        let zone = try #require(TimeZone(identifier: zone))
        return try CronExpression(text).occurrences(after: utc(start), in: zone).prefix(count)
            .map { RotaScheduleTests.text($0) }
    }

    @Test("Every minute", .rows("T-17"))
    func everyMinute() throws {
        #expect(
            try next("* * * * *", after: "2026-01-01T00:00:00Z", 2) == ["2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"])
    }

    @Test("Every hour", .rows("T-18"))
    func everyHour() throws {
        #expect(try next("0 * * * *", after: "2026-01-01T00:00:00Z") == ["2026-01-01T01:00:00Z"])
    }

    @Test("Daily at 2:00, at the end of the gap where 2:00 does not exist", .rows("T-19"))
    func daily() throws {
        #expect(
            try next("0 2 * * *", after: "2026-03-07T00:00:00Z", in: "America/New_York", 3)
                == ["2026-03-07T07:00:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"])
        #expect(
            try next("30 1 * * *", after: "2026-10-31T12:00:00Z", in: "America/New_York", 2)
                == ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"])
    }

    @Test("Weekdays at 9:30 in New York across both changes", .rows("T-20"))
    func weekdays() throws {
        #expect(
            try next("30 9 * * 1-5", after: "2026-03-05T20:00:00Z", in: "America/New_York", 2)
                == ["2026-03-06T14:30:00Z", "2026-03-09T13:30:00Z"])
        #expect(
            try next("30 9 * * 1-5", after: "2026-10-30T20:00:00Z", in: "America/New_York", 1) == [
                "2026-11-02T14:30:00Z"
            ])
    }

    @Test("First of the month at midnight, also where midnight is skipped", .rows("T-21"))
    func monthly() throws {
        #expect(try next("0 0 1 * *", after: "2026-01-15T00:00:00Z") == ["2026-02-01T00:00:00Z"])
        // Cairo, 2023-04-28, 00:00 → 01:00: a midnight that does not exist.
        #expect(try next("0 0 28 * *", after: "2023-04-20T00:00:00Z", in: "Africa/Cairo") == ["2023-04-27T22:00:00Z"])
    }

    @Test("Steps", .rows("T-22"))
    func steps() throws {
        #expect(
            try next("*/5 * * * *", after: "2026-01-01T00:03:00Z", 2) == [
                "2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z",
            ])
    }

    @Test("Five fields and a zone", .rows("T-4", "T-10"))
    func schedule() throws {
        let schedule = try Schedule.cron("30 9 * * 1-5", in: "America/New_York")
        #expect(text(schedule.next(after: utc("2026-03-06T20:00:00Z"))) == "2026-03-09T13:30:00Z")
        #expect(schedule.timeZoneIdentifier == "America/New_York")
    }

    @Test("Six fields have seconds first, seven a year last", .rows("I-15", "C-12"))
    func sixFields() throws {
        #expect(try next("15 30 9 * * *", after: "2026-01-01T00:00:00Z") == ["2026-01-01T09:30:15Z"])
        #expect(try next("0 0 0 1 1 * 2030", after: "2026-01-01T00:00:00Z", 2) == ["2030-01-01T00:00:00Z"])
    }

    @Test("Leap days across 2100, and the ends of weeks and months")
    func leapDays() throws {
        #expect(
            try next("0 0 29 2 *", after: "2096-03-01T00:00:00Z", 2) == [
                "2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z",
            ])
        #expect(try next("0 0 29 2 +MON", after: "2026-01-01T00:00:00Z") == ["2044-02-29T00:00:00Z"])
        #expect(
            try next("0 0 L * *", after: "2024-02-01T00:00:00Z", 2) == ["2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z"])
        #expect(
            try next("0 0 31W * *", after: "2026-05-01T00:00:00Z", 2) == [
                "2026-05-29T00:00:00Z", "2026-07-31T00:00:00Z",
            ])
        #expect(try next("0 0 1W * *", after: "2026-07-15T00:00:00Z") == ["2026-08-03T00:00:00Z"])
        #expect(try next("0 0 LW * *", after: "2026-05-15T00:00:00Z") == ["2026-05-29T00:00:00Z"])
        #expect(try next("0 0 * * 5L", after: "2026-05-30T00:00:00Z") == ["2026-06-26T00:00:00Z"])
    }

    @Test("A day field that starts with a star narrows the other")
    func starBit() throws {
        // Mondays on odd days, not odd days and Mondays.
        #expect(
            try next("0 0 */2 * 1", after: "2026-06-01T00:00:00Z", 2) == [
                "2026-06-15T00:00:00Z", "2026-06-29T00:00:00Z",
            ])
        #expect(
            try next("0 0 13 * 5", after: "2026-06-11T00:00:00Z", 2) == [
                "2026-06-12T00:00:00Z", "2026-06-13T00:00:00Z",
            ])
        #expect(try next("0 0 13 * +5", after: "2026-06-11T00:00:00Z") == ["2026-11-13T00:00:00Z"])
    }

    @Test("A gap of a day, half an hour or two hours fires once, at its end")
    func gaps() throws {
        #expect(try next("0 12 30 12 *", after: "2011-06-01T00:00:00Z", in: "Pacific/Apia") == ["2011-12-30T10:00:00Z"])
        #expect(
            try next("15 2 * * *", after: "2026-10-03T00:00:00Z", in: "Australia/Lord_Howe", 1) == [
                "2026-10-03T15:30:00Z"
            ])
        #expect(
            try next("30 1,2 29 3 *", after: "2026-03-28T12:00:00Z", in: "Antarctica/Troll", 1) == [
                "2026-03-29T01:00:00Z"
            ])
    }

    @Test("Wildcard expressions follow elapsed time across both changes")
    func wildcards() throws {
        let spring = try next("*/30 * * * *", after: "2026-03-08T06:29:00Z", in: "America/New_York", 3)
        #expect(spring == ["2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z"])
        let autumn = try next("*/30 * * * *", after: "2026-11-01T04:59:00Z", in: "America/New_York", 5)
        #expect(autumn.first == "2026-11-01T05:00:00Z" && autumn.last == "2026-11-01T07:00:00Z")
        #expect(
            try next("*/15 2 * * *", after: "2026-03-08T00:00:00Z", in: "America/New_York") == ["2026-03-09T06:00:00Z"])
    }

    @Test("Explicit daylight saving settings replace the rule")
    func settings() throws {
        let zone = try #require(TimeZone(identifier: "America/New_York"))
        let spring = try CronExpression("30 2 8 3 *")
        let start = utc("2026-03-01T00:00:00Z")
        func first(_ missing: DaylightSavingPolicy.MissingTime) -> String {
            text(spring.next(after: start, in: zone, daylightSaving: .missing(missing, repeated: .first)))
        }
        #expect(first(.atGapEnd) == "2026-03-08T07:00:00Z")
        #expect(first(.shift) == "2026-03-08T07:30:00Z")
        #expect(first(.skip) == "2027-03-08T07:30:00Z")
        let autumn = try CronExpression("30 1 1 11 *")
        func runs(_ repeated: DaylightSavingPolicy.RepeatedTime) -> [String] {
            autumn.occurrences(after: start, in: zone, daylightSaving: .missing(.skip, repeated: repeated)).prefix(2)
                .map { text($0) }
        }
        #expect(runs(.first) == ["2026-11-01T05:30:00Z", "2027-11-01T05:30:00Z"])
        #expect(runs(.second) == ["2026-11-01T06:30:00Z", "2027-11-01T05:30:00Z"])
        #expect(runs(.both) == ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"])
    }

    @Test("Matches is true for exactly the dates that next returns")
    func matches() throws {
        let zone = try #require(TimeZone(identifier: "America/New_York"))
        let fixed = try CronExpression("30 1,2 * * *")
        #expect(fixed.matches(utc("2026-03-08T07:00:00Z"), in: zone), "the end of the gap")
        #expect(fixed.matches(utc("2026-11-01T05:30:00Z"), in: zone))
        #expect(!fixed.matches(utc("2026-11-01T06:30:00Z"), in: zone), "the second pass")
        #expect(!fixed.matches(utc("2026-06-01T05:30:01Z"), in: zone))
        #expect(fixed.matches(utc("2026-06-01T05:30:00.900Z"), in: zone))
    }

    @Test("Fractions of a second are not rounded")
    func fractions() throws {
        let minutely = try CronExpression("* * * * *")
        let noon = utc("2026-01-01T12:00:00Z")
        #expect(minutely.next(after: noon.addingTimeInterval(-0.001)) == noon)
        #expect(minutely.next(after: noon) == noon.addingTimeInterval(60))
        #expect(minutely.previous(before: noon.addingTimeInterval(0.001)) == noon)
        #expect(minutely.previous(before: noon) == noon.addingTimeInterval(-60))
    }

    @Test(
        "Extreme dates and dates that are not numbers do no harm",
        arguments: [
            Double.infinity, -.infinity, .nan, 1e300, -1e300, 253_402_300_799, -62_135_596_800, 1e15, -1e15, 4.9e17,
        ])
    func extremes(seconds: Double) throws {
        let date = Date(timeIntervalSince1970: seconds)
        let zone = try #require(TimeZone(identifier: "America/New_York"))
        for text in ["* * * * *", "0 0 29 2 *", "* * * * * * *", "@every 7s", "0 0 1 1 *"] {
            let expression = try CronExpression(text)
            if let next = expression.next(after: date, in: zone) { #expect(next > date) }
            if let previous = expression.previous(before: date, in: zone) { #expect(previous < date) }
            _ = expression.matches(date, in: zone)
        }
        if seconds >= 253_402_300_799 { #expect(try CronExpression("* * * * *").next(after: date) == nil) }
        for schedule in [Schedule.every(.seconds(60), anchor: date), .once(at: date), .immediately.anchored(at: date)] {
            _ = schedule.next(after: utc("2026-01-01T00:00:00Z"))
            _ = schedule.previous(before: utc("2026-01-01T00:00:00Z"))
            let fast = Schedule.every(.milliseconds(1), anchor: utc("2026-01-01T00:00:00Z"))
            if let previous = fast.previous(before: date) { #expect(previous < date) }
            let moved = Schedule.every(.seconds(3_600), anchor: utc("2026-01-01T00:00:00Z")).onBusinessDays(
                .nearest)
            _ = moved.next(after: date)
            _ = moved.previous(before: date)
            _ = Schedule.every(.seconds(7), anchor: utc("2026-01-01T00:00:00Z")).next(after: date)
        }
    }

    @Test("Dates before 1970 work like later ones")
    func before1970() throws {
        let daily = try CronExpression("30 12 * * *")
        #expect(text(daily.next(after: utc("1955-02-28T13:00:00Z"))) == "1955-03-01T12:30:00Z")
        #expect(text(daily.previous(before: utc("1900-03-01T00:00:00Z"))) == "1900-02-28T12:30:00Z")
    }

    @Test("The occurrences of a range include its start, not its end")
    func ranges() throws {
        let hourly = try CronExpression("0 * * * *")
        let day = utc("2026-01-01T00:00:00Z")..<utc("2026-01-02T00:00:00Z")
        let found = Array(hourly.occurrences(in: day))
        #expect(found.count == 24 && found.first == day.lowerBound)
    }

    @Test("The intervals of @every count from 1970 in an expression")
    func every() throws {
        #expect(
            try next("@every 90s", after: "1970-01-01T00:01:00Z", 2) == [
                "1970-01-01T00:01:30Z", "1970-01-01T00:03:00Z",
            ])
        #expect(seconds(try CronExpression("@every 90s").previous(before: Date(timeIntervalSince1970: 91))) == 90)
    }

    @Test("A date that is in the year 1 or 9999 only on the zone's clock is not a result")
    func edgesOfTime() throws {
        let west = try #require(TimeZone(identifier: "America/New_York"))
        let east = try #require(TimeZone(identifier: "Asia/Tokyo"))
        let last = try CronExpression("59 59 23 31 12 *")
        #expect(last.next(after: Date(timeIntervalSince1970: 253_402_300_799 - 86_400), in: west) == nil)
        let first = try CronExpression("0 0 0 1 1 *")
        #expect(first.previous(before: Date(timeIntervalSince1970: -62_135_596_800 + 86_400), in: east) == nil)
    }
}
