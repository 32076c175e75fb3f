import Foundation
import RotaTesting
import Testing

@testable import RotaSchedule

@Suite struct ScheduleCalendarTests {
    /// A calendar and a simple function that gives the expected result for a wall-clock reading.
    private struct Model {
        var calendar: ScheduleCalendar
        var contains: (_ day: ExpressionModel.Day, _ minute: Int) -> Bool

        static func random(_ random: inout SeededGenerator) throws -> Model {
            switch random.int(0...3) {
            case 0:
                let weekdays = Set(Weekday.allCases.filter { _ in random.chance(40) }).union([.sunday])
                return Model(calendar: .weekdays(weekdays)) { day, _ in weekdays.contains { $0.rawValue == day.weekday }
                }
            case 1:
                let days = (0..<8).map { _ in (random.int(1...12), random.int(1...28)) }
                let texts = days.map { "\($0.0 < 10 ? "0" : "")\($0.0)-\($0.1 < 10 ? "0" : "")\($0.1)" }
                return Model(calendar: try .annual(texts)) { day, _ in days.contains { $0 == (day.month, day.day) } }
            case 2:
                let first = random.int(1...25)
                let texts = (first...first + 3).map { "2026-06-\($0 < 10 ? "0" : "")\($0)" }
                return Model(calendar: try .dates(texts)) { day, _ in
                    day.year == 2026 && day.month == 6 && first...first + 3 ~= day.day
                }
            default:
                let hours = [random.int(0...23), random.int(0...23)].sorted()
                let expression = try CronExpression("* \(hours[0])-\(hours[1]) * * *")
                return Model(calendar: try .cron(expression)) { _, minute in hours[0]...hours[1] ~= minute / 60 }
            }
        }
    }

    @Test("Calendars agree with checking every minute", arguments: 0..<4)
    func filters(batch: UInt64) throws {
        var random = SeededGenerator(seed: 0xCA1 + batch)
        let zone = "America/New_York"
        let history = ZoneHistory(try TimeZoneDatabase.system.rules(for: zone))
        for _ in 0..<5 {
            let expression = ["0 * * * *", "30 9 * * *", "*/20 8-20 * * *", "0 0 1,15 * *"][random.int(0...3)]
            let base = try Schedule.cron(expression, in: zone)
            let models = try (0..<random.int(1...2)).map { _ in (try Model.random(&random), random.chance(50)) }
            var schedule = base
            for (model, excludes) in models {
                schedule = excludes ? schedule.excluding(model.calendar) : schedule.within(model.calendar)
            }
            let start = utc("2026-05-25T00:00:00Z").addingTimeInterval(Double(random.int(0...1_000_000)))
            let end = start.addingTimeInterval(30 * 86_400)
            var expected: [Date] = []
            var cursor = start
            while let next = base.next(after: cursor), next < end {
                cursor = next
                let second = Int(next.timeIntervalSince1970)
                let reading = second + history.offset(at: second)
                let day = ExpressionModel.day(ofReading: reading)
                let minute = (reading - floorDivide(reading, 86_400) * 86_400) / 60
                if models.allSatisfy({ $0.0.contains(day, minute) != $0.1 }) { expected.append(next) }
            }
            var forwards: [Date] = []
            cursor = start
            while let next = schedule.next(after: cursor), next < end {
                forwards.append(next)
                cursor = next
            }
            #expect(forwards == expected, "\(schedule)")
            var backwards: [Date] = []
            cursor = end
            while let previous = schedule.previous(before: cursor), previous > start {
                backwards.append(previous)
                cursor = previous
            }
            #expect(backwards.reversed() == expected, "\(schedule)")
        }
    }

