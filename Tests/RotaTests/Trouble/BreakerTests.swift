import Foundation
import RotaTesting
import Synchronization
import Testing

@Suite("Breakers of jobs")
struct BreakerTests {
    private final class Endpoint: Sendable {
        private let failing = Mutex(true)
        var isFailing: Bool {
            get { failing.withLock(\.self) }
            set { failing.withLock { $0 = newValue } }
        }
    }

    private func bench(_ endpoint: Endpoint) -> Bench {
        Bench { _ in try .status(endpoint.isFailing ? 503 : 200) }
    }

    private func draft(openFor: Backoff = .delays([.seconds(35), .seconds(65)])) throws -> JobDraft {
        var draft = JobDraft(
            name: "fragile", schedule: .every(.seconds(10)), action: .http(try .get("https://example.com/")),
            retry: .none)
        draft.definition.breaker = CircuitBreakerPolicy(consecutiveFailures: 3, openFor: openFor)
        return draft
    }

    @Test(
        "SX-18 Failures in a row pause the job with a reason; a probe that fails pauses it for longer, one that succeeds ends it"
    )
    func cycle() async throws {
        let endpoint = Endpoint()
        let bench = bench(endpoint)
        let log = ObserverLog()
        bench.scheduler.observe(log)
        let begin = bench.clock.now
        try await bench.running {
            let job = try await bench.scheduler.create(draft())
            await bench.advance(.seconds(31))
            var seen = try await bench.scheduler.job(job.id)
            #expect(seen.position.isHeldByBreaker)
            #expect(seen.position.resumesAt == begin.addingTimeInterval(65))
            #expect(seen.position.reason?.contains("3 of 3 attempts failed") == true)
            #expect(bench.transport.requests.count == 3)
            // Open from 30 to 65; the probe at 70 fails, and the next one is at or after 135.
            await bench.advance(.seconds(40))
            #expect(bench.transport.requests.count == 4)
            seen = try await bench.scheduler.job(job.id)
            #expect(seen.position.isHeldByBreaker)
            #expect(seen.position.resumesAt == begin.addingTimeInterval(135))
            endpoint.isFailing = false
            await bench.advance(.seconds(70))
            seen = try await bench.scheduler.job(job.id)
            #expect(seen.position.state == .active)
            #expect(seen.position.breaker == nil)
            #expect(bench.transport.requests.count == 5)
            await bench.advance(.seconds(10))
            #expect(bench.transport.requests.count == 6)
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(Set(skips.map(\.reason)) == [.breaker])
            #expect(skips.map { $0.count ?? 0 }.reduce(0, +) == 3 + 6)
            #expect(log.all.filter { $0.hasPrefix("breaker") } == ["breaker open", "breaker open", "breaker closed"])
        }
    }

    @Test("A success in between, a cancellation and what the endpoint has no part in move nothing")
    func notCounted() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { context in
            let number = Int(context.lateness / .seconds(1)) + Int(context.scheduledFor.timeIntervalSince1970 / 10) % 3
            if number == 0 { return }
            throw AttemptFailure(number == 1 ? .timeout : .missingSecret)
        }
        var draft = try draft()
        draft.definition.action = .handler("work")
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(300))
            #expect(try await bench.scheduler.job(job.id).position.state == .active)
            #expect(try await bench.executions(of: job.id).count == 30)
        }
    }

    @Test("A manual run of a paused job does not move its breaker, and a person's resume closes it")
    func byHand() async throws {
        let endpoint = Endpoint()
        let bench = bench(endpoint)
        try await bench.running {
            let job = try await bench.scheduler.create(draft(openFor: .fixed(.seconds(3600))))
            await bench.advance(.seconds(31))
            let held = try await bench.scheduler.job(job.id).position.breaker
            #expect(held?.trip != nil)
            try await bench.scheduler.runNow(job.id)
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.job(job.id).position.breaker == held)
            endpoint.isFailing = false
            let resumed = try await bench.scheduler.resume(job.id)
            #expect(resumed.position.state == .active)
            #expect(resumed.position.breaker == nil)
        }
    }

    @Test("While a probe is under way, other occurrences are skipped because of the breaker")
    func oneProbe() async throws {
        let bench = Bench()
        let clock = bench.clock
        let calls = Tally<Date>()
        try await bench.scheduler.handle("work") { context in
            calls.add(context.scheduledFor)
            guard calls.all.count > 3 else { throw AttemptFailure(.timeout) }
            try await clock.sleep(until: clock.now.addingTimeInterval(45))
        }
        let begin = clock.now
        var draft = try draft()
        draft.definition.action = .handler("work")
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(110))
            // The probe runs from 70 to 115.
            #expect(calls.all == [10, 20, 30, 70].map { begin.addingTimeInterval($0) })
            await bench.advance(.seconds(15))
            #expect(calls.all.last == begin.addingTimeInterval(120))
            #expect(try await bench.scheduler.skips(of: job.id).allSatisfy { $0.reason == .breaker })
        }
    }
}
