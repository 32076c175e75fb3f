import Foundation
import RotaRetry
import RotaStore
import RotaTesting
import Testing

@Suite("Interruptions", .timeLimit(.minutes(20)))
struct InterruptionTests {
    /// The way in which a scheduler stops in good order.
    enum Stop: Sendable, CaseIterable { case shutdown, cancellation }

    struct Own: Error {}

    /// Starts a scheduler on the bench's store and clock, and stops it 10 seconds later, as a deployment does.
    ///
    /// - Returns: The messages of its events about releases.
    private func deploy(
        on bench: Bench, seed: UInt64, stop: Stop, calls: Recorded<Int>,
        _ work: @escaping @Sendable () async throws -> Void
    ) async throws -> [String] {
        let one = Bench(
            clock: bench.clock, store: bench.store, seed: seed,
            configuration: Bench.configuration { $0.shutdownGrace = .seconds(2) })
        try await one.scheduler.handle("work") { context in
            calls.add(context.attempt)
            try await work()
        }
        let events = one.scheduler.events()
        let running = Task { try await one.scheduler.run() }
        await one.advance(.seconds(10))
        if stop == .shutdown { one.scheduler.beginShutdown() } else { running.cancel() }
        await one.advance(.seconds(2))
        try await running.value
        var messages: [String] = []
        for await event in events where event.kind == .executionReleased { messages.append(event.message ?? "") }
        return messages
    }

    @Test("Each attempt that a stop interrupts is recorded, and none counts", arguments: Stop.allCases)
    func sixDeployments(stop: Stop) async throws {
        let (bench, calls) = (Bench(), Recorded<Int>())
        let (clock, begin) = (bench.clock, bench.clock.now)
        let job = try await bench.scheduler.create(
            .init(
                name: "report", schedule: .every(.seconds(3600)), action: .handler("work"),
                retry: .fixed(.seconds(1), maxAttempts: 2)))
        await clock.advance(by: .seconds(3600), driving: [])
        for count in 1...6 {
            let messages = try await deploy(on: bench, seed: UInt64(count + 1), stop: stop, calls: calls) {
                try await clock.sleep(until: clock.now.addingTimeInterval(1000))
            }
            #expect(messages.count == 1 && messages.first?.contains("interrupted \(count) times") == true)
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .queued && execution.failure == nil)
            #expect(execution.attempts.map(\.failure?.kind) == Array(repeating: .interrupted, count: count))
            #expect(execution.interruptionCount == count)
            #expect(try await bench.scheduler.job(job.id).statistics.lastRunAt == begin.addingTimeInterval(3600))
        }
        let explanation = try await bench.scheduler.explain(job.id, at: begin.addingTimeInterval(3600))
        #expect(explanation.description.contains("attempts: 6, of which 6 were interrupted"))
        // The policy allows two attempts that fail.
        _ = try await deploy(on: bench, seed: 8, stop: stop, calls: calls) { throw Own() }
        let ended = try #require(try await bench.executions(of: job.id).first)
        #expect(ended.status == .failed)
        #expect(ended.attempts.dropFirst(6).map(\.failure?.kind) == [.handlerError, .handlerError])
        #expect(calls.all == Array(1...8))
    }

    @Test(
        "An interrupted execution that must not run twice fails, and says why",
        arguments: Stop.allCases, [DeliveryGuarantee.atLeastOnce, .atMostOnce])
    func once(stop: Stop, delivery: DeliveryGuarantee) async throws {
        let (bench, calls) = (Bench(), Recorded<Int>())
        let (clock, begin) = (bench.clock, bench.clock.now)
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .immediately, action: .handler("work"),
                retry: delivery == .atMostOnce ? .fixed(.seconds(1), maxAttempts: 5) : .none
            ).with { $0.delivery = delivery })
        for seed in 2...4 {
            _ = try await deploy(on: bench, seed: UInt64(seed), stop: stop, calls: calls) {
                try await clock.sleep(until: clock.now.addingTimeInterval(1000))
            }
        }
        let ended = try #require(try await bench.executions(of: job.id).first)
        #expect(ended.status == .failed && ended.failure?.kind == .interrupted)
        #expect(ended.failure?.message.contains(delivery == .atMostOnce ? "at most once" : "one attempt only") == true)
        #expect(ended.attempts.count == 1 && calls.all == [1])
        #expect(try await bench.scheduler.job(job.id).statistics.lastRunAt == begin)
    }

    @Test("Interruptions say nothing about the endpoint, so a breaker does not count them")
    func breaker() {
        #expect(!FailureSet.endpointFailures.contains(.interrupted))
    }
}
