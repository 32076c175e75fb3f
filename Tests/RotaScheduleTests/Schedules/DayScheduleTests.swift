import Foundation
import RotaSchedule
import Testing

@Suite("Schedules of days, weeks and months")
struct DayScheduleTests {
    private let start = Date(timeIntervalSince1970: 1_767_225_600)  // 2026-01-01T00:00:00Z

    private func dates(_ schedule: Schedule, _ count: Int, in zone: String = "UTC") -> [String] {
        let style = Date.ISO8601FormatStyle(timeZone: TimeZone(identifier: zone) ?? .gmt)
            .year().month().day().time(includingFractionalSeconds: false)
        var (found, date): ([String], Date) = ([], start.addingTimeInterval(-1))
        while found.count < count, let next = schedule.next(after: date) {
            found.append(next.formatted(style))
            date = next
        }
        return found
    }

    @Test("A day's time is on the wall clock, across both changes of daylight saving")
    func daily() throws {
        let schedule = try Schedule.daily(at: "09:30", in: "Europe/Berlin")
        let all = dates(schedule, 365, in: "Europe/Berlin")
        #expect(all.count == 365 && Set(all).count == 365)
        #expect(
            all.allSatisfy {
                $0.hasSuffix("T09:30:00") || $0.hasSuffix("09:30:00+0100") || $0.hasSuffix("09:30:00+0200")
            })
        #expect(schedule == (try .cron("30 9 * * *", in: "Europe/Berlin")))
        #expect(try Schedule.daily(at: "09:30:15").summary == Schedule.cron("15 30 9 * * *").summary)
    }

    @Test("Days of the week may be named in any order, and twice")
    func weekly() throws {
        let schedule = try Schedule.weekly(on: .thursday, .monday, .thursday, at: "14:00", in: "America/New_York")
        #expect(schedule == (try .cron("0 14 * * 1,4", in: "America/New_York")))
        #expect(throws: ScheduleError.self) { try Schedule.weekly(at: "14:00") }
    }

    @Test("The days of a weekly schedule may be a list, in any order, and a day counts once")
    func weeklyList() throws {
        let days: [Weekday] = [.thursday, .monday, .thursday]
        let schedule = try Schedule.weekly(on: days, at: "14:00", in: "America/New_York")
        #expect(try schedule == .weekly(on: .monday, .thursday, at: "14:00", in: "America/New_York"))
        #expect(try Schedule.weekly(on: [.monday], at: "09:30") == .weekly(on: .monday, at: "09:30"))
        let error = #expect(throws: ScheduleError.self) { try Schedule.weekly(on: [], at: "14:00") }
        #expect(error?.code == .empty && error?.message.contains("such as `.monday`") == true)
    }

    @Test(
        "A day of the month may be a number, the last, a business day or a day of the week",
        arguments: [
            (MonthDay.day(15), ["2026-01-15", "2026-02-15", "2026-03-15"]),
            (.day(31), ["2026-01-31", "2026-03-31", "2026-05-31"]),
            (.last, ["2026-01-31", "2026-02-28", "2026-03-31"]),
            (.firstBusinessDay, ["2026-01-01", "2026-02-02", "2026-03-02"]),
            (.lastBusinessDay, ["2026-01-30", "2026-02-27", "2026-03-31"]),
            (.weekday(.tuesday, 2), ["2026-01-13", "2026-02-10", "2026-03-10"]),
            (.weekday(.friday, 5), ["2026-01-30", "2026-05-29", "2026-07-31"]),
            (.last(.friday), ["2026-01-30", "2026-02-27", "2026-03-27"]),
        ])
    func monthly(day: MonthDay, expected: [String]) throws {
        let schedule = try Schedule.monthly(on: day, at: "10:00")
        #expect(dates(schedule, 3).map { String($0.prefix(10)) } == expected)
        #expect(dates(schedule, 3).allSatisfy { $0.contains("10:00:00") })
    }

    @Test("Holidays move a business day of the month")
    func holidays() throws {
        let holidays = try ScheduleCalendar.annual(["01-01"]).union(.dates(["2026-01-30"]))
        let first = try Schedule.monthly(on: .firstBusinessDay, at: "10:00").excluding(holidays.union(.weekends))
        #expect(dates(first, 1)[0].hasPrefix("2026-01-02"))
        let last = try Schedule.monthly(on: .lastBusinessDay, at: "10:00").excluding(holidays.union(.weekends))
        #expect(dates(last, 1)[0].hasPrefix("2026-01-29"))
    }

    @Test("A day that does not exist is refused", arguments: [MonthDay.day(0), .day(32), .weekday(.monday, 6)])
    func impossible(day: MonthDay) {
        #expect(throws: ScheduleError.self) { try Schedule.monthly(on: day, at: "10:00") }
    }

    @Test(
        "A text that is not a time of day is refused, and the error says what is one",
        arguments: ["", "9", "24:00", "09:60", "09:5", "09:30:60", "9.30", "09:30pm", "-1:00", "09:30:00:00", "０９:30"])
    func times(text: String) {
        let error = #expect(throws: ScheduleError.self) { try Schedule.daily(at: text) }
        #expect(error?.code == .text && error?.message.contains("09:30") == true)
    }

    @Test(
        "Every nth week has the rule's dates of just these weeks, in both directions",
        arguments: [1, 2, 3, 7], ["Europe/Berlin", "America/New_York", "Asia/Tehran", "UTC"])
    func weeks(count: Int, zone: String) throws {
        let every = try Schedule.cron("15 0,23 * * *", in: zone)
        let anchor = "2025-06-04"
        let schedule = try every.everyWeeks(count, from: anchor)
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(identifier: zone))
        let monday = try #require(calendar.date(from: DateComponents(year: 2025, month: 6, day: 2)))
        func isChosen(_ date: Date) -> Bool {
            let week = calendar.dateInterval(of: .weekOfYear, for: date)?.start ?? date
            let days = calendar.dateComponents([.day], from: monday, to: week).day ?? 0
            return ((days / 7) % count + count) % count == 0
        }
        var expected: [Date] = []
        var date = start.addingTimeInterval(-400 * 86_400)
        while let next = every.next(after: date), next < start.addingTimeInterval(400 * 86_400) {
            if isChosen(next) { expected.append(next) }
            date = next
        }
        var forwards: [Date] = []
        date = start.addingTimeInterval(-400 * 86_400)
        while let next = schedule.next(after: date), next < start.addingTimeInterval(400 * 86_400) {
            forwards.append(next)
            date = next
        }
        #expect(forwards == expected)
        var backwards: [Date] = []
        date = start.addingTimeInterval(400 * 86_400)
        while let previous = schedule.previous(before: date), previous > start.addingTimeInterval(-400 * 86_400) {
            backwards.append(previous)
            date = previous
        }
        #expect(backwards.reversed() == expected)
    }

    @Test("A cycle of weeks leaps over the weeks between, however often the rule fires", arguments: [1, 500, 60_000])
    func fastWeeks(milliseconds: Int) throws {
        let monday = Date(timeIntervalSince1970: 1_767_571_200)  // 2026-01-05T00:00:00Z
        let interval = Duration.milliseconds(milliseconds)
        let schedule = try Schedule.every(interval, anchor: monday).everyWeeks(2, from: "2026-01-05")
        let end = monday.addingTimeInterval(7 * 86_400)
        #expect(schedule.next(after: end.addingTimeInterval(-1e-4)) == monday.addingTimeInterval(14 * 86_400))
        let last = schedule.previous(before: monday.addingTimeInterval(14 * 86_400))
        #expect(last == end.addingTimeInterval(-Double(milliseconds) / 1000))
    }

    @Test("The cycle of weeks comes before the move to business days")
    func shiftedWeeks() throws {
        // Every second Friday from 2026-01-02. New Year's Day is a holiday, and so is 2026-01-16.
        let holidays = try ScheduleCalendar.dates(["2026-01-16"]).union(.weekends)
        let schedule = try Schedule.weekly(on: .friday, at: "16:00").everyWeeks(2, from: "2026-01-02")
            .excluding(holidays).onBusinessDays(.next)
        #expect(dates(schedule, 3).map { String($0.prefix(10)) } == ["2026-01-02", "2026-01-19", "2026-01-30"])
    }

    @Test("A cycle survives JSON, is in the summary, and is checked")
    func coding() throws {
        let schedule = try Schedule.weekly(on: .tuesday, at: "09:00", in: "Europe/Berlin").everyWeeks(
            2, from: "2026-01-06")
        #expect(schedule.summary == "At 09:00, on Tuesday (Europe/Berlin), every 2 weeks from 2026-01-05")
        let json = try JSONEncoder().encode(schedule)
        #expect(try JSONDecoder().decode(Schedule.self, from: json) == schedule)
        #expect(String(decoding: json, as: UTF8.self).contains(#""weeks":{"#))
        for text in [
            #"{"cron":"0 9 * * 2","weeks":{"every":0,"from":"2026-01-05"}}"#,
            #"{"cron":"0 9 * * 2","weeks":{"every":521,"from":"2026-01-05"}}"#,
            #"{"cron":"0 9 * * 2","weeks":{"every":2,"from":"2026-02-30"}}"#,
            #"{"cron":"0 9 * * 2","weeks":{"every":2,"from":"2026-01-05","timezone":"Mars/Olympus"}}"#,
        ] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Schedule.self, from: Data(text.utf8)) }
        }
        #expect(throws: ScheduleError.self) { try Schedule.daily(at: "09:00").everyWeeks(0, from: "2026-01-05") }
        #expect(throws: ScheduleError.self) { try Schedule.daily(at: "09:00").everyWeeks(2, from: "soon") }
        #expect(try Schedule.daily(at: "09:00").everyWeeks(1, from: "2026-01-05") == Schedule.daily(at: "09:00"))
    }

    @Test("A schedule on demand has no occurrences and takes no limits")
    func onDemand() throws {
        let schedule = Schedule.onDemand
        #expect(schedule.isOnDemand && schedule.next(after: start) == nil && schedule.previous(before: start) == nil)
        try schedule.validate()
        #expect(throws: ScheduleError.self) { try schedule.limited(toRuns: 3).validate() }
        #expect(throws: ScheduleError.self) { try Schedule.union([schedule, .every(.seconds(60))]).validate() }
        let json = try JSONEncoder().encode(schedule)
        #expect(String(decoding: json, as: UTF8.self) == #"{"onDemand":true}"#)
        #expect(try JSONDecoder().decode(Schedule.self, from: json) == schedule)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Schedule.self, from: Data(#"{"onDemand":false}"#.utf8))
        }
    }

    @Test("Minutes, hours and days are durations, however many")
    func durations() {
        #expect(Duration.minutes(90) == .seconds(5400))
        #expect(Duration.hours(-1) == .seconds(-3600))
        #expect(Duration.days(7) == .seconds(604_800))
        #expect(Duration.days(.max) > .days(3_000_000) && Duration.days(.min) < .zero)
    }

    @Test("A cron expression may be given a zone of Foundation")
    func foundationZone() throws {
        let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
        #expect(try Schedule.cron("0 9 * * *", in: zone) == Schedule.cron("0 9 * * *", in: "Europe/Berlin"))
    }
}
