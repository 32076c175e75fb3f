import RotaCore

/// When an operation of a file store counts as done, and so what a crash can undo.
///
/// | durability | a killed process loses | a power failure loses |
/// |---|---|---|
/// | ``everyCommit`` | nothing | nothing |
/// | ``interval(_:)`` | nothing | the commits of the last interval |
/// | ``operatingSystem`` | nothing | everything that the system has not written yet |
///
/// ```swift
/// let store = try await FileJobStore(
///     directory: URL(filePath: "/var/lib/my-app/jobs"), durability: .interval(.milliseconds(50)))
/// print(store.recovery)  // replayed 12 commits without a snapshot (3210 bytes) in 4.12 ms
/// ```
public struct Durability: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Hashable {
        case everyCommit
        case interval(Duration)
        case operatingSystem
    }

    private let kind: Kind

    /// An operation is done when it is synced to disk.
    ///
    /// This is the default.
    public static let everyCommit = Durability(kind: .everyCommit)

    /// An operation is done when the operating system has its bytes, which are synced to disk once per interval.
    ///
    /// - Parameter interval: The longest time that a commit stays unsynced, from 1 ms to 1 hour. Values outside this
    ///   range are clamped.
    public static func interval(_ interval: Duration) -> Durability {
        Durability(kind: .interval(min(max(interval, .milliseconds(1)), .seconds(3600))))
    }

    /// An operation is done when the operating system has its bytes, which it writes to disk at a time of its choice.
    public static let operatingSystem = Durability(kind: .operatingSystem)

    /// Whether a commit is synced before it is acknowledged.
    package var syncsEveryCommit: Bool { kind == .everyCommit }

    /// The longest time that a commit stays unsynced after it is acknowledged, if there is a limit.
    package var syncInterval: Duration? {
        if case .interval(let interval) = kind { interval } else { nil }
    }

    /// The name of the mode.
    public var description: String {
        switch kind {
        case .everyCommit: "every commit"
        case .interval(let interval): "every \(interval.exactText)"
        case .operatingSystem: "operating system"
        }
    }
}
