import Foundation
import RotaTestSupport
import RotaTesting
import Testing

/// The ways in which an execution finishes without an attempt.
@Suite("Notification timing", .timeLimit(.minutes(20)))
struct NotificationTimingTests {
    enum Cause: Sendable, CaseIterable { case canceled, answered, replaced, expired }

    private func draft(_ cause: Cause) -> JobDraft {
        var draft = JobDraft(
            name: "watched", schedule: .every(.seconds(3600)), action: .handler("park"),
            overlap: cause == .replaced ? .replace : .allow)
        draft.definition.notifications = [NotificationRule(on: .completion, .handler("tell"))]
        return draft
    }

    @Test(
        "The notification of an execution that did not finish by itself is observed, counted and delivered immediately",
        .rows("K-15"),
        arguments: Cause.allCases)
    func atOnce(cause: Cause) async throws {
        let (bench, told, log) = (Bench(), Recorded<ExecutionStatus>(), ObserverLog())
        let clock = bench.clock
        bench.scheduler.observe(log)
        try await bench.scheduler.handle("park") { _ in
            throw WaitForCompletion(until: cause == .expired ? clock.now.addingTimeInterval(7) : nil)
        }
        try await bench.scheduler.handle("tell", payload: ExecutionNotification.self) { notification, _ in
            told.add(notification.status)
        }
        try await bench.running {
            let job = try await bench.scheduler.create(draft(cause))
            switch cause {
            case .canceled:
                let run = try await bench.scheduler.trigger(job.id, at: clock.now.addingTimeInterval(600))
                await bench.advance(.seconds(1))
                try await bench.scheduler.cancel(run.id)
            case .answered:
                let run = try await bench.scheduler.trigger(job.id)
                await bench.advance(.seconds(1))
                try await bench.scheduler.complete(run.id, as: .succeeded)
            case .replaced:
                await bench.advance(.seconds(3600))
                await bench.advance(.seconds(3600))
            case .expired:
                try await bench.scheduler.trigger(job.id)
                await bench.advance(.seconds(7))
            }
            await bench.advance(.zero)
            let ends: [Cause: ExecutionStatus] = [.answered: .succeeded, .expired: .expired]
            #expect(told.all == [ends[cause] ?? .canceled])
            #expect(log.all.count { $0 == "queued notification" } == 1)
            #expect(try await bench.scheduler.metrics().queued[.notification] == 1)
        }
    }

    @Test("Waiting for an execution returns as soon as it expires")
    func expiryEndsTheWait() async throws {
        let bench = Bench()
        let (clock, begin) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("park") { _ in throw WaitForCompletion(until: clock.now.addingTimeInterval(7))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(draft(.expired))
            let run = try await bench.scheduler.trigger(job.id)
            let waiting = Task { (try await bench.scheduler.waitForCompletion(of: run.id).status, clock.now) }
            // The driver sleeps, and the wait polls the store.
            await clock.sleepersReach(2)
            await bench.advance(.seconds(7))
            let (status, date) = try await waiting.value
            #expect(status == .expired)
            #expect(date == begin.addingTimeInterval(7))
        }
    }
}
