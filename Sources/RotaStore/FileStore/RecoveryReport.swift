import RotaCore

/// The files that a file store found when it opened, and the repairs that it made.
///
/// ```swift
/// let store = try await FileJobStore(directory: URL(filePath: "/var/lib/my-app/jobs"))
/// if store.recovery.cutBytes > 0 {
///     print("The last write was torn by a crash: \(store.recovery)")
/// }
/// ```
public struct RecoveryReport: Sendable, Hashable, CustomStringConvertible {
    /// The name of the snapshot that was read, or `nil` if there was none.
    public var snapshot: String?
    /// The number of chunks that were read from the snapshot.
    public var snapshotFrames = 0
    /// The number of commits that were replayed from the journals.
    public var replayedFrames = 0
    /// The number of bytes that were read from the snapshot and the journals.
    public var replayedBytes = 0
    /// The number of bytes of a torn write that were cut off, or ignored by a read-only store.
    ///
    /// A torn write was never acknowledged, so this is not a loss.
    public var cutBytes = 0
    /// The name of the journal with the torn write, or `nil` if there was none.
    public var cutFile: String?
    /// The number of executions that were running when the store was last used.
    ///
    /// Opening the store ended their leases.
    public var endedLeases = 0
    /// The names of damaged files that this opening or an earlier one has set aside in the folder.
    public var quarantined: [String] = []
    /// The damage after the last commit that a read-only store could read, or `nil` if there is none.
    ///
    /// Opening such a folder for writing sets its damaged files aside and throws this error.
    public var damage: FileStoreError?
    /// How long opening the store took.
    public var duration: Duration = .zero

    /// Creates an empty report.
    public init() {}

    /// The report in one line, for logs.
    public var description: String {
        var parts = ["replayed \(replayedFrames) commits"]
        parts.append(snapshot.map { "over \($0)" } ?? "without a snapshot")
        parts.append("(\(replayedBytes) bytes) in \(duration.text)")
        if let cutFile { parts.append("; cut \(cutBytes) torn bytes off \(cutFile)") }
        if endedLeases > 0 { parts.append("; ended \(endedLeases) leases") }
        if !quarantined.isEmpty { parts.append("; set aside: \(quarantined.joined(separator: ", "))") }
        if let damage { parts.append("; damaged: \(damage)") }
        return parts.joined(separator: " ")
    }
}
