import Foundation
import RotaStore
import RotaTesting
import Synchronization
import Testing

/// Random operations, made to the stores and to a naive model of what they must do.
@Suite struct StoreModelTests {
    /// How many operations for each store; `ROTA_OPERATIONS` asks for more (see Tests/Scripts/store-model).
    static let operations = ProcessInfo.processInfo.environment["ROTA_OPERATIONS"].flatMap { Int($0) } ?? 1200
    static let seed = ProcessInfo.processInfo.environment["ROTA_SEED"].flatMap { UInt64($0) } ?? 1
    /// So many operations are made to one store; then come others, to a new one.
    static let length = 600

    @Test("The store in memory does what the model does")
    func memory() async throws {
        let comparison = StoreComparison { InMemoryJobStore() }
        for episode in 0..<UInt64(Self.operations / Self.length) {
            try await comparison.run(Self.length, seed: Self.seed &+ episode)
        }
    }

    @Test("The store in files does what the model does, with compactions, crashes and reopenings in between")
    func files() async throws {
        let disk = Mutex(FaultyFileSystem())
        let comparison = StoreComparison {
            let files = FaultyFileSystem()
            disk.withLock { $0 = files }
            return try await FileJobStore(path: "/store", environment: Self.environment(files))
        } reopen: { store in
            let files = disk.withLock { $0 }
            if let store = store as? FileJobStore {
                try await store.compact()
                if files.operations.isMultiple(of: 2) { try await store.close() }
            }
            files.crash(.lostUnsynced)
            return try await FileJobStore(path: "/store", environment: Self.environment(files))
        }
        for episode in 0..<UInt64(Self.operations / Self.length) {
            try await comparison.run(Self.length, seed: Self.seed &+ episode &+ 1_000_000)
        }
    }

    private static func environment(_ files: FaultyFileSystem) -> FileStoreEnvironment {
        var environment = FileStoreEnvironment.inMemory(files)
        environment.compactionMinimum = 20_000
        environment.snapshotChunk = 3
        return environment
    }
}
