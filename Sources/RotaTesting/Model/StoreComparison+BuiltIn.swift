import RotaStore
import Synchronization

extension StoreComparison {
    /// Compares the store in memory.
    package static let memory = StoreComparison { InMemoryJobStore() }

    /// Compares a store in files, with compactions, losses of power and reopenings in between.
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

    /// Makes operations to one new store after the other.
    ///
    /// - Parameters:
    ///   - count: How many operations altogether, in whole lives.
    ///   - seed: What the first life is made from; each later one has the next seed.
    ///   - interval: After how many operations all contents are compared.
    ///   - progress: Told after each life how many operations were made so far.
    /// - Throws: ``ContractViolation`` at the first difference.
    package func runLives(
        _ count: Int, seed: UInt64, comparingContentsEvery interval: Int = 10, progress: (Int) -> Void = { _ in }
    ) async throws {
        for life in 0..<(count / Self.lifetime) {
            try await run(Self.lifetime, seed: seed &+ UInt64(life), comparingContentsEvery: interval)
            progress((life + 1) * Self.lifetime)
        }
    }

    /// How many operations are made to one store.
    private static let lifetime = 600
}
