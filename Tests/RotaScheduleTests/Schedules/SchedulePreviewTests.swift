import Foundation
import RotaSchedule
import Testing

@Suite struct SchedulePreviewTests {
    @Test("A preview notes how each occurrence was moved")
    func preview() throws {
        let daily = try Schedule.cron("30 2 * * *", in: "America/New_York").preview(
            from: utc("2026-03-07T12:00:00Z"), count: 2)
        #expect(daily.map { $0.notes.map(\.code) } == [[.shiftedByGap], []])
        #expect(daily.first?.notes.first?.message == "02:30:00 does not exist on 2026-03-08; fires at 03:00:00")
        let hourly = try Schedule.cron("30 * * * *", in: "America/New_York").preview(
            from: utc("2026-11-01T04:00:00Z"), count: 4)
        #expect(hourly.map { $0.notes.map(\.code) } == [[], [.firstOfTwo], [.secondOfTwo], []])
        let moved = try Schedule.cron("0 9 1 * *").onBusinessDays(.next).preview(
            from: utc("2026-07-15T00:00:00Z"), count: 1)
        #expect(moved.first.map { text($0.occurrence.nominal) } == "2026-08-03T09:00:00Z")
        #expect(moved.first?.notes.map(\.message) == ["moved from 2026-08-01T09:00:00Z, which is not a business day"])
        let smoothed = try Schedule.cron("0 9 * * *").smoothed(over: .seconds(60), key: "a").limited(toRuns: 2)
            .preview(from: utc("2026-07-15T00:00:00Z"), count: 10)
        #expect(smoothed.count == 2 && smoothed.allSatisfy { $0.notes.map(\.code) == [.smoothed] })
        #expect(Schedule.immediately.preview(from: .distantPast, count: -1).isEmpty)
    }

    @Test("A date that a part of a union refuses is not said to be unknown to its rule")
    func absenceFromPart() throws {
        let holidays = try ScheduleCalendar.dates(["2026-12-25"])
        let morning = try Schedule.cron("0 9 * * *").excluding(holidays)
        let noon = try Schedule.cron("0 12 * * *").starting(at: utc("2026-06-01T00:00:00Z"))
        let payday = try Schedule.cron("0 15 1 * *").onBusinessDays(.next)
        let union = Schedule.union([morning, .union([noon, payday])])
        #expect(union.absence(at: utc("2026-12-25T09:00:00Z")) == .excluded(by: nil))
        #expect(union.absence(at: utc("2026-05-01T12:00:00Z")) == .beforeStart)
        #expect(union.absence(at: utc("2026-08-01T15:00:00Z")) == .moved)
        #expect(union.absence(at: utc("2026-12-25T10:00:00Z")) == .notNamed)
        #expect(union.absence(at: utc("2026-12-24T09:00:00Z")) == nil)
        // The union's own calendar refuses what both give.
        let limited = Schedule.union([morning, noon]).within(.weekdays([.monday]))
        #expect(limited.absence(at: utc("2026-12-24T09:00:00Z")) == .outside)
        #expect(limited.absence(at: utc("2026-12-25T09:00:00Z")) == .excluded(by: nil))
    }
}
