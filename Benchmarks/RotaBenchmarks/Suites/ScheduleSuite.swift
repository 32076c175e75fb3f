import Foundation
import RotaSchedule

/// The goals of the Schedule module.
enum ScheduleSuite {
    static let benchmarks: [Benchmark] = [parsing, next]

    /// Dates from 2000 to 2037 from a fixed seed, so that every measurement uses the same ones.
    static func dates(_ count: Int) -> [Date] {
        var state: UInt64 = 0x5EED
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Date(timeIntervalSince1970: 946_684_800 + Double(state >> 33) / 2_147_483_648 * 1_167_609_600)
        }
    }

    private static let parsing = Benchmark(id: "P1", title: "Parse a cron expression", goal: "at most 300 ns") {
        scale in
        let texts = ["* * * * *", "30 9 * * 1-5", "0 0 29 2 *", "*/5 8-18 1,15 JAN-JUN MON-FRI", "0 0 L * FRI#2"]
        var figures: [Figure] = []
        for text in texts {
            let time = try medianNanoseconds(iterations: scale.iterations(400_000)) { _ in
                keep(try CronExpression(text))
            }
            figures.append(Figure("\"\(text)\"", time, "ns"))
        }
        return figures
    }

    private static let next = Benchmark(
        id: "P2", title: "CronExpression.next through the public call",
        goal: "at most 150 ns (leap day 400), 40 times Calendar.nextDate; allocations: schedule-allocations.sh"
    ) { scale in
        let cases: [(name: String, text: String, components: DateComponents)] = [
            ("dense", "* * * * *", DateComponents(second: 0)),
            ("weekday", "30 9 * * 1-5", DateComponents(hour: 9, minute: 30, second: 0, weekday: 2)),
            ("leap day", "0 0 29 2 *", DateComponents(month: 2, day: 29, hour: 0, minute: 0, second: 0)),
        ]
        let zones = ["GMT", "America/New_York", "Asia/Kolkata"].compactMap(TimeZone.init(identifier:))
        let dates = dates(1_024)
        var figures: [Figure] = []
        for (name, text, components) in cases {
            let expression = try CronExpression(text)
            for zone in zones {
                var calendar = Calendar(identifier: .gregorian)
                calendar.timeZone = zone
                let floor = medianNanoseconds(iterations: scale.iterations(2_000)) { index in
                    keep(
                        calendar.nextDate(
                            after: dates[index & 1_023], matching: components, matchingPolicy: .nextTime))
                }
                let time = medianNanoseconds(iterations: scale.iterations(400_000)) { index in
                    keep(expression.next(after: dates[index & 1_023], in: zone))
                }
                figures.append(
                    Figure(
                        "\(name), \(zone.identifier)", time, "ns",
                        ratio: (floor / time, "faster than Calendar.nextDate")))
                let schedule = Schedule.cron(expression, in: zone)
                let composed = medianNanoseconds(iterations: scale.iterations(400_000)) { index in
                    keep(schedule.next(after: dates[index & 1_023]))
                }
                figures.append(Figure("  the same through Schedule.next", composed, "ns"))
            }
        }
        return figures
    }
}
