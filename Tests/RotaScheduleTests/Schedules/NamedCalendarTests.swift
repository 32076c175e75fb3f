import Foundation
import RotaTesting
import Testing

@testable import RotaSchedule

@Suite("Calendars by name")
struct NamedCalendarTests {
    private static func calendar(_ random: inout SeededGenerator) throws -> ScheduleCalendar {
        var calendar = ScheduleCalendar.weekdays([])
        if random.chance(50) {
            let first = random.int(1...24)
            calendar = calendar.union(try .dates((0..<4).map { "2026-06-\($0 + first < 10 ? "0" : "")\($0 + first)" }))
        }
        if random.chance(40) { calendar = calendar.union(try .annual(["06-0\(random.int(1...9))", "12-25"])) }
        if random.chance(30) {
            calendar = calendar.union(.weekdays(Set(Weekday.allCases.filter { _ in random.chance(30) })))
        }
        if random.chance(30) {
            let hour = random.int(0...22)
            calendar = calendar.union(try .cron(CronExpression("* \(hour)-\(hour + 1) * * *")))
        }
        return calendar
    }

    @Test(
        "A schedule with calendars by name has the same occurrences as with the calendars as a whole", arguments: 0..<40
    )
    func same(seed: UInt64) throws {
        var random = SeededGenerator(seed: 0xCA2 + seed)
        let zone = ["America/New_York", "Europe/Berlin", "UTC"][random.int(0...2)]
        let rule = try Schedule.cron(
            ["0 * * * *", "30 9 * * *", "*/20 8-20 * * *", "0 0 1,15 * *"][random.int(0...3)], in: zone)
        let known = ["a": try Self.calendar(&random), "b": try Self.calendar(&random)]
        var (named, whole) = (rule, rule)
        for _ in 0..<random.int(1...2) {
            var (name, content) = (try ScheduleCalendar.named("a"), try #require(known["a"]))
            if random.chance(40) {
                (name, content) = (try name.union(.named("b")), content.union(try #require(known["b"])))
            }
            let own = try Self.calendar(&random)
            if random.chance(60) { (name, content) = (name.union(own), own.union(content)) }
            // Twice the same: an empty calendar is refused as a whole, and allowed by name.
            if random.chance(70) {
                (named, whole) = (named.excluding(name), whole.excluding(content))
            } else {
                (named, whole) = (named.within(name), whole.within(content))
            }
        }
        if random.chance(30) {
            (named, whole) = (named.onBusinessDays(.next), whole.onBusinessDays(.next))
        }
        if random.chance(20) {
            (named, whole) = (
                .union([named, .once(at: utc("2026-06-05T12:00:00Z"))]),
                .union([whole, .once(at: utc("2026-06-05T12:00:00Z"))])
            )
        }
        let bound = named.binding(known)
        #expect(bound.calendarNames.first == "a" && bound.isComputable)
        var cursor = utc("2026-05-25T00:00:00Z")
        for _ in 0..<40 {
            let next = bound.next(after: cursor)
            #expect(next == whole.next(after: cursor))
            #expect(bound.previous(before: cursor) == whole.previous(before: cursor))
            guard let next else { break }
            #expect(bound.allows(next) == whole.allows(next) && bound.absence(at: next) == nil)
            cursor = next.addingTimeInterval(random.chance(50) ? 0 : Double(random.int(0...100_000)))
        }
    }

    @Test("A schedule that names a calendar is the same schedule whatever the name stands for")
    func equality() throws {
        let schedule = try Schedule.daily(at: "09:00").excluding(.named("holidays").union(.weekends))
        let one = schedule.binding(["holidays": try .dates(["2026-12-25"])])
        let two = schedule.binding(["holidays": try .dates(["2026-12-26"])])
        #expect(schedule == one && one == two && Set([schedule, one, two]).count == 1)
        #expect(one.next(after: utc("2026-12-24T12:00:00Z")) == utc("2026-12-28T09:00:00Z"))
        #expect(try schedule != .daily(at: "09:00").excluding(.named("nights").union(.weekends)))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode(one)
        #expect(
            String(decoding: json, as: UTF8.self)
                == #"{"calendars":[{"exclude":{"named":["holidays"],"weekdays":["SUN","SAT"]},"timezone":"UTC"}],"cron":"0 9 * * *","timezone":"UTC"}"#
        )
        #expect(try JSONDecoder().decode(Schedule.self, from: json) == schedule)
        #expect(schedule.summary == "At 09:00 (UTC), except on Sunday, Saturday and the calendar \"holidays\"")
    }

    @Test("A schedule without the calendar that it names gives no date, and says which one it needs")
    func unbound() throws {
        let base = try Schedule.daily(at: "09:00")
        let names = try ScheduleCalendar.named("holidays").union(.named("nights"))
        let schedules = [
            base.excluding(names), base.within(names), base.excluding(names).onBusinessDays(.next),
            .union([base.excluding(names)]), base.excluding(names).binding(["nights": .weekends]),
        ]
        for schedule in schedules {
            #expect(schedule.next(after: .distantPast) == nil && schedule.previous(before: .distantFuture) == nil)
            #expect(schedule.calendarNames == ["holidays", "nights"])
            try schedule.validate()
            let error = #expect(throws: ScheduleError.self) { try schedule.checkComputable() }
            #expect(error?.code == .calendar && error?.message.contains("the calendar \"holidays\"") == true)
        }
        #expect(base.calendarNames.isEmpty && base.isComputable)
    }

    @Test("The name of a calendar has 1 to 100 characters that are not all blank")
    func names() throws {
        for name in ["", " ", "\t\n", String(repeating: "x", count: 101), String(repeating: "👨‍👩‍👧‍👦", count: 101)] {
            let error = #expect(throws: ScheduleError.self) { try ScheduleCalendar.named(name) }
            #expect(
                error?.code == .calendar && error?.message.hasPrefix("A calendar's name must have 1 to 100") == true)
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(ScheduleCalendar.self, from: JSONEncoder().encode(["named": [name]]))
            }
        }
        for name in ["x", " x ", String(repeating: "x", count: 100), String(repeating: "👨‍👩‍👧‍👦", count: 100)] {
            #expect(try Schedule.daily(at: "09:00").excluding(.named(name)).calendarNames == [name])
        }
    }

