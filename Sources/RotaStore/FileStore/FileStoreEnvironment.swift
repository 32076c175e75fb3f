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

/// When a commit of a file store counts as done: what a crash can still take back.
public struct Durability: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Hashable {
        case everyCommit
        case interval(Duration)
        case operatingSystem
    }

    private let kind: Kind

    /// When its bytes are on the disk: neither a killed process nor a loss of power takes back what was acknowledged.
    public static let everyCommit = Durability(kind: .everyCommit)

    /// When the system has its bytes, which are synced to the disk once an interval.
    ///
    /// A killed process loses nothing; a loss of power takes back at most the commits of the last interval.
    ///
    /// - Parameter interval: The longest time that a commit stays unsynced; from 1 ms to 1 hour, others are brought into
    ///   that range.
    public static func interval(_ interval: Duration) -> Durability {
        Durability(kind: .interval(min(max(interval, .milliseconds(1)), .seconds(3600))))
    }

    /// When the system has its bytes, which it writes to the disk when it sees fit.
    ///
    /// A killed process loses nothing; a loss of power takes back what the system had not written yet.
    public static let operatingSystem = Durability(kind: .operatingSystem)

    /// Whether a commit is synced before it is acknowledged.
    package var syncsEveryCommit: Bool { kind == .everyCommit }

    /// The longest time that a commit may stay unsynced, if there is a limit beyond the commit itself.
    package var syncInterval: Duration? {
        if case .interval(let interval) = kind { interval } else { nil }
    }

    /// The name of the mode.
    public var description: String {
        switch kind {
        case .everyCommit: "every commit"
        case .interval(let interval): "every \(interval)"
        case .operatingSystem: "operating system"
        }
    }
}
