/// What opening a store found on the disk, and what it did about it.
public struct RecoveryReport: Sendable, Hashable, CustomStringConvertible {
    /// The name of the snapshot that the store was read from, or nil if there was none.
    public var snapshot: String?
    /// How many chunks of the snapshot were read.
    public var snapshotFrames = 0
    /// How many commits were replayed from the journals.
    public var replayedFrames = 0
    /// How many bytes were read, of the snapshot and the journals together.
    public var replayedBytes = 0
    /// How many bytes of a torn, never acknowledged write were cut off, or left out when only looked at.
    public var cutBytes = 0
    /// The name of the journal whose end was cut off, if one was.
    public var cutFile: String?
    /// How many executions were running when the store was last used; their leases have been ended.
    public var endedLeases = 0
    /// The names of damaged files that lie set aside in the folder, from this opening or an earlier one.
    public var quarantined: [String] = []
    /// Why the commits after the last one shown cannot be read, if the store was opened to look at only.
    ///
    /// To open such a store for writing sets its damaged files aside and throws this error.
    public var damage: FileStoreError?
    /// How long it took.
    public var duration: Duration = .zero

    /// Makes an empty report.
    public init() {}

    /// One line for a log.
    public var description: String {
        var parts = ["replayed \(replayedFrames) commits"]
        parts.append(snapshot.map { "over \($0)" } ?? "without a snapshot")
        parts.append("(\(replayedBytes) bytes) in \(duration)")
        if let cutFile { parts.append("; cut \(cutBytes) torn bytes off \(cutFile)") }
        if endedLeases > 0 { parts.append("; ended \(endedLeases) leases") }
        if !quarantined.isEmpty { parts.append("; set aside: \(quarantined.joined(separator: ", "))") }
        if let damage { parts.append("; damaged: \(damage)") }
        return parts.joined(separator: " ")
    }
}
