/// The size of a file store, its background work and any failure of it.
///
/// ```swift
/// let store = try await FileJobStore(directory: URL(filePath: "/var/lib/my-app/jobs"))
/// let status = await store.status
/// if let failure = status.compactionFailure {
///     print("The journals grow (\(status.journalBytes) bytes): \(failure)")
/// }
/// ```
public struct FileStoreStatus: Sendable, Hashable, CustomStringConvertible {
    /// The number of jobs.
    public var jobs: Int
    /// The number of executions, including finished ones.
    public var executions: Int
    /// The size of the journals since the newest snapshot, in bytes.
    public var journalBytes: Int
    /// The size of the newest snapshot in bytes, or 0 if there is none.
    public var snapshotBytes: Int
    /// The size of the journals above which the store compacts them, in bytes.
    public var compactionThreshold: Int
    /// Whether a compaction is running.
    public var isCompacting: Bool
    /// The number of compactions that have succeeded since the store was opened.
    public var compactions: Int
    /// The number of compactions that have failed since the store was opened.
    ///
    /// Failed compactions are retried.
    public var failedCompactions: Int
    /// Why the last compaction failed, or `nil` if it succeeded or there was none.
    public var compactionFailure: FileStoreError?
    /// Why the store has stopped and must be opened again, or `nil` if it works.
    public var failure: FileStoreError?
    /// Whether the store is read-only.
    public var isReadOnly: Bool

    /// The status in one line, for logs.
    public var description: String {
        var parts = ["\(jobs) jobs, \(executions) executions"]
        parts.append("\(journalBytes) bytes of journal, \(snapshotBytes) of snapshot")
        if isReadOnly { parts.append("read-only") }
        if isCompacting { parts.append("compacting") }
        if let compactionFailure {
            parts.append("the last of \(failedCompactions) failed compactions: \(compactionFailure)")
        }
        if let failure { parts.append("stopped: \(failure)") }
        return parts.joined(separator: "; ")
    }
}

extension FileStoreStatus {
    /// Creates the status of a store.
    ///
    /// - Parameters:
    ///   - jobs: The number of jobs.
    ///   - executions: The number of executions.
    ///   - journal: The current journal, or `nil` if the store is read-only.
    ///   - compactions: The sizes of the files, and the outcomes of compactions.
    ///   - isCompacting: Whether a compaction is running.
    package init(jobs: Int, executions: Int, journal: Journal?, compactions: CompactionTracker, isCompacting: Bool) {
        self.init(
            jobs: jobs, executions: executions, journalBytes: (journal?.size ?? 0) + compactions.olderJournalBytes,
            snapshotBytes: compactions.snapshotBytes, compactionThreshold: compactions.threshold,
            isCompacting: isCompacting, compactions: compactions.succeeded, failedCompactions: compactions.failed,
            compactionFailure: compactions.failure, failure: journal?.failure, isReadOnly: journal == nil)
    }
}
