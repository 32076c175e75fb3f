/// How a file store is doing: its size, its work in the background, and what went wrong there.
public struct FileStoreStatus: Sendable, Hashable, CustomStringConvertible {
    /// How many jobs there are.
    public var jobs: Int
    /// How many executions there are, those that are over included.
    public var executions: Int
    /// The length of all journals that the newest snapshot does not replace, in bytes.
    public var journalBytes: Int
    /// The length of the newest snapshot, in bytes: all records as they were then, or 0 if there is none yet.
    public var snapshotBytes: Int
    /// The length of all journals beyond which the store compacts them by itself, in bytes.
    public var compactionThreshold: Int
    /// Whether a compaction is under way.
    public var isCompacting: Bool
    /// How many compactions have succeeded since the store was opened.
    public var compactions: Int
    /// How many compactions have failed since the store was opened; each is made good later.
    public var failedCompactions: Int
    /// Why the last compaction failed, or nil if it succeeded or there was none.
    public var compactionFailure: FileStoreError?
    /// Why the store takes nothing more until it is opened again, or nil if it does.
    public var failure: FileStoreError?
    /// Whether the store was opened to look at only.
    public var isReadOnly: Bool

    /// One line for a log.
    public var description: String {
        var parts = ["\(jobs) jobs, \(executions) executions"]
        parts.append("\(journalBytes) bytes of journal, \(snapshotBytes) of snapshot")
        if isReadOnly { parts.append("opened to look at only") }
        if isCompacting { parts.append("compacting") }
        if let compactionFailure {
            parts.append("the last of \(failedCompactions) failed compactions: \(compactionFailure)")
        }
        if let failure { parts.append("stopped: \(failure)") }
        return parts.joined(separator: "; ")
    }
}

extension FileStoreStatus {
    /// Puts together what is known about the files.
    ///
    /// - Parameter journal: Where commits go; nil if the store was opened to look at only.
    package init(jobs: Int, executions: Int, journal: Journal?, ledger: CompactionLedger, isCompacting: Bool) {
        self.init(
            jobs: jobs, executions: executions, journalBytes: (journal?.size ?? 0) + ledger.olderJournalBytes,
            snapshotBytes: ledger.snapshotBytes, compactionThreshold: ledger.threshold, isCompacting: isCompacting,
            compactions: ledger.succeeded, failedCompactions: ledger.failed, compactionFailure: ledger.failure,
            failure: journal?.failure, isReadOnly: journal == nil)
    }
}

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
