import Foundation
import Testing

@testable import RotaSchedule

@Suite struct RangeAttacks {
    @Test("A question mark in the year is a star, also after 2225")
    func questionMarkYear() throws {
        let star = try CronExpression("0 0 0 1 1 * *")
        let mark = try CronExpression("0 0 0 1 1 ? ?")
        #expect(star == (try CronExpression("0 0 0 1 1 * ?")))
        #expect(mark.next(after: instant("2300-06-01T00:00:00Z")) == instant("2301-01-01T00:00:00Z"))
        #expect(throws: CronSyntaxError.self) { try CronExpression("0 0 0 1 1 ? ?", dialect: .quartz) }
    }

    @Test("What only the zone's clock reads as the year 9999 or 1 is no result")
    func edgesOfTime() throws {
        let west = try #require(TimeZone(identifier: "America/New_York"))
        let east = try #require(TimeZone(identifier: "Asia/Tokyo"))
        let last = try CronExpression("59 59 23 31 12 *")
        #expect(last.next(after: Date(timeIntervalSince1970: 253_402_300_799 - 86_400), in: west) == nil)
        let first = try CronExpression("0 0 0 1 1 *")
        #expect(first.previous(before: Date(timeIntervalSince1970: -62_135_596_800 + 86_400), in: east) == nil)
    }

    @Test("A zone that only Foundation knows keeps its name and is read once", arguments: ["GMT+1", "UTC+5"])
    func foundationNames(name: String) throws {
        let first = try TimeZoneDatabase.system.table(name)
        #expect(first.identifier == name)
        #expect(first === (try TimeZoneDatabase.system.table(name)))
    }

    @Test("An offset with stray colons is no zone", arguments: ["GMT+0::1:", "UTC+:::01", "GMT+010:0", "GMT+01:00:"])
    func strayColons(name: String) {
        #expect(!TimeZoneDatabase.system.contains(name))
    }

    @Test(
        "An offset with its colons in their places is one",
        arguments: ["GMT+01", "UTC+05:30", "GMT-0330", "GMT+01:00:30"])
    func offsets(name: String) {
        #expect(TimeZoneDatabase.system.contains(name))
    }

    @Test("Calendars that leave nothing end the search", .timeLimit(.minutes(20)))
    func nothingLeft() throws {
        let whole = try ScheduleCalendar.cron(try CronExpression("* * * * *"))
        let halves = try ScheduleCalendar.cron(try CronExpression("0-29 * * * * *"))
            .union(.cron(try CronExpression("30-59 * * * * *")))
        let november = instant("2026-11-01T00:00:00Z")
        let every = Schedule.every(.seconds(60), anchor: instant("2026-01-01T00:00:00Z"))
        #expect(every.excluding(whole, in: "America/New_York").next(after: november) == nil)
        #expect(every.excluding(halves, in: "UTC").previous(before: november) == nil)
    }
}
