package import RotaStore

extension FileStoreEnvironment {
    /// Files in memory, no clock, small chunks, and compaction only when asked for.
    package static func inMemory(_ files: FaultyFileSystem) -> FileStoreEnvironment {
        var environment = FileStoreEnvironment()
        environment.files = files
        environment.elapsed = { .zero }
        environment.sleep = { _ in throw CancellationError() }
        environment.compactionMinimum = .max / 4
        environment.snapshotChunk = 2
        return environment
    }
}
