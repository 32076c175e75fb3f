import Foundation
import RotaStore
import RotaTesting
import Synchronization
import Testing

@Suite struct FileStoreStatusTests {
    @Test("The status counts records and bytes, and a compaction reduces them")
    func counts() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        var script = StoreScript(seed: 2)
        for _ in 0..<100 { _ = try await script.next().operation.run(on: store) }
        let before = await store.status
        #expect(before.jobs == script.state.jobs.count && before.executions == script.state.executions.count)
        #expect(before.journalBytes == files.bytes(of: "/store/journal-0000000000000001")?.count)
        #expect(before.snapshotBytes == 0 && before.compactions == 0 && !before.isReadOnly)
        try await store.compact()
        let after = await store.status
        #expect(after.journalBytes == FileHeader.size && after.compactions == 1)
        #expect(after.snapshotBytes == files.bytes(of: "/store/snapshot-0000000000000002")?.count)
        try await store.close()
        let reopened = try await FileJobStore(path: "/store", environment: .inMemory(files))
        #expect(await reopened.status.snapshotBytes == after.snapshotBytes)
        try await reopened.close()
    }

    @Test(
        "An automatic compaction that fails is reported, and retried when the journals have grown")
    func failedCompaction() async throws {
        let files = FaultyFileSystem()
        let isFull = Mutex(true)
        var environment = FileStoreEnvironment.inMemory(files)
        environment.files = HookedFileSystem(files) { call throws(SystemErrno) in
            if case .open(let path, .create) = call, path.contains("snapshot"), isFull.withLock({ $0 }) {
                throw .noSpace
            }
        }
        environment.compactionMinimum = 8000
        let store = try await FileJobStore(path: "/store", environment: environment)
        var script = StoreScript(seed: 2)
        func grow(until isDone: (FileStoreStatus) -> Bool) async throws -> FileStoreStatus {
            for _ in 0..<2000 {
                let (operation, expected) = script.next()
                #expect(try await operation.run(on: store) == expected)
                await store.compactionEnded()
                let status = await store.status
                if isDone(status) { return status }
            }
            return await store.status
        }
        let failed = try await grow { $0.failedCompactions > 0 }
        #expect(failed.compactionFailure?.systemError == SystemErrno.noSpace.number)
        #expect(failed.failure == nil && failed.compactions == 0 && failed.snapshotBytes == 0)
        #expect(failed.description.contains("failed compactions"))
        // It is tried again, but not at every commit.
        #expect(failed.compactionThreshold >= failed.journalBytes + 1000)
        let again = try await grow { $0.failedCompactions > 1 }
        #expect(again.failedCompactions == 2 && again.journalBytes > failed.compactionThreshold)
        isFull.withLock { $0 = false }
        let mended = try await grow { $0.compactions > 0 }
        #expect(mended.compactions == 1 && mended.compactionFailure == nil && mended.failedCompactions == 2)
        #expect(mended.snapshotBytes > 0 && mended.journalBytes < again.journalBytes)
        #expect(try await StoreContents(store) == StoreContents(script.state))
        try await store.close()
        let reopened = try await FileJobStore(path: "/store", environment: .inMemory(files))
        script.reopen()
        #expect(try await StoreContents(reopened) == StoreContents(script.state))
        try await reopened.close()
    }
}
