import Foundation
import RotaTestSupport
import RotaTesting
import Synchronization
import Testing

@Suite("Circuit breakers")
struct CircuitBreakerTests {
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
        "Consecutive failures open the breaker; a failed probe extends the pause, a successful one closes it",
        .rows("SX-18")
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
            #expect(seen.scheduleState.isHeldByBreaker)
            #expect(seen.scheduleState.resumesAt == begin.addingTimeInterval(65))
            #expect(seen.scheduleState.reason?.contains("3 of 3 attempts failed") == true)
            #expect(bench.transport.requests.count == 3)
            // Open from 30 to 65; the probe at 70 fails, and the next one is at or after 135.
            await bench.advance(.seconds(40))
            #expect(bench.transport.requests.count == 4)
            seen = try await bench.scheduler.job(job.id)
            #expect(seen.scheduleState.isHeldByBreaker)
            #expect(seen.scheduleState.resumesAt == begin.addingTimeInterval(135))
            endpoint.isFailing = false
            await bench.advance(.seconds(70))
            seen = try await bench.scheduler.job(job.id)
            #expect(seen.scheduleState.state == .active)
            #expect(seen.scheduleState.breaker == nil)
            #expect(bench.transport.requests.count == 5)
            await bench.advance(.seconds(10))
            #expect(bench.transport.requests.count == 6)
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(Set(skips.map(\.reason)) == [.breaker])
            let skipped = skips.map { $0.count ?? 0 }.reduce(0, +)
            #expect(skipped == 3 + 6)
            #expect(log.all.filter { $0.hasPrefix("breaker") } == ["breaker open", "breaker open", "breaker closed"])
        }
    }

    @Test("Successes, cancellations and failures that are not the endpoint's do not open the breaker")
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
            #expect(try await bench.scheduler.job(job.id).scheduleState.state == .active)
            #expect(try await bench.executions(of: job.id).count == 30)
        }
    }

    @Test("A manual execution does not affect an open breaker, and resuming the job closes it")
    func byHand() async throws {
        let endpoint = Endpoint()
        let bench = bench(endpoint)
        try await bench.running {
            let job = try await bench.scheduler.create(draft(openFor: .fixed(.seconds(3600))))
            await bench.advance(.seconds(31))
            let held = try await bench.scheduler.job(job.id).scheduleState.breaker
            #expect(held?.trip != nil)
            try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.job(job.id).scheduleState.breaker == held)
            endpoint.isFailing = false
            let resumed = try await bench.scheduler.resume(job.id)
            #expect(resumed.scheduleState.state == .active)
            #expect(resumed.scheduleState.breaker == nil)
        }
    }

    @Test("Occurrences during a probe are skipped because of the breaker")
    func oneProbe() async throws {
        let bench = Bench()
        let clock = bench.clock
        let calls = Recorded<Date>()
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

    @Test(
        "A probe that crashes with its scheduler neither closes the breaker nor leaves it half-open",
        arguments: [1, 2])
    func crashedProbe(attempts: Int) async throws {
        let (clock, store) = (ManualClock(), InMemoryJobStore())
        let begin = clock.now
        let isCutOff = Latch()
        struct Death: Error {}
        // The probe of the first scheduler hangs until its process is killed.
        let first = Bench(
            clock: clock, store: HookedStore(base: store, before: { _ in if isCutOff.isSet { throw Death() } }), seed: 1
        ) { _ in
            if clock.now > begin.addingTimeInterval(60) { try await clock.sleep(until: .distantFuture) }
            return try .status(503)
        }
        let second = Bench(clock: clock, store: store, seed: 2) { _ in try .status(200) }
        var draft = try draft()
        draft.definition.retry = .fixed(.seconds(1), maxAttempts: attempts)
        draft.definition.retry.retrying = .none
        let job = try await first.scheduler.create(draft)
        let dying = Task { try? await first.scheduler.run() }
        await first.advance(.seconds(71))
        #expect(try await first.scheduler.job(job.id).scheduleState.breaker?.trip != nil)
        isCutOff.set()
        dying.cancel()
        _ = await dying.value
        try await second.running {
            await second.advance(.seconds(28))
            // The probe's lease lasts until 100. Until then its result is unknown, and no other execution is admitted.
            #expect(second.transport.requests.isEmpty)
            await second.advance(.seconds(21))
            let seen = try await second.scheduler.job(job.id)
            #expect(seen.state == .active && seen.scheduleState.breaker == nil)
            let probe = try #require(
                try await second.executions(of: job.id).first { $0.scheduledFor == begin.addingTimeInterval(70) })
            #expect(probe.status == (attempts == 1 ? .failed : .succeeded))
            #expect(probe.attempts.first?.failure?.kind == .crashed)
            #expect(try await second.scheduler.skips(of: job.id).allSatisfy { $0.reason == .breaker })
        }
    }

    private func failing(
        _ openFor: Duration, probeLease: Duration, every seconds: Int = 60, overlap: OverlapPolicy = .allow
    ) -> JobDraft {
        var draft = JobDraft(
            name: "fragile", schedule: .every(.seconds(seconds)), action: .handler("work"), retry: .none,
            overlap: overlap)
        draft.definition.breaker = CircuitBreakerPolicy(
            consecutiveFailures: 1, openFor: .fixed(openFor), probeLease: probeLease)
        return draft
    }

    private struct Broken: Error {}

    @Test("A probe that the overlap policy skips gives its permit back")
    func skippedProbe() async throws {
        let (bench, endpoint) = (Bench(), Endpoint())
        let (clock, start) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("work") { context in
            if context.execution.source == .manual {
                try await clock.sleep(until: clock.now.addingTimeInterval(30))
            } else if endpoint.isFailing {
                throw Broken()
            }
        }
        let job = try await bench.scheduler.create(
            failing(.seconds(60), probeLease: .seconds(300), overlap: .skip.countingTriggered()))
        try await bench.running {
            await bench.advance(.seconds(61))
            endpoint.isFailing = false
            await bench.advance(.seconds(49))
            _ = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(131))
            let fired = try await bench.executions(of: job.id).filter { $0.source == .schedule }
            #expect(fired.map { $0.scheduledFor.timeIntervalSince(start) } == [60, 180, 240])
            #expect(try await bench.scheduler.skips(of: job.id).map(\.reason) == [.overlap])
            #expect(try await bench.scheduler.job(job.id).scheduleState.breaker == nil)
        }
    }

    @Test("The late end of a probe from an earlier outage says nothing about the next one")
    func lateProbe() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("work") { context in
            switch context.scheduledFor.timeIntervalSince(start) {
            case 10, 90: throw Broken()
            case 20: try await clock.sleep(until: start.addingTimeInterval(105))
            case 100:
                try await clock.sleep(until: start.addingTimeInterval(107))
                throw Broken()
            default: break
            }
        }
        let job = try await bench.scheduler.create(failing(.seconds(10), probeLease: .seconds(60), every: 10))
        try await bench.running {
            await bench.advance(.seconds(106))
            let probed = try await bench.scheduler.job(job.id)
            #expect(probed.scheduleState.breaker?.trip != nil)
            await bench.advance(.seconds(2))
            let failed = try await bench.scheduler.job(job.id)
            #expect(failed.scheduleState.isHeldByBreaker)
        }
    }

    @Test("A queued probe that a later one replaces gives its permit back")
    func replacedProbe() async throws {
        let endpoint = Endpoint()
        let bench = Bench(configuration: Bench.configuration { $0.maximumConcurrency = 1 })
        let (clock, start) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("work") { _ in if endpoint.isFailing { throw Broken() } }
        try await bench.scheduler.handle("block") { _ in try await clock.sleep(until: start.addingTimeInterval(270)) }
        var draft = failing(.seconds(60), probeLease: .seconds(3600), overlap: .replace)
        draft.definition.breaker = CircuitBreakerPolicy(
            consecutiveFailures: 1, openFor: .fixed(.seconds(60)), probes: 2, probeLease: .seconds(3600))
        let job = try await bench.scheduler.create(draft)
        let blocker = try await bench.scheduler.create(JobDraft(queue: "block"))
        try await bench.running {
            await bench.advance(.seconds(61))
            endpoint.isFailing = false
            await bench.advance(.seconds(49))
            _ = try await bench.scheduler.trigger(blocker.id)
            await bench.advance(.seconds(165))
            let executions = try await bench.executions(of: job.id)
            #expect(executions.map(\.status) == [.failed, .canceled, .canceled, .succeeded])
            #expect(executions.last?.scheduledFor == start.addingTimeInterval(240))
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }
}
