import Foundation
import RotaTesting
import Testing

/// Every misfire policy, downtime and maximum lateness, against a table computed occurrence by occurrence.
@Suite("Misfire table")
struct MisfireTableTests {
    enum Rule: Sendable, CaseIterable { case skip, latest, all }

    struct Row: Sendable, CustomTestStringConvertible {
        let rule: Rule
        let downtime: Int
        let lateness: Int?
        var testDescription: String { "\(rule), down \(downtime) s, late \(lateness.map { "\($0) s" } ?? "any")" }

        var policy: MisfirePolicy {
            let limit = lateness.map { Duration.seconds($0) }
            return switch rule {
            case .skip: limit.map { .skip(maximumLateness: $0) } ?? .skip
            case .latest: limit.map { .latest(maximumLateness: $0) } ?? .latest
            case .all: .all(limit: 4, maximumLateness: limit)
            }
        }

        /// What becomes of each due occurrence, by the documentation of the policies.
        var expected: [Int: String] {
            let due = Array(stride(from: 60, through: downtime, by: 60))
            let chosen =
                switch rule {
                case .skip: 0
                case .latest: 1
                case .all: 4
                }
            let outcomes = due.map { date in
                if let lateness, downtime - date > lateness { return "too_late" }
                return downtime - date <= 5 || due.suffix(chosen).contains(date) ? "fired" : "misfire"
            }
            return Dictionary(uniqueKeysWithValues: zip(due, outcomes))
        }
    }

    static let rows = Rule.allCases.flatMap { rule in
        [0, 59, 60, 63, 119, 120, 170, 305, 600, 3630].flatMap { downtime in
            [nil, 0, 4, 30, 61, 200].map { Row(rule: rule, downtime: downtime, lateness: $0) }
        }
    }

    @Test(
        "After a downtime the policy decides what fires, and every occurrence has one outcome",
        arguments: rows)
    func row(_ row: Row) async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(60)), action: .handler("work"), misfire: row.policy))
        bench.clock.set(to: start.addingTimeInterval(Double(row.downtime)))
        try await bench.running { await bench.advance(.zero) }
        var outcomes: [(Int, String)] = try await bench.executions().map {
            (Int($0.scheduledFor.timeIntervalSince(start)), "fired")
        }
        for skip in try await bench.scheduler.skips(of: job.id) {
            let (first, last) = (Int(skip.first.timeIntervalSince(start)), Int(skip.last.timeIntervalSince(start)))
            outcomes += stride(from: first, through: last, by: 60).map { ($0, skip.reason.rawValue) }
            #expect(skip.count == (last - first) / 60 + 1)
        }
        #expect(outcomes.count == row.expected.count)
        #expect(Dictionary(outcomes) { first, _ in first } == row.expected)
    }

    @Test("After 30 days of suspension one occurrence fires, and one record covers the other 43,199")
    func suspended() async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .every(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(1))
            bench.clock.set(to: start.addingTimeInterval(30 * 86_400 + 1))
            await bench.advance(.zero)
            #expect(try await bench.executions().map { $0.scheduledFor.timeIntervalSince(start) } == [30 * 86_400])
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(skips.map { $0.first.timeIntervalSince(start) } == [60])
            let lastSkipped = skips.map { $0.last.timeIntervalSince(start) }
            #expect(lastSkipped == [30 * 86_400 - 60])
            #expect(try await bench.scheduler.job(job.id).nextRunAt == start.addingTimeInterval(30 * 86_400 + 60))
        }
    }

    @Test("A clock set back an hour fires nothing twice and nothing early")
    func setBack() async throws {
        let bench = Bench()
        let (clock, start, early) = (bench.clock, bench.clock.now, Recorded<Date>())
        try await bench.scheduler.handle("work") { context in
            if clock.now < context.execution.scheduledFor { early.add(clock.now) }
        }
        try await bench.running {
            try await bench.scheduler.create(.init(name: "x", schedule: .every(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(7200))
            clock.set(to: start.addingTimeInterval(3600))
            await bench.advance(.seconds(3600 + 180))
            let fired = try await bench.executions().map { Int($0.scheduledFor.timeIntervalSince(start)) / 60 }
            #expect(fired == Array(1...123))
            #expect(early.all.isEmpty)
        }
    }

    @Test(
        "Nights of daylight-saving changes fire what the schedule names, in three zones",
        arguments: [
            ("America/New_York", "2026-03-08T00:00:00Z", "30 2 * * *", ["2026-03-08T07:00:00Z"]),
            ("Europe/Berlin", "2026-10-24T22:30:00Z", "30 2 * * *", ["2026-10-25T00:30:00Z"]),
            (
                "Australia/Lord_Howe", "2026-04-04T14:00:00Z", "*/30 1 * * *",
                ["2026-04-04T14:00:00Z", "2026-04-04T14:30:00Z", "2026-04-04T15:00:00Z"]
            ),
        ])
    func daylightSaving(zone: String, begin: String, cron: String, expected: [String]) async throws {
        let clock = ManualClock(now: try Date(utc: begin).addingTimeInterval(-1))
        let bench = Bench(clock: clock)
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "x", schedule: .cron(cron, in: zone), action: .handler("work")))
            await bench.advance(.seconds(8 * 3600))
            let fired = try await bench.executions().map(\.scheduledFor)
            let dates = try expected.map { try Date(utc: $0) }
            #expect(fired == dates)
        }
    }
}
