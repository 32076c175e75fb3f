import Foundation
import RotaRetry
import RotaStore
import RotaTesting
import Testing

@testable import Rota

@Suite("Attack: hostile handlers, keys and sources", .timeLimit(.minutes(20)))
struct HostileInputs {
    @Test(
        "A handler that waits for an answer until no instant at all fails",
        arguments: [Double.nan, .infinity, -.infinity, 1e300])
    func parkedUntilNever(seconds: Double) async throws {
        let bench = Bench()
        try await bench.scheduler.handle("park") { _ in
            throw WaitForCompletion(until: Date(timeIntervalSince1970: seconds))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .immediately, action: .handler("park"), retry: .none))
            await bench.advance(.seconds(10))
            let run = try #require(try await bench.executions(of: job.id).first)
            #expect(run.status == .failed)
            #expect(run.failure?.kind == .invalidRequest)
        }
    }

    @Test("The message of a failure and of a report is kept only up to a limit", arguments: [0, 1, 2])
    func longMessages(way: Int) async throws {
        struct Loud: Error, CustomStringConvertible {
            let description: String
        }
        let text = String(repeating: "é", count: 1 << 20)
        let bench = Bench()
        try await bench.scheduler.handle("loud") { context in
            context.report(0.5, text)
            try await bench.clock.sleep(until: bench.clock.now.addingTimeInterval(15))
            switch way {
            case 0: throw Loud(description: text)
            case 1: throw DoNotRetry(text)
            default: throw RetryLater(after: .seconds(1), reason: text)
            }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .immediately, action: .handler("loud"), retry: .none))
            await bench.advance(.seconds(60))
            let run = try #require(try await bench.executions(of: job.id).first)
            let message = try #require(run.failure?.message)
            #expect(message.utf8.count < 20_000 && message.hasPrefix("éé"))
            #expect(run.attempts.first?.failure?.message == message)
            let report = try #require(run.report?.message)
            #expect(report.utf8.count < 20_000 && report.hasPrefix("éé"))
        }
    }

    @Test("What is canceled, answered or replaced counts as ended in the metrics")
    func endedElsewhere() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("park") { _ in throw WaitForCompletion() }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .immediately, action: .handler("park")))
            await bench.advance(.seconds(1))
            let run = try #require(try await bench.executions(of: job.id).first)
            try await bench.scheduler.complete(run.id, as: .succeeded)
            let later = try await bench.scheduler.trigger(job.id, at: bench.clock.now.addingTimeInterval(100))
            try await bench.scheduler.cancel(later.id)
            let metrics = try await bench.scheduler.metrics()
            #expect(metrics.ended == [.succeeded: 1, .canceled: 1])
        }
    }

    @Test("Successes are counted as such however many kinds of failure there were before")
    func manyKinds() {
        let recorder = MetricsRecorder()
        let job = Job(
            id: JobID(bits: 1),
            definition: JobDefinition(name: "x", schedule: .immediately, action: .handler("x")),
            createdAt: .distantPast,
            scheduleState: ScheduleState(state: .active, decidedThrough: .distantPast, next: nil))
        let run = job.execution(
            id: ExecutionID(bits: 1), source: .manual, scheduledFor: .distantPast, createdAt: .distantPast)
        func record(_ kind: String?) {
            let failure = kind.map { ExecutionFailure(kind: FailureKind(rawValue: $0), message: "") }
            let attempt = Attempt(number: 1, startedAt: .distantPast, duration: .zero, failure: failure)
            recorder.finished(
                [.recorded(run)],
                of: [Completion(executionID: run.id, token: 1, attempt: attempt, next: .succeeded, date: .distantPast)])
        }
        for number in 0..<100 { record("kind \(number)") }
        record("succeeded")
        record(nil)
        let metrics = SchedulerMetrics(recorder.snapshot, store: StoreCounts(), at: .distantPast)
        #expect(metrics.attemptsSucceeded == 1)
        #expect(metrics.attemptsFailed.values.reduce(0, +) == 101)
    }

    @Test("Lines of a crontab that differ have different keys")
    func keys() throws {
        let text = "@daily https://e.com/ a\n@daily https://e.com/ a\n@daily https://e.com/ a|2\n"
        let crontab = try Crontab(text)
        #expect(Set(crontab.entries.map(\.key)).count == 3)
    }

    @Test("A crontab's byte order mark is no part of its first line")
    func byteOrderMark() throws {
        let crontab = try Crontab("\u{FEFF}0 0 * * * https://e.com/\r\n")
        #expect(crontab.entries.count == 1)
    }

    @Test("A line too long to be imported is a problem of its own, not of the whole crontab")
    func longLine() async throws {
        let bench = Bench()
        let long = "https://e.com/" + String(repeating: "a", count: 5000)
        let imported = try await bench.scheduler.importCrontab(
            "@daily https://e.com/\n@daily \(long)\n", policy: .validLines)
        #expect(imported.added + imported.problems.count == 2 && imported.added >= 1)
    }

    @Test(
        "A run that somebody asks for does not pass for one of the engine's own",
        arguments: [
            ExecutionSource.schedule, .notification, .backfill,
        ])
    func sources(source: ExecutionSource) async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(3600)), action: .handler("x")))
        await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.trigger(job.id, source: source)
        }
    }

    @Test("Two backfills at once leave no run waiting for ever")
    func backfillsAtOnce() async throws {
        let (clock, base, asked) = (ManualClock(), InMemoryJobStore(), Tally<Int>())
        let now = clock.now
        let other = Bench(clock: clock, store: base, seed: 2).scheduler
        let store = HookedStore(
            base: base,
            beforeEnqueue: {
                asked.add(1)
                // The other one is a moment faster.
                guard asked.all.count == 1, let job = try await base.jobs(JobQuery()).items.first else { return }
                try await other.backfill(job.id, now.addingTimeInterval(-10_800)..<now.addingTimeInterval(-7200))
            })
        let bench = Bench(clock: clock, store: store)
        let job = try await bench.scheduler.create(
            .init(
                name: "hourly", schedule: .every(.seconds(3600), anchor: Date(timeIntervalSince1970: 0)),
                action: .http(.get("https://example.com/"))))
        try await bench.scheduler.backfill(job.id, now.addingTimeInterval(-10_800)..<now)
        try await bench.running {
            await bench.advance(.seconds(60))
            let statuses = try await bench.executions(of: job.id).map(\.status)
            #expect(statuses == [.succeeded, .succeeded, .succeeded])
        }
    }
}
