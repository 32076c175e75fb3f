import Foundation
import RotaRetry
import RotaStore
import RotaTesting
import Testing

/// A store that the first version wrote, with every kind of record and every rare field, opens in this one.
///
/// `Fixtures/first-format` is its folder, left open by its writer; `first-format.jsonl` is its export by the same
/// version. Change neither: add another for a new format.
@Suite struct FirstFormatTests {
    static func fixture(_ name: String) throws -> URL {
        try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
    }

    /// The folder in memory, so that nothing writes to the fixture.
    static func files() throws -> FaultyFileSystem {
        let files = FaultyFileSystem()
        try files.makeFolder("/store")
        let folder = try fixture("first-format")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            files.put([UInt8](try Data(contentsOf: folder.appending(path: name))), at: "/store/\(name)")
        }
        return files
    }

    static func lines() throws -> [String] {
        try String(contentsOf: fixture("first-format.jsonl"), encoding: .utf8).split(separator: "\n").map(String.init)
    }

    static func imported() async throws -> InMemoryJobStore {
        let memory = InMemoryJobStore()
        let lines = try lines()
        try await memory.importRecords(
            AsyncStream { continuation in
                for line in lines { continuation.yield(line) }
                continuation.finish()
            })
        return memory
    }

    @Test("The folder and its export hold the same")
    func folderAndExport() async throws {
        let seen = try await FileJobStore(inspecting: "/store", environment: .inMemory(try Self.files()))
        let contents = try await StoreContents(seen)
        #expect(contents.jobs.count > 5 && contents.executions.count > 20)
        #expect(try await StoreContents(try await Self.imported()) == contents)
        try await seen.close()
    }

    @Test("The folder opens, is written again, and holds the same")
    func rewritten() async throws {
        let files = try Self.files()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let contents = try await StoreContents(store)
        try await store.compact()
        try await store.close()
        let again = try await FileJobStore(path: "/store", environment: .inMemory(files))
        #expect(try await StoreContents(again) == contents)
        try await again.close()
    }

    @Test("An export of this version is read back as the same")
    func exportedAnew() async throws {
        let memory = try await Self.imported()
        let again = InMemoryJobStore()
        try await again.importRecords(await memory.exportRecords())
        #expect(try await StoreContents(again) == StoreContents(memory))
    }

    @Test("Every field of the first version is read")
    func fields() async throws {
        let memory = try await Self.imported()
        let job = try #require(await memory.job(JobID(bits: 2)))
        #expect(job.attributes.slug == "rich-1" && job.attributes.tags == ["a": "b"])
        #expect(job.limits.concurrency == 2 && job.limits.sharedRates.map(\.name) == ["api"])
        #expect(job.priority == 2 && job.limits.window != nil)
        #expect(job.delivery == .atMostOnce && job.notifications.count == 3 && job.breaker?.consecutiveFailures == 3)
        #expect(job.misfire == .latest && job.overlap == .skip && job.retention.ages == [.failed: .seconds(99)])
        #expect(job.versionPolicy == .minor && job.isBackwardsCompatible)
        #expect(job.scheduleState.reason == "by hand" && job.scheduleState.resumesAt != nil)
        #expect(job.scheduleState.skipsRemaining == 1 && job.scheduleState.firedCount == 3)
        #expect(job.statistics.succeeded == 4 && job.statistics.canceledOrExpired == 1)
        #expect(job.createdBy == "ann" && job.updatedBy == "ben")
        let renamed = try #require(await memory.job(JobID(bits: 1)))
        #expect(renamed.name == "renamed" && renamed.updatedBy == "cat" && renamed.misfire == .skip)
        #expect(await memory.versions(of: renamed.id).count == 2)
        let execution = try #require(await memory.execution(ExecutionID(bits: 1002)))
        #expect(execution.details.priority == 9 && execution.details.tags == ["t": "v"])
        #expect(execution.details.replayOf?.bits == 79 && execution.details.parentID?.bits == 78)
        let overrides = try #require(execution.details.overrides)
        #expect(overrides.maxAttempts == 4 && overrides.initialDelay == .zero && overrides.strategy == .linear)
        let notification = try #require(await memory.execution(ExecutionID(bits: 1003)))
        #expect(
            notification.details.notification
                == .webhook(url: "https://example.com/hook", secret: "secret://hook"))
    }
}
