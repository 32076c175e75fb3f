import Foundation
import RotaTesting
import Testing

@Suite("Attack: hostile calls and schedules", .timeLimit(.minutes(2)))
struct HostileCalls {
    let start = ManualClock().now

    @Test("A notification that is replayed is sent again, and is no run of the job")
    func replayedNotification() async throws {
        let bench = Bench()
        let (told, calls) = (Tally<ExecutionNotification>(), Tally<Int>())
        try await bench.scheduler.handle("work") { _ in calls.add(1) }
        try await bench.scheduler.handle("tell", payload: ExecutionNotification.self) { notification, _ in
            told.add(notification)
        }
        try await bench.running {
            var draft = JobDraft(name: "x", schedule: .immediately, action: .handler("work"))
            draft.definition.notifications = [NotificationRule(on: .success, .handler("tell"))]
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(1))
            let notification = try #require(
                try await bench.executions(of: job.id).first { $0.source == .notification })
            let again = try await bench.scheduler.replay(notification.id)
            await bench.advance(.seconds(1))
            #expect(again.source == .notification && again.replayOf == notification.id)
            #expect(again.details.parentID == notification.details.parentID)
            #expect(told.all.count == 2 && told.all.first == told.all.last)
            #expect(calls.all.count == 1)
            #expect(try await bench.scheduler.job(job.id).statistics.succeeded == 1)
        }
    }

    @Test("Instants that are none are refused by every call that takes one", arguments: [Double.nan, .infinity, 1e300])
    func instants(seconds: Double) async throws {
        let bench = Bench()
        let instant = Date(timeIntervalSince1970: seconds)
        let job = try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(60)), action: .handler("work")))
        let scheduler = bench.scheduler
        let calls: [@Sendable () async throws -> Void] = [
            { try await scheduler.pause(job.id, until: instant) },
            { try await scheduler.trigger(job.id, at: instant) },
            { _ = try await scheduler.explain(job.id, at: instant) },
            { try await scheduler.create(.init(name: "y", schedule: .once(at: instant), action: .handler("work"))) },
            { try await scheduler.update(job.id) { $0.schedule = .every(.seconds(60), anchor: instant) } },
            { try await scheduler.update(job.id) { $0.schedule = Schedule.every(.seconds(60)).starting(at: instant) } },
        ]
        for (index, call) in calls.enumerated() {
            await #expect(throws: (any Error).self, "call \(index)") { try await call() }
        }
        // What only asks may find nothing, but no harm comes of it.
        _ = try? await scheduler.executions(ExecutionQuery(jobID: job.id, from: instant, to: instant))
        try await bench.running { await bench.advance(.seconds(1)) }
        #expect(try await scheduler.job(job.id).nextRunAt == start.addingTimeInterval(60))
    }

    @Test("A backfill of a million occurrences, and one of years of milliseconds, are refused at once")
    func hugeBackfill() async throws {
        let bench = Bench()
        for period in [Duration.seconds(1), .milliseconds(1)] {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .every(period, anchor: start.addingTimeInterval(-1e9)),
                    action: .handler("work")))
            let range = start.addingTimeInterval(-1e9)..<start
            let error = await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.backfill(job.id, range, limit: Scheduler.maximumBackfill)
            }
            #expect(error?.code == .tooMany)
            #expect(try await bench.executions(of: job.id).isEmpty)
        }
    }

    @Test("Schedules at the ends of time are taken or refused, and wait without harm", arguments: 0..<6)
    func farAway(index: Int) async throws {
        let schedules: [Schedule] = [
            .once(at: Date(timeIntervalSince1970: 253_402_300_799)), .once(at: .distantFuture),
            .once(at: .distantPast), .every(.seconds(Int64.max)), .every(.nanoseconds(1)),
            Schedule.every(.seconds(60)).starting(at: .distantFuture),
        ]
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        guard
            let job = try? await bench.scheduler.create(
                .init(name: "x", schedule: schedules[index], action: .handler("work")))
        else { return }
        try await bench.running {
            await bench.advance(.zero)
            _ = try await bench.scheduler.preview(updating: job.id)
            let seen = try await bench.scheduler.job(job.id)
            #expect(seen.state == .completed || seen.nextRunAt.map { $0 > start } == true)
        }
    }
}
