import Foundation
import Rota
import RotaStore
import RotaTesting
import Synchronization
import Testing

@Suite("Events of pauses")
struct PauseEventTests {
    private static let start = Date(timeIntervalSince1970: 1_773_568_800)  // 2026-03-15T10:00:00Z

    private final class Pauses: SchedulerObserver {
        private let told = Mutex<[String]>([])
        var all: [String] { told.withLock { $0 } }

        func didPause(_ job: Job, by author: String?, at date: Date) {
            told.withLock { $0.append("paused \(job.name), \(author ?? "-"), \(job.scheduleState.reason ?? "-")") }
        }

        func didResume(_ job: Job, by author: String?, at date: Date) {
            told.withLock { $0.append("resumed \(job.name), \(author ?? "-"), \(job.state.rawValue)") }
        }
    }

    private let clock = ManualClock(now: start)
    private let pauses = Pauses()
    private let scheduler: Scheduler
    private let log: SchedulerEvent.Log

    init() {
        scheduler = Scheduler(store: InMemoryJobStore(), clock: clock, observers: [pauses])
        log = scheduler.eventLog()
    }

    private func job(_ name: String, state: JobState = .active) async throws -> Job {
        var draft = JobDraft(
            name: name, schedule: try .cron("0 0 1 1 *"), action: .http(try .get("https://example.com")))
        draft.state = state
        return try await scheduler.create(draft)
    }

    private var texts: [String] {
        log.events().entries.filter { [.jobPaused, .jobResumed].contains($0.kind) }.map { "\($0.jobName): \($0.text)" }
    }

    @Test("A pause and its end are told with who, until when and why, and only when something changes")
    func pauses() async throws {
        let job = try await job("a")
        try await scheduler.pause(job.id, reason: "repairs", author: "ann", idempotencyKey: "1")
        try await scheduler.pause(job.id, reason: "repairs", author: "ann", idempotencyKey: "1")
        try await scheduler.pause(job.id, reason: "repairs", author: "bob")
        try await scheduler.pause(job.id, until: Self.start + 3_600)
        try await scheduler.skipNext(1, of: job.id)
        try await scheduler.resume(job.id, author: "ann")
        try await scheduler.resume(job.id, author: "ann")
        try await scheduler.update(job.id, state: .paused, author: "cat") { $0.name = "b" }
        #expect(
            texts == [
                "a: job paused: by ann, repairs", "a: job paused: until 2026-03-15T11:00:00Z",
                "a: job resumed: by ann", "b: job paused: by cat",
            ])
        #expect(
            pauses.all == [
                "paused a, ann, repairs", "paused a, -, -", "resumed a, ann, active", "paused b, cat, -",
            ])
        #expect(log.events().entries.allSatisfy { $0.jobID == job.id })
    }

    @Test("A draft that becomes active, a pause that comes to its end, and an orphan are told too")
    func others() async throws {
        let draft = try await job("draft", state: .draft)
        try await scheduler.resume(draft.id)
        let paused = try await job("paused")
        try await scheduler.pause(paused.id, until: Self.start + 60)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [scheduler] in try await scheduler.run() }
            await clock.advance(by: .seconds(61), driving: [scheduler])
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(try await scheduler.job(paused.id).state == .active)
        let orphan = JobDraft(
            name: "orphan", schedule: try .cron("0 0 1 1 *"), action: .http(try .get("https://example.com")))
        try await scheduler.declare([orphan], owner: "app")
        try await scheduler.declare([], owner: "app", author: "ci")
        try await scheduler.declare([orphan], owner: "app")
        #expect(
            Array(texts.prefix(3)) == [
                "draft: job resumed", "paused: job paused: until 2026-03-15T10:01:00Z",
                "paused: job resumed: at the end of its pause",
            ])
        let told = texts.dropFirst(3)
        #expect(told.first?.hasPrefix("orphan: job paused: by ci") == true && told.last == "orphan: job resumed")
        #expect(told.count == 2)
    }
}
