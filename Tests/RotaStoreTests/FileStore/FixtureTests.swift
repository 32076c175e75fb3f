import Foundation
import RotaHTTP
import RotaSchedule
import RotaStore
import RotaTesting
import Testing

/// Files written by earlier versions open in this one.
///
/// Add a fixture for each new format, and change none.
@Suite struct FixtureTests {
    static let date = Date(timeIntervalSince1970: 1_750_000_000)

    @Test("A store of format 1 opens with all its records")
    func format1() async throws {
        let files = FaultyFileSystem()
        try files.makeFolder("/store")
        for (name, text) in StoreFixture.format1 {
            files.put([UInt8](try #require(Data(base64Encoded: text))), at: "/store/\(name)")
        }
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        #expect(store.recovery.snapshot == "snapshot-0000000000000002")
        #expect(store.recovery.endedLeases == 1)
        try await Self.check(store)
        // What was read is written anew, and is the same.
        try await store.compact()
        try await store.close()
        try await Self.check(try await FileJobStore(path: "/store", environment: .inMemory(files)))
    }

    static func check(_ store: FileJobStore) async throws {
        let jobs = try await store.jobs(JobQuery()).items
        #expect(jobs.map(\.id.bits) == [1, 2])
        let report = try #require(jobs.first)
        #expect(report.name == "täglicher Bericht" && report.metadata == ["team": "a"])
        #expect(report.action.request?.url.description.contains("example.com") == true)
        #expect(report.scheduleState.state == .paused && report.scheduleState.reason == "holiday")
        #expect(report.version == 2 && report.scheduleState.revision == 2 && report.createdAt == date)
        #expect(report.statistics.succeeded == 1 && report.statistics.lastStatus == .succeeded)
        let executions = try await store.executions(ExecutionQuery(order: .ascending)).items
        #expect(executions.map(\.id.bits) == [10, 11, 12])
        #expect(executions.map(\.status) == [.succeeded, .running, .queued])
        let attempt = try #require(executions[0].attempts.first)
        #expect(attempt.duration == .milliseconds(12) && attempt.statusCode == 200 && attempt.bodyPreview == "ok")
        #expect(attempt.responseHeaders == ["server": "x"])
        #expect(executions[1].progress.lease?.token == 1 && executions[1].progress.lease?.owner == "one")
        #expect(executions[2].payload?.json == Data("{\"n\":1}".utf8) && executions[2].replayOf?.bits == 10)
        let skips = try await store.skips(of: JobID(bits: 1))
        #expect(skips.map(\.count) == [3] && skips.map(\.reason) == [.paused])
        let again = try await store.insert([JobInsertion(jobs[1], idempotencyKey: "key")])
        #expect(again == [.existing(report)])
    }
}
