import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Fleets of schedulers that come and go", .timeLimit(.minutes(10)))
struct FleetTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let count: Int
        let delivery: DeliveryGuarantee
        let seed: UInt64
        var testDescription: String { "\(count) schedulers, \(delivery.rawValue), seed \(seed)" }
    }

    /// `Tests/Scripts/engine-fleets` sets `ROTA_FLEETS` to run more of them.
    static let seeds = ProcessInfo.processInfo.environment["ROTA_FLEETS"].flatMap { UInt64($0) } ?? 1
    static let cases = [1, 2, 5].flatMap { count in
        [DeliveryGuarantee.atLeastOnce, .atMostOnce].flatMap { delivery in
            (1...max(1, seeds)).map { Case(count: count, delivery: delivery, seed: $0 &* 10 &+ UInt64(count)) }
        }
    }

    /// The number of unfinished and of running scheduled executions that a policy allows.
    struct Terms: Sendable {
        let overlap: OverlapPolicy
        var limits = JobLimits.none
        let live: Int
        let running: Int
    }

    static let terms = [
        Terms(overlap: .allow, live: .max, running: .max),
        Terms(overlap: .allow, limits: .concurrency(2), live: .max, running: 2),
        Terms(overlap: .skip, live: 1, running: 1),
        Terms(overlap: .queue, live: 2, running: 1),
        Terms(overlap: .queue(limit: 3), live: 4, running: 1),
        Terms(overlap: .queue(limit: nil), live: .max, running: 1),
        Terms(overlap: .replace, live: .max, running: 1),
    ]

    @Test(
        "Each occurrence has one outcome under every overlap policy, and concurrency stays in bounds", .rows("C-16"),
        arguments: cases)
    func overlaps(_ testCase: Case) async throws {
        let fleet = Fleet(seed: testCase.seed, longest: testCase.seed.isMultiple(of: 2) ? 90 : 200)
        let start = fleet.clock.now
        let last = 25
        var jobs: [(Job, Terms)] = []
        for (number, terms) in Self.terms.enumerated() {
            let schedule = Schedule.every(.seconds(60)).ending(at: start.addingTimeInterval(Double(last) * 60 + 1))
            let job = try await fleet.create(
                .init(
                    name: "job \(number)", schedule: schedule, action: .handler("work"),
                    retry: RetryPolicy(maxAttempts: 100, backoff: .fixed(.zero)), misfire: .all(limit: 10_000),
                    overlap: terms.overlap, retention: .last(100_000), limits: terms.limits,
                    delivery: testCase.delivery))
            jobs.append((job, terms))
        }
        try await fleet.live(rounds: 40, count: testCase.count) {
            for (job, terms) in jobs where terms.live < .max {
                let live = try await fleet.store.allExecutions(of: job.id).count { !$0.status.isTerminal }
                #expect(live <= terms.live)
            }
        }
        await fleet.advance(.seconds(6 * 3600))
        #expect(fleet.log.doubles == 0)
        #expect(fleet.log.early == 0)
        for (job, terms) in jobs {
            #expect(fleet.log.most(of: job.id) <= terms.running, "\(terms.overlap)")
            let audit = FleetAudit(
                executions: try await fleet.store.allExecutions(of: job.id), skips: await fleet.store.skips(of: job.id),
                overlap: terms.overlap, live: terms.live, delivery: testCase.delivery, log: fleet.log)
            let expected = (1...last).map { start.addingTimeInterval(Double($0) * 60) }
            #expect(audit.decided(every: 60) == expected, "\(terms.overlap)")
            #expect(audit.complaints == [], "\(terms.overlap)")
        }
        await fleet.stop()
    }
}
