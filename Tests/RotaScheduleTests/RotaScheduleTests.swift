import Foundation
import RotaSchedule
import Testing

@Suite struct FrontDoorTests {
    @Test func weekdays() throws {
        let schedule = try Schedule.cron("30 9 * * 1-5", in: "America/New_York")
        let start = Date(timeIntervalSince1970: 1_772_000_000)
        var instants: [Double] = []
        var last = start
        for _ in 0..<12 { last = try #require(schedule.next(after: last)); instants.append(last.timeIntervalSince1970) }
        print(instants)
        let again = try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule))
        #expect(again == schedule)
        #expect(throws: ScheduleError.self) { try Schedule.cron("60 * * * *") }
        #expect(throws: ScheduleError.self) { try Schedule.cron("0 * * * *", in: "Mars/Base") }
    }
}