    @Test("Business days agree with moving every occurrence", arguments: [BusinessDayShift.previous, .next, .nearest])
    func shifts(shift: BusinessDayShift) throws {
        var random = SeededGenerator(seed: 0xB1)
        for _ in 0..<8 {
            let holidays = (0..<random.int(0...12)).map { _ in random.int(1...30) }
            let texts = holidays.map { "2026-06-\($0 < 10 ? "0" : "")\($0)" }
            let expression = random.pick([
                "0 9 * * *", "0 9,17 * * *", "30 23 * * 6,0", "0 9 1,15,30 * *", "0 */6 * * *",
            ])
            let base = try Schedule.cron(expression, in: "Europe/Berlin")
            var schedule = base.excluding(.weekends).onBusinessDays(shift)
            if !texts.isEmpty { schedule = schedule.excluding(try .dates(texts)) }
            func isBusiness(_ day: Int) -> Bool {
                let date = ExpressionModel.day(ofReading: day * 86_400)
                return 1...5 ~= date.weekday && !(date.month == 6 && date.year == 2026 && holidays.contains(date.day))
            }
            // Berlin is two hours ahead in these months.
            var moved: Set<Date> = []
            var cursor = utc("2026-05-01T00:00:00Z")
            while let next = base.next(after: cursor), next < utc("2026-08-30T00:00:00Z") {
                cursor = next
                let day = floorDivide(Int(next.timeIntervalSince1970) + 7_200, 86_400)
                var candidates = (-40...40).filter { isBusiness(day + $0) }
                switch shift {
                case .previous: candidates = candidates.filter { $0 <= 0 }.suffix(1)
                case .next: candidates = Array(candidates.filter { $0 >= 0 }.prefix(1))
                default: candidates.sort { (abs($0), -$0) < (abs($1), -$1) }
                }
                moved.insert(next.addingTimeInterval(Double(try #require(candidates.first)) * 86_400))
            }
            let window = utc("2026-05-20T10:00:00Z")..<utc("2026-07-06T10:00:00Z")
            let expected = moved.filter(window.contains).sorted()
            var forwards: [Date] = []
            cursor = window.lowerBound.addingTimeInterval(-1)
            while let next = schedule.next(after: cursor), next < window.upperBound {
                forwards.append(next)
                cursor = next
            }
            #expect(forwards == expected, "\(expression) \(shift) \(texts)")
            var backwards: [Date] = []
            cursor = window.upperBound
            while let previous = schedule.previous(before: cursor), previous >= window.lowerBound {
                backwards.append(previous)
                cursor = previous
            }
            #expect(backwards.reversed() == expected, "\(expression) \(shift) \(texts)")
        }
    }

    @Test(
        "Dates that meet on a business day count once, to the millisecond",
        arguments: [BusinessDayShift.previous, .next, .nearest])
    func meeting(shift: BusinessDayShift) {
        for millisecond in stride(from: 1, through: 999, by: 7) {
            let anchor = utc("2026-01-01T09:00:29Z").addingTimeInterval(Double(millisecond) / 1000)
            let schedule = Schedule.every(.seconds(86_400), anchor: anchor).onBusinessDays(shift)
            // The second one lies where dates become half as exact.
            for start in [utc("2026-10-20T00:00:00Z"), utc("2035-01-01T00:00:00Z")] {
                var dates: [Date] = []
                while dates.count < 15, let next = schedule.next(after: dates.last ?? start) { dates.append(next) }
                let days = dates.map { Int(($0.timeIntervalSince1970 / 86_400).rounded(.down)) }
                #expect(Set(days).count == 15 && days == days.sorted(), "\(millisecond) ms")
                #expect(schedule.previous(before: dates[14]) == dates[13], "\(millisecond) ms")
            }
        }
    }

    @Test(
        "The days that move to a business day are those that have it as their target",
        arguments: [BusinessDayShift.previous, .next, .nearest])
    func sources(shift: BusinessDayShift) {
        var random = SeededGenerator(seed: 0xB2)
        for _ in 0..<200 {
            var gaps: [Int] = [0]
            while gaps.last ?? 0 < 3000 {
                gaps.append(gaps[gaps.count - 1] + 1 + random.pick([0, 1, 2, 5, 364, 366, 733, 900]))
            }
            let business = Set(gaps)
            let day = gaps[gaps.count / 2]
            let expected = (day - 800...day + 800).filter {
                shift.target(of: $0, isBusinessDay: business.contains) == day
            }
            #expect(Array(shift.sources(of: day, isBusinessDay: business.contains)) == expected)
        }
    }

    @Test("A delay is counted from its date before it is moved to a business day")
    func movedDelays() {
        func next(_ hours: Int, _ shift: BusinessDayShift, after date: String) -> String {
            text(Schedule.afterCompletion(.seconds(hours * 3600)).onBusinessDays(shift).next(after: utc(date)))
        }
        // 6 January 2026 is a Tuesday.
        #expect(next(6, .next, after: "2026-01-06T10:00:00Z") == "2026-01-06T16:00:00Z")
        #expect(next(20, .next, after: "2026-01-06T10:00:00Z") == "2026-01-07T06:00:00Z")
        #expect(next(30, .next, after: "2026-01-09T10:00:00Z") == "2026-01-12T16:00:00Z")
        #expect(next(30, .previous, after: "2026-01-08T22:00:00Z") == "2026-01-09T04:00:00Z")
        // Moved back, it would lie before the date that it counts from.
        #expect(next(6, .previous, after: "2026-01-09T20:00:00Z") == "2026-01-12T02:00:00Z")
        #expect(next(2, .next, after: "2026-01-12T10:00:00Z") == "2026-01-12T12:00:00Z")
    }

    @Test(
        "A delay begins again, exactly, where dates are allowed again, or is due there if it is longer than they are",
        arguments: [
            // 3 January 2026 is a Saturday.
            (Schedule.afterCompletion(.hours(5)).excluding(.weekends), "2026-01-03T12:00:00Z", "2026-01-05T05:00:00Z"),
            (.afterCompletion(.hours(5)).excluding(.weekends), "2026-01-05T12:00:00Z", "2026-01-05T17:00:00Z"),
            (.afterCompletion(.hours(30)).excluding(.weekends), "2026-01-02T12:00:00Z", "2026-01-06T06:00:00Z"),
            (.afterCompletion(.hours(25)).within(.weekdays([.monday])), "2026-01-03T12:00:00Z", "2026-01-05T00:00:00Z"),
            (.afterCompletion(.hours(25)).within(.weekdays([.monday])), "2026-01-05T10:00:00Z", "2026-01-12T00:00:00Z"),
            (
                .afterCompletion(.hours(5)).excluding(.weekends, in: "America/New_York"), "2026-01-03T12:00:00Z",
                "2026-01-05T10:00:00Z"
            ),
            // Two calendars, of which the second still refuses what the first allows again.
            (
                try? Schedule.afterCompletion(.hours(5)).excluding(.weekends).excluding(.annual(["01-05"])),
                "2026-01-03T12:00:00Z",
                "2026-01-06T05:00:00Z"
            ),
            (
                .afterCompletion(.hours(5)).starting(at: utc("2026-01-03T12:00:00Z")), "2026-01-01T00:00:00Z",
                "2026-01-03T17:00:00Z"
            ),
            (.every(.hours(5)).excluding(.weekends), "2026-01-03T12:00:00Z", "2026-01-05T05:00:00Z"),
            (
                .every(.hours(5)).starting(at: utc("2026-01-03T12:00:00Z")), "2026-01-01T00:00:00Z",
                "2026-01-03T17:00:00Z"
            ),
            (
                try? Schedule.afterCompletion(.hours(5)).everyWeeks(2, from: "2026-01-05"), "2026-01-03T12:00:00Z",
                "2026-01-05T05:00:00Z"
            ),
            (
                try? Schedule.afterCompletion(.hours(24 * 8)).everyWeeks(2, from: "2026-01-05"), "2026-01-06T12:00:00Z",
                "2026-01-19T00:00:00Z"
            ),
            (
                .afterCompletion(.hours(5)).onBusinessDays(.next).ending(at: utc("2026-01-05T17:00:00Z")),
                "2026-01-03T12:00:00Z", "nil"
            ),
            (.afterCompletion(.hours(5)).excluding(.weekdays(Set(Weekday.allCases))), "2026-01-03T12:00:00Z", "nil"),
        ] as [(Schedule?, String, String)])
    func delayBeginsAgain(schedule: Schedule?, end: String, expected: String) throws {
        let schedule = try #require(schedule)
        let next = schedule.next(after: utc(end))
        #expect(text(next) == expected, "\(schedule)")
        if let next { #expect(next == utc(expected), "\(schedule)") }
    }

    @Test("A delay begins again where the clock shows midnight twice, and where it shows none")
    func delayAtOffsetChange() throws {
        // In Havana the clock is set from 01:00 back to 00:00 on Sunday, 1 November 2026, and from 00:00 forward to
        // 01:00 on Sunday, 8 March 2026.
        let schedule = Schedule.afterCompletion(.hours(2)).within(.weekdays([.sunday]), in: "America/Havana")
        #expect(text(schedule.next(after: utc("2026-10-31T12:00:00Z"))) == "2026-11-01T06:00:00Z")
        #expect(text(schedule.next(after: utc("2026-03-07T12:00:00Z"))) == "2026-03-08T07:00:00Z")
        let weeks = try Schedule.afterCompletion(.hours(2)).everyWeeks(2, from: "2026-03-09", in: "Asia/Tokyo")
        #expect(text(weeks.next(after: utc("2026-03-05T00:00:00Z"))) == "2026-03-08T17:00:00Z")
    }

    @Test("Of two equally near business days, the later one is used")
    func tie() throws {
        // Wednesday, 10 June 2026, is excluded. Tuesday and Thursday are both a day away.
        let schedule = try Schedule.cron("0 9 10 6 *").excluding(try .dates(["2026-06-10"])).onBusinessDays(.nearest)
        #expect(text(schedule.next(after: utc("2026-06-01T00:00:00Z"))) == "2026-06-11T09:00:00Z")
        #expect(text(schedule.previous(before: utc("2026-07-01T00:00:00Z"))) == "2026-06-11T09:00:00Z")
    }

    @Test("A schedule whose calendars refuse every date is exhausted")
    func exhausted() throws {
        let everySecond = try Schedule.cron("* * * * * *")
        let now = utc("2026-01-01T00:00:00Z")
        #expect(everySecond.excluding(.weekdays(Set(Weekday.allCases))).next(after: now) == nil)
        #expect(everySecond.within(try .dates(["2020-01-01"])).next(after: now) == nil)
        #expect(text(everySecond.within(try .dates(["2150-01-01"])).next(after: now)) == "2150-01-01T00:00:00Z")
        #expect(text(everySecond.within(try .dates(["2020-01-01"])).previous(before: now)) == "2020-01-01T23:59:59Z")
        #expect(everySecond.excluding(.weekdays(Set(Weekday.allCases))).onBusinessDays(.next).next(after: now) == nil)
    }

    @Test("A schedule that moves dates to rare business days, all of them refused, is exhausted in both directions")
    func exhaustedAfterMoving() throws {
        let rare = try Schedule.cron("0 0 * * *").onBusinessDays(.next).within(.annual(["01-01", "07-01"]))
        let refused = rare.excluding(try .cron(CronExpression("* 0 * * *")))
        let now = utc("2026-01-15T00:00:00Z")
        #expect(text(rare.next(after: now)) == "2026-07-01T00:00:00Z")
        #expect(refused.next(after: now) == nil && refused.previous(before: now) == nil)
        #expect(refused.ending(at: utc("2027-01-01T00:00:00Z")).next(after: now) == nil)
    }

    @Test("The parts of a union share the work of a search", .timeLimit(.minutes(20)))
    func unionOfImpossibleParts() throws {
        let now = utc("2026-01-15T00:00:00Z")
        let everySecond = try Schedule.cron("* * * * * *")
        // Each date is refused for a second of its own, so that no search can jump.
        let odd = try ScheduleCalendar.cron(try CronExpression("1-59/2 * * * * *"))
        let even = try ScheduleCalendar.cron(try CronExpression("*/2 * * * * *"))
        let never = everySecond.excluding(odd).excluding(even)
        let daily = try Schedule.cron("0 9 * * *")
        #expect(never.next(after: now) == nil && never.previous(before: now) == nil)
        // One such part hides nothing.
        #expect(text(Schedule.union([never, daily]).next(after: now)) == "2026-01-15T09:00:00Z")
        #expect(text(Schedule.union([daily, never]).previous(before: now)) == "2026-01-14T09:00:00Z")
        // Nor do several of them, wherever they stand.
        for place in [0, 4] {
            var parts = Array(repeating: never, count: 4)
            parts.insert(daily, at: place)
            #expect(text(Schedule.union(parts).next(after: now)) == "2026-01-15T09:00:00Z")
            #expect(text(Schedule.union(parts).previous(before: now)) == "2026-01-14T09:00:00Z")
        }
        // Thousands of them, also within one another, cost no more than a few. Then no date is better than a later one.
        let many = Schedule.union(Array(repeating: never, count: 5_000) + [daily])
        #expect(many.next(after: now) == nil && many.previous(before: now) == nil)
        var nested = Schedule.union([never, daily])
        for _ in 0..<8 {
            nested = Schedule.union([nested.excluding(odd).excluding(even).onBusinessDays(.next), nested])
        }
        #expect(text(nested.next(after: now)) == "2026-01-15T09:00:00Z")
    }

    @Test("A union of many parts has the dates of each")
    func unionOfManyParts() throws {
        let parts = try (0..<1_440).map { try Schedule.cron("\($0 % 60) \($0 / 60) * * *").excluding(.weekends) }
        let union = Schedule.union(parts).within(.weekdays([.monday]))
        // From Tuesday to the next Monday.
        #expect(text(union.next(after: utc("2026-01-13T00:00:00Z"))) == "2026-01-19T00:00:00Z")
        #expect(text(union.next(after: utc("2026-01-19T00:00:00Z"))) == "2026-01-19T00:01:00Z")
        #expect(text(union.previous(before: utc("2026-01-18T00:00:00Z"))) == "2026-01-12T23:59:00Z")
    }

    @Test(
        "Days that do not exist are refused", arguments: ["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "x", ""])
    func badDates(text: String) {
        #expect(throws: ScheduleError.self) { try ScheduleCalendar.dates([text]) }
        #expect(throws: ScheduleError.self) { try ScheduleCalendar.annual([text]) }
    }

    @Test("A search ends where calendars leave nothing", .timeLimit(.minutes(20)))
    func nothingLeft() throws {
        let whole = try ScheduleCalendar.cron(try CronExpression("* * * * *"))
        let halves = try ScheduleCalendar.cron(try CronExpression("0-29 * * * * *"))
            .union(.cron(try CronExpression("30-59 * * * * *")))
        let november = utc("2026-11-01T00:00:00Z")
        let every = Schedule.every(.seconds(60), anchor: utc("2026-01-01T00:00:00Z"))
        #expect(every.excluding(whole, in: "America/New_York").next(after: november) == nil)
        #expect(every.excluding(halves, in: "UTC").previous(before: november) == nil)
    }
}
