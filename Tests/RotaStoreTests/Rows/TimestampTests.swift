import Foundation
import RotaTesting
import Testing

/// Instants in JSON: written with milliseconds, read with or without.
@Suite("Rows: timestamps")
struct TimestampTests {
    static let start = Date(timeIntervalSince1970: 1_773_568_800.125)  // 2026-03-15T10:00:00.125Z

    static func store() async throws -> InMemoryJobStore {
        let store = InMemoryJobStore()
        var job = try StoreSamples.job(1)
        job = Job(
            id: job.id, definition: job.definition, createdAt: start,
            position: JobPosition(state: .active, cursor: start, next: start.addingTimeInterval(60)))
        _ = try await store.insert([JobInsertion(job)])
        try await store.enqueue([StoreSamples.execution(2, of: job, at: start)])
        return store
    }

    @Test("T-108 C-24 K-19 S-52 records are written with milliseconds and Z, and read with them or in whole seconds")
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

    @Test("T-108 C-24 K-29 a notice is written with milliseconds and Z, and read with them or in whole seconds")
    func notices() async throws {
        let store = try await Self.store()
        var job = try #require(await store.job(JobID(bits: 1)))
        job.definition.notifications = [NotificationRule(on: .success, .handler("tell"))]
        var run = try #require(await store.execution(ExecutionID(bits: 2)))
        run.progress.status = .succeeded
        run.progress.startedAt = Self.start
        run.progress.finishedAt = Self.start.addingTimeInterval(0.5)
        let payload = try #require(job.notices(of: run, at: Self.start).first?.payload)
        let text = String(decoding: payload.json, as: UTF8.self)
        #expect(text.contains(#""scheduled_for":"2026-03-15T10:00:00.125Z""#), "\(text)")
        #expect(text.contains(#""started_at":"2026-03-15T10:00:00.125Z""#))
        #expect(text.contains(#""finished_at":"2026-03-15T10:00:00.625Z""#))
        #expect(text.contains(#""timestamp":"2026-03-15T10:00:00.625Z""#))
        let notice = try payload.decode(RunNotice.self)
        #expect(notice.scheduledFor == Self.start && notice.finishedAt == run.finishedAt)
        let whole = try Payload(json: Data(text.replacing(".125Z", with: "Z").replacing(".625Z", with: "Z").utf8))
        #expect(try whole.decode(RunNotice.self).finishedAt == Date(timeIntervalSince1970: 1_773_568_800))
    }
}
