import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// Dates in JSON are written with milliseconds and read with or without them.
@Suite("Timestamps in JSON")
struct ExchangeTimestampTests {
    static let start = Date(timeIntervalSince1970: 1_773_568_800.125)  // 2026-03-15T10:00:00.125Z

    static func store() async throws -> InMemoryJobStore {
        let store = InMemoryJobStore()
        var job = try StoreSamples.job(1)
        job = Job(
            id: job.id, definition: job.definition, createdAt: start,
            scheduleState: ScheduleState(state: .active, decidedThrough: start, next: start.addingTimeInterval(60)))
        _ = try await store.insert([JobInsertion(job)])
        try await store.enqueue([StoreSamples.execution(2, of: job, at: start)])
        return store
    }

    @Test(
        "Records are written with milliseconds and Z, and read with them or in whole seconds",
        .rows("T-108", "C-24", "K-19", "S-52"))
    func records() async throws {
        var lines: [String] = []
        for try await line in try await Self.store().exportRecords() { lines.append(line) }
        let text = lines.joined(separator: "\n")
        #expect(text.contains(#""2026-03-15T10:00:00.125Z""#) && text.contains(#""2026-03-15T10:01:00.125Z""#))
        let whole = lines.map { $0.replacing(".125Z", with: "Z") }
        #expect(whole != lines)
        let second = Date(timeIntervalSince1970: 1_773_568_800)
        for (lines, expected) in [(lines, Self.start), (whole, second)] {
            let copy = InMemoryJobStore()
            try await copy.importRecords(
                AsyncStream { continuation in
                    for line in lines { continuation.yield(line) }
                    continuation.finish()
                })
            let job = try #require(await copy.job(JobID(bits: 1)))
            #expect(job.createdAt == expected && job.nextRunAt == expected.addingTimeInterval(60))
            #expect(await copy.execution(ExecutionID(bits: 2))?.scheduledFor == expected)
        }
    }

    @Test(
        "A notification is written with milliseconds and Z, and read with them or in whole seconds",
        .rows("T-108", "C-24", "K-29"))
    func notifications() async throws {
        let store = try await Self.store()
        var job = try #require(await store.job(JobID(bits: 1)))
        job.definition.notifications = [NotificationRule(on: .success, .handler("tell"))]
        var run = try #require(await store.execution(ExecutionID(bits: 2)))
        run.progress.status = .succeeded
        run.progress.startedAt = Self.start
        run.progress.finishedAt = Self.start.addingTimeInterval(0.5)
        let payload = try #require(job.notifications(of: run, at: Self.start).first?.payload)
        let text = String(decoding: payload.json, as: UTF8.self)
        #expect(text.contains(#""scheduled_for":"2026-03-15T10:00:00.125Z""#), "\(text)")
        #expect(text.contains(#""started_at":"2026-03-15T10:00:00.125Z""#))
        #expect(text.contains(#""finished_at":"2026-03-15T10:00:00.625Z""#))
        #expect(text.contains(#""timestamp":"2026-03-15T10:00:00.625Z""#))
        let notification = try payload.decode(ExecutionNotification.self)
        #expect(notification.scheduledFor == Self.start && notification.finishedAt == run.finishedAt)
        let whole = try JSONPayload(json: Data(text.replacing(".125Z", with: "Z").replacing(".625Z", with: "Z").utf8))
        #expect(try whole.decode(ExecutionNotification.self).finishedAt == Date(timeIntervalSince1970: 1_773_568_800))
    }
}
