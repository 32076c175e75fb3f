/// What a file store takes from the world, and how it is tuned; tests put their own in place.
package struct FileStoreEnvironment: Sendable {
    /// The disk.
    package var files: any FileSystem = PosixFileSystem()
    /// The time since some fixed point, which never goes back; for the recovery's duration.
    package var elapsed: @Sendable () -> Duration = {
        let clock = ContinuousClock()
        return origin.duration(to: clock.now)
    }
    /// Waits, for the interval between syncs.
    package var sleep: @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    /// How many bytes the journals hold at least when they are compacted.
    package var compactionMinimum = 4 << 20
    /// How many bytes one commit may hold at most, up to what a frame can.
    package var frameLimit = Frame.maximumPayload
    /// How many leases an opening ends in one frame.
    package var leasesPerFrame = 1 << 10
    /// How many records are written to a snapshot between two commits.
    package var snapshotChunk = 256

    private static let origin = ContinuousClock().now

    /// The real disk and the real clock.
    package init() {}
}