    @Test("A calendar of all minutes leaves nothing, and is recognized at once")
    func everything() throws {
        for text in ["* * * * *", "* * * * * *", "0-59 0/1 1-31 * 0-6", "*/1 * * 1-12 *"] {
            let all = try ScheduleCalendar.cron(CronExpression(text))
            let schedule = Schedule.everyAligned(.seconds(1))
            for calendar in [all, all.union(.weekdays([.monday]))] {
                #expect(calendar.nextLocal(from: 0, inside: false) == nil)
                #expect(calendar.previousLocal(from: 0, inside: false) == nil)
                #expect(schedule.excluding(calendar).next(after: utc("2026-01-01T00:00:00Z")) == nil)
            }
            let named = try schedule.excluding(.named("all")).binding(["all": all])
            #expect(named.next(after: utc("2026-01-01T00:00:00Z")) == nil)
        }
        for text in ["1-59 * * * *", "* 1-23 * * *", "* * 1-30 * *", "* * * 1-11 *", "* * * * 1-6", "0-58 * * * * *"] {
            let most = try ScheduleCalendar.cron(CronExpression(text))
            let schedule = Schedule.everyAligned(.seconds(1)).excluding(most)
            #expect(schedule.next(after: utc("2026-01-01T00:00:00Z")) != nil, "\(text)")
        }
    }

    @Test("All schedules that are bound to a calendar share its dates, also in a union with other parts")
    func shared() throws {
        let holidays = try ScheduleCalendar.dates((1...28).map { "2026-02-\($0 < 10 ? "0" : "")\($0)" })
        let calendars = try ["holidays": holidays, "nights": ScheduleCalendar.cron(CronExpression("* 0-6 * * *"))]
        let names: [ScheduleCalendar] = [
            try .named("holidays"), try .named("holidays").union(.weekends),
            try .named("nights").union(.named("holidays")),
        ]
        for name in names {
            let bound = try Schedule.daily(at: "09:00").excluding(name).binding(calendars)
            let content = try #require(bound.boundCalendars["holidays"])
            #expect(content.sharesDates(with: holidays))
            #expect(bound.next(after: utc("2026-02-01T00:00:00Z")) ?? .distantPast >= utc("2026-03-01T00:00:00Z"))
        }
        #expect(holidays.union(.weekends).sharesDates(with: holidays))
        #expect(!(try holidays.union(.dates(["2027-01-01"])).sharesDates(with: holidays)))
    }
}
