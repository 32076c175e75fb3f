import Foundation
import RotaTesting
import Testing

@Suite("Misfires")
struct MisfireTests {
    let start = ManualClock().now

    struct Case: Sendable, CustomTestStringConvertible {
        let policy: MisfirePolicy
        let downtime: Int
        /// The minutes that fire, and those that are skipped with the reason.
        let fired: [Int]
        let skipped: [String]

        var testDescription: String { "\(policy.rule), \(downtime) s" }
    }

    /// A job of every minute, created at 0:00, whose scheduler starts after the downtime.
    static let cases = [
        Case(policy: .latest, downtime: 62, fired: [1], skipped: []),
        Case(policy: .latest, downtime: 70, fired: [1], skipped: []),
        Case(policy: .latest, downtime: 600, fired: [10], skipped: ["1–9 misfire 9"]),
        Case(policy: .latest, downtime: 630, fired: [10], skipped: ["1–9 misfire 9"]),
        Case(policy: .skip, downtime: 62, fired: [1], skipped: []),
        Case(policy: .skip, downtime: 70, fired: [], skipped: ["1–1 misfire 1"]),
        Case(policy: .skip, downtime: 600, fired: [10], skipped: ["1–9 misfire 9"]),
        Case(policy: .skip, downtime: 630, fired: [], skipped: ["1–10 misfire 10"]),
        Case(policy: .all(limit: 3), downtime: 630, fired: [8, 9, 10], skipped: ["1–7 misfire 7"]),
        Case(policy: .all(limit: 100), downtime: 630, fired: Array(1...10), skipped: []),
        Case(policy: .latest(maximumLateness: .seconds(60)), downtime: 630, fired: [10], skipped: ["1–9 too_late 9"]),
        Case(
            policy: .latest(maximumLateness: .seconds(10)), downtime: 630, fired: [],
            skipped: ["1–10 too_late 10"]),
        Case(
            policy: .all(limit: 100, maximumLateness: .seconds(200)), downtime: 630, fired: [8, 9, 10],
            skipped: ["1–7 too_late 7"]),
        Case(
            policy: .latest(maximumLateness: .seconds(200)), downtime: 630, fired: [10],
            skipped: ["1–7 too_late 7", "8–9 misfire 2"]),
        Case(
            policy: .skip(maximumLateness: .seconds(200)), downtime: 630, fired: [],
            skipped: ["1–7 too_late 7", "8–10 misfire 3"]),
        Case(policy: .skip(maximumLateness: .seconds(1)), downtime: 62, fired: [], skipped: ["1–1 too_late 1"]),
        Case(policy: .latest(maximumLateness: .seconds(1)), downtime: 62, fired: [], skipped: ["1–1 too_late 1"]),
        Case(
            policy: .all(limit: 1, maximumLateness: .seconds(90)), downtime: 630, fired: [10],
            skipped: ["1–8 too_late 8", "9–9 misfire 1"]),
    ]

