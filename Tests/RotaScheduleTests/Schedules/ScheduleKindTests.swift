import Foundation
import RotaSchedule
import Testing

@Suite("Schedules read back")
struct ScheduleKindTests {
    @Test("The kind of a schedule is what it was made of, whatever its limits")
    func kinds() throws {
        let date = Date(timeIntervalSince1970: 1_800_000_000)
        let cron = try Schedule.cron("0 9 * * 1", in: "Europe/Paris").limited(toRuns: 3)
        guard case .cron(let expression, "Europe/Paris") = cron.kind else {
            Issue.record("\(cron.kind)")
            return
        }
        #expect(expression.source == "0 9 * * 1")
        #expect(Schedule.every(.seconds(90), anchor: date).kind == .every(.seconds(90), anchor: date))
        #expect(Schedule.afterCompletion(.seconds(5)).ending(at: date).kind == .afterCompletion(.seconds(5)))
        #expect(Schedule.once(at: date).kind == .once(date))
        #expect(Schedule.immediately.kind == .immediately)
        #expect(Schedule.onDemand.kind == .onDemand)
        let both = [Schedule.once(at: date), Schedule.every(.seconds(60))]
        #expect(Schedule.union(both).kind == .union(both))
    }
}
