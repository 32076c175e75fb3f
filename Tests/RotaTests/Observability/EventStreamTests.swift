import Foundation
import RotaTesting
import Testing

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
}
