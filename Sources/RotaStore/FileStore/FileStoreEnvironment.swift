/// The disk, the clock and the limits of a file store, which tests replace.
package struct FileStoreEnvironment: Sendable {
    /// The file system.
    package var files: any FileSystem = PosixFileSystem()
    /// The time since some fixed point, which never goes back.
    ///
    /// It measures the duration of a recovery.
    package var elapsed: @Sendable () -> Duration = {
        let clock = ContinuousClock()
        return origin.duration(to: clock.now)
    }
    /// Waits for the interval between syncs.
    package var sleep: @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    /// The size of the journals below which they are never compacted, in bytes.
    package var compactionMinimum = 4 << 20
    /// The maximum size of a commit in bytes, at most ``Frame/maximumPayload``.
    package var frameLimit = Frame.maximumPayload
    /// The maximum number of leases that end in one frame when a store opens.
    package var leasesPerFrame = 1 << 10
    /// The approximate number of records that are written to a snapshot between two commits.
    package var snapshotChunk = 256

    private static let origin = ContinuousClock().now

    /// Creates the environment of the real disk and clock.
    package init() {}
}
