extension OpenedFolder where State == StoreState {
    /// Makes the folder if it is missing, locks it, and reads the records in it; blocks on the disk.
    ///
    /// All leases end: only one process writes, so whoever held them is no more. What they were for turns up as expired
    /// in the next agenda.
    ///
    /// - Throws: ``FileStoreError``.
    package init(_ path: String, _ environment: FileStoreEnvironment) throws {
        let start = environment.elapsed()
        try self.init(path, in: environment.files) { listing, folder in try Recovery(of: listing, in: folder) }
        do {
            state.markOverfull()
            try endLeases(environment)
        } catch {
            close()
            throw error
        }
        report.duration = environment.elapsed() - start
    }

    private mutating func endLeases(_ environment: FileStoreEnvironment) throws {
        var log = ChangeLog(isRecording: true)
        state.expireAllLeases(log: &log)
        guard !log.changes.isEmpty else { return }
        report.endedLeases = log.changes.count
        // Each lease ends by itself, so they need not be in one frame, which has a limit.
        for first in stride(from: 0, to: log.changes.count, by: environment.leasesPerFrame) {
            try journal.append(log.changes[first...].prefix(environment.leasesPerFrame))
        }
        try journal.flush(sync: true)
    }
}
