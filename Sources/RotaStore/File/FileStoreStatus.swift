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
