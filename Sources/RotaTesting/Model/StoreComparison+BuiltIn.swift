import RotaStore
import Synchronization

extension StoreComparison {
    /// The comparison of the store in memory.
    package static let memory = StoreComparison { InMemoryJobStore() }

    /// The comparison of the file store, with compactions, power failures and reopenings.
    package static func files() -> StoreComparison {
        let disk = Mutex(FaultyFileSystem())
        return StoreComparison {
            let files = FaultyFileSystem()
            disk.withLock { $0 = files }
            return try await FileJobStore(path: "/store", environment: environment(files))
        } reopen: { store in
            let files = disk.withLock { $0 }
            if let store = store as? FileJobStore {
                try await store.compact()
                if files.operations.isMultiple(of: 2) { try await store.close() }
            }
            files.crash(.lostUnsynced)
            return try await FileJobStore(path: "/store", environment: environment(files))
        }
    }

    private static func environment(_ files: FaultyFileSystem) -> FileStoreEnvironment {
        var environment = FileStoreEnvironment.inMemory(files)
        environment.compactionMinimum = 20_000
        environment.snapshotChunk = 3
        return environment
    }

    /// Runs operations on one new store after the other.
    ///
    /// - Parameters:
    ///   - count: The total number of operations, rounded down to whole stores.
    ///   - seed: The seed of the first store. Each later one has the next seed.
    ///   - interval: The number of operations between comparisons of all records.
    ///   - progress: Called after each store with the number of operations so far.
    /// - Throws: ``ContractViolation`` at the first difference.
    package func runLives(
        _ count: Int, seed: UInt64, comparingContentsEvery interval: Int = 10, progress: (Int) -> Void = { _ in }
    ) async throws {
        for life in 0..<(count / Self.lifetime) {
            try await run(Self.lifetime, seed: seed &+ UInt64(life), comparingContentsEvery: interval)
            progress((life + 1) * Self.lifetime)
        }
    }

    /// The number of operations on one store.
    private static let lifetime = 600
}
