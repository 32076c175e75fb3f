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
