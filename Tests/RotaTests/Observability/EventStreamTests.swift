import Foundation
import RotaStore
import RotaTesting
import Testing

@testable import Rota

@Suite("Event stream")
struct EventStreamTests {
    @Test("Events beyond the capacity are dropped, the oldest first, and counted")
    func drops() async throws {
        let bench = Bench()
        let events = bench.scheduler.events(keeping: 2)
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(600))
        }
        var dates: [Date] = []
        for await event in events { dates.append(event.date) }
        #expect(dates == [bench.clock.now, bench.clock.now])
        #expect(events.droppedCount == 18)
    }

    @Test("An immediate execution has a queued event")
    func queuedEvent() async throws {
        let bench = Bench()
        let events = bench.scheduler.events()
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(1))
        }
        var kinds: [SchedulerEvent.Kind] = []
        for await event in events { kinds.append(event.kind) }
        #expect(kinds == [.executionQueued, .executionFinished])
    }

    @Test("The event of a failure names the rule that allowed no other attempt")
    func stopReasons() async throws {
        let bench = Bench { _ in throw TransportError(.connectionReset, "reset") }
        try await bench.scheduler.handle("final") { _ in throw DoNotRetry("The account is closed.") }
        try await bench.scheduler.handle("fails") { _ in throw RetryLater(after: .seconds(1)) }
        let events = bench.scheduler.events()
        try await bench.running {
            try await bench.scheduler.create(.init(name: "final", schedule: .immediately, action: .handler("final")))
            try await bench.scheduler.create(
                .init(name: "fails", schedule: .immediately, action: .handler("fails"), retry: .none))
            try await bench.scheduler.create(
                .init(name: "doubt", schedule: .immediately, action: .http(.post("https://example.com/")))
                    .with { $0.delivery = .atMostOnce })
            await bench.advance(.seconds(10))
        }
        var reasons: [String: String] = [:]
        for await event in events where event.kind == .executionFinished {
            reasons[event.jobName] = event.message ?? ""
        }
        #expect(
            reasons == [
                "final": "not retried: requested_by_handler", "fails": "not retried: attempts_exhausted",
                "doubt": "not retried: delivery_guarantee",
            ])
    }

    @Test("Occurrences within a pause have a skipped event")
    func pausedEvent() async throws {
        let bench = Bench()
        let events = bench.scheduler.events()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(90))
            try await bench.scheduler.resume(job.id)
        }
        var kinds: [SchedulerEvent.Kind] = []
        for await event in events { kinds.append(event.kind) }
        #expect(kinds == [.jobPaused, .occurrencesSkipped, .jobResumed])
    }

    @Test("A scheduler that runs again has events again")
    func eventsOfSecondRun() async throws {
        let bench = Bench()
        try await bench.running { await bench.advance(.zero) }
        let events = bench.scheduler.events()
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(1))
        }
        var count = 0
        for await _ in events { count += 1 }
        #expect(count > 0)
    }

    @Test("With a retention of 0 nothing is kept, and events still arrive")
    func retentionZero() async throws {
        let bench = Bench()
        let events = bench.scheduler.events()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/")),
                    retention: .last(0)))
            await bench.advance(.seconds(180))
            #expect(try await bench.executions(of: job.id).isEmpty)
            #expect(try await bench.scheduler.job(job.id).succeeded == 3)
        }
        var count = 0
        for await event in events where event.kind == .executionFinished { count += 1 }
        #expect(count == 3)
    }

    /// The kinds and jobs of the events so far, of a scheduler that has stopped.
    private static func queued(_ events: SchedulerEvent.Stream) async -> [String] {
        var names: [String] = []
        for await event in events where event.kind == .executionQueued { names.append(event.jobName) }
        return names
    }

    @Test("Each execution of a serial backfill is told of once, and counted once")
    func serialBackfill() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let events = bench.scheduler.events()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "hourly", schedule: .every(.seconds(3600), anchor: Date(timeIntervalSince1970: 0)),
                    action: .handler("work")))
            let end = bench.clock.now
            let backfill = try await bench.scheduler.backfill(
                job.id, end.addingTimeInterval(-3 * 3600)..<end, overlap: .serial)
            #expect(backfill.created == 3)
            await bench.advance(.seconds(10))
            #expect(try await bench.executions(of: job.id).allSatisfy { $0.status == .succeeded })
            #expect(try await bench.scheduler.metrics().queued == [.backfill: 3])
        }
        #expect(await Self.queued(events) == ["hourly", "hourly", "hourly"])
    }

    @Test("What follows a batch is told of once, when the batch is enqueued")
    func followUp() async throws {
        let bench = Bench()
        let log = ObserverLog()
        bench.scheduler.observe(log)
        try await bench.scheduler.handle("work") { _ in }
        try await bench.scheduler.handle("end") { _ in }
        let events = bench.scheduler.events()
        try await bench.running {
            let batch = try await bench.scheduler.enqueue(
                "work", [TriggerRequest(), TriggerRequest()], then: TriggerRequest.FollowUp("end"))
            let followUp = try #require(batch.followUp)
            await bench.advance(.seconds(10))
            #expect(try await bench.scheduler.execution(followUp.id).status == .succeeded)
            #expect(try await bench.scheduler.metrics().queued == [.manual: 3])
        }
        #expect(log.all.filter { $0.hasPrefix("queued") }.count == 3)
        #expect(await Self.queued(events).sorted() == ["end", "work", "work"])
    }

    /// Notes whether the driver was woken before it was told what was queued.
    private final class EarlyWake: SchedulerObserver {
        let wakes = Recorded<Bool>()
        private let signal: Signal

        init(_ signal: Signal) { self.signal = signal }

        func didEnqueue(_ executions: [Execution], at date: Date) { wakes.add(signal.lower()) }
    }

    @Test("The driver is woken after it was told what was queued")
    func order() async throws {
        let bench = Bench()
        let signal = await bench.scheduler.context.signal
        let observer = EarlyWake(signal)
        bench.scheduler.observe(observer)
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/"))))
        #expect(signal.lower())
        try await bench.scheduler.trigger(job.id)
        #expect(signal.lower())
        _ = try await bench.scheduler.declare(
            [.init(name: "d", schedule: .immediately, action: .http(.get("https://example.com/")))], owner: "app")
        #expect(signal.lower())
        #expect(observer.wakes.all == [false, false, false])
    }
}