    @Test("The misfire policy decides what fires after a downtime", arguments: cases)
    func downtime(_ testCase: Case) async throws {
        let bench = Bench()
        let start = bench.clock.now
        let job = try await bench.scheduler.create(
            .init(
                name: "minutely", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/")),
                misfire: testCase.policy))
        bench.clock.set(to: start.addingTimeInterval(Double(testCase.downtime)))
        try await bench.running { await bench.advance(.zero) }

        let minute = { (date: Date) in Int(date.timeIntervalSince(start) / 60) }
        let executions = try await bench.executions(of: job.id)
        #expect(executions.map { minute($0.scheduledFor) } == testCase.fired)
        let skips = try await bench.scheduler.skips(of: job.id)
        #expect(
            skips.map { "\(minute($0.first))–\(minute($0.last)) \($0.reason.rawValue) \($0.count ?? -1)" }
                == testCase.skipped)
        let next = try await bench.scheduler.job(job.id).nextRunAt
        #expect(next == start.addingTimeInterval(Double(testCase.downtime / 60 + 1) * 60))
    }

    @Test(
        "Occurrences that were not missed fire under every policy",
        arguments: [MisfirePolicy.latest, .skip, .all(limit: 1), .all(limit: 100)])
    func notMissed(policy: MisfirePolicy) async throws {
        let bench = Bench(configuration: Bench.configuration { $0.misfireThreshold = .seconds(2) })
        let job = try await bench.scheduler.create(
            .init(
                name: "j", schedule: .every(.seconds(1)), action: .http(.get("https://example.com/")), misfire: policy))
        let start = bench.clock.now
        bench.clock.set(to: start.addingTimeInterval(14.5))
        try await bench.running { await bench.advance(.zero) }
        let fired = try await bench.executions(of: job.id).map { Int($0.scheduledFor.timeIntervalSince(start)) }
        // 13 is 1.5 s late and 12 is 2.5 s late, so 13 and 14 were not missed.
        #expect(fired == (policy == .all(limit: 100) ? Array(1...14) : [13, 14]))
        let skipped = try await bench.scheduler.skips(of: job.id).compactMap(\.count).reduce(0, +)
        #expect(fired.count + skipped == 14)
    }

    @Test("Every occurrence has one outcome across random downtimes", arguments: 1...20)
    func oneVerdictEach(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let clock = ManualClock()
        let start = clock.now
        let store = InMemoryJobStore()
        let policies: [MisfirePolicy] = [
            .latest, .skip, .all(limit: 2), .latest(maximumLateness: .seconds(90)),
            .all(limit: 5, maximumLateness: .seconds(200)), .skip(maximumLateness: .seconds(3)),
        ]
        let period = Int.random(in: 1...90, using: &random)
        let first = Bench(clock: clock, store: store, seed: seed)
        let job = try await first.scheduler.create(
            .init(
                name: "job", schedule: .every(.seconds(period)), action: .http(.get("https://example.com/")),
                misfire: policies.randomElement(using: &random) ?? .latest, retention: .last(100_000)))
        for round in 0..<10 {
            let bench = Bench(clock: clock, store: store, seed: seed &+ UInt64(round))
            try await bench.running { await bench.advance(.seconds(Int.random(in: 0...300, using: &random))) }
            clock.set(to: clock.now.addingTimeInterval(Double.random(in: 0...600, using: &random)))
        }
        let last = Bench(clock: clock, store: store)
        try await last.running { await last.advance(.zero) }

        var verdicts: [Date: Int] = [:]
        for execution in try await last.executions(of: job.id) { verdicts[execution.scheduledFor, default: 0] += 1 }
        for skip in try await last.scheduler.skips(of: job.id) {
            var date = skip.first
            var count = 0
            while date <= skip.last {
                verdicts[date, default: 0] += 1
                count += 1
                date = date.addingTimeInterval(Double(period))
            }
            #expect(skip.count == count)
        }
        let due = Int(clock.now.timeIntervalSince(start)) / period
        #expect(verdicts.count == due)
        #expect(verdicts.values.allSatisfy { $0 == 1 })
    }

    @Test("A one-shot in the past has one outcome under every policy", arguments: 0..<5)
    func pastOnce(index: Int) async throws {
        let policies: [MisfirePolicy] = [
            .latest, .skip, .all(limit: 5), .latest(maximumLateness: .seconds(60)),
            .all(limit: 5, maximumLateness: .seconds(7200)),
        ]
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(
                name: "j", schedule: .once(at: start.addingTimeInterval(-3600)),
                action: .http(.get("https://example.com/")), misfire: policies[index]))
        try await bench.running { await bench.advance(.seconds(10)) }
        let fired = try await bench.executions(of: job.id).count
        let skips = try await bench.scheduler.skips(of: job.id).count
        #expect(fired == [1, 0, 1, 0, 1][index])
        #expect(skips == [0, 1, 0, 1, 0][index])
        #expect(try await bench.scheduler.job(job.id).state == .completed)
    }

    @Test("A one-shot that passed while its job was a draft has one outcome")
    func draftOnce() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .once(at: start.addingTimeInterval(60)),
                    action: .http(.get("https://example.com/"))
                ).with { $0.state = .draft })
            await bench.advance(.seconds(120))
            try await bench.scheduler.resume(job.id)
            await bench.advance(.seconds(10))
            let verdicts =
                try await bench.executions(of: job.id).count + bench.scheduler.skips(of: job.id).count
            #expect(verdicts == 1)
        }
    }
}
