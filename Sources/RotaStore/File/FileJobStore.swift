import Foundation

/// A store in a folder of its own, which survives a kill and a loss of power and says what it found when it comes back.
///
/// It is the state machine of ``InMemoryJobStore`` with a journal: every operation is written, and with
/// ``Durability/everyCommit`` synced, before it returns; operations that come in together share one sync. What a query
/// shows has been made as durable before. One process at a time may have the folder open; others may look at it
/// meanwhile (``init(inspecting:)``).
///
/// The first write that fails stops the store: that operation and all later ones throw ``FileStoreError``, and opening
/// the folder again recovers everything that was acknowledged.
public actor FileJobStore {
    /// What was found when the store was opened, and what was done about it.
    public nonisolated let recovery: RecoveryReport

    let executor = SerialQueueExecutor(label: "rota.store")
    let housekeeping: SerialQueueExecutor
    let environment: FileStoreEnvironment
    let durability: Durability
    let folder: StoreFolder
    /// Holds the folder's lock; nil if the store was opened to look at only.
    let lock: StoreFile?
    /// Where commits go; nil if the store was opened to look at only.
    var journal: Journal?
    var state: StoreState
    var isOpen = true
    /// Those who wait for the next flush; each gets the error if it fails.
    var waiting: [((any Error)?) -> Void] = []
    var nextSync: Task<Void, Never>?
    var compaction: Task<Void, any Error>?
    var ledger: CompactionLedger

    /// The executor of the store: a queue of its own, because it waits for the disk.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Begins with what an opening found.
    ///
    /// - Parameters:
    ///   - lock: Holds the folder's lock, and is closed with the store; nil if the store may only be looked at.
    ///   - journal: Where commits go; nil if the store may only be looked at.
    init(
        in folder: StoreFolder, state: StoreState, recovery: RecoveryReport, lock: StoreFile?, journal: Journal?,
        ledger: CompactionLedger, durability: Durability, environment: FileStoreEnvironment,
        housekeeping: SerialQueueExecutor
    ) {
        self.folder = folder
        self.state = state
        self.recovery = recovery
        self.lock = lock
        self.journal = journal
        self.ledger = ledger
        self.durability = durability
        self.environment = environment
        self.housekeeping = housekeeping
    }

    deinit {
        nextSync?.cancel()
        if isOpen {
            journal?.abandon()
            lock?.close()
        }
    }

    /// Syncs what is written, ends all work in the background and gives the folder free; the store takes nothing more.
    ///
    /// A store that is not closed loses nothing by it: the next one to open the folder has a little more to do.
    ///
    /// - Throws: ``FileStoreError`` if the last sync fails.
    public func close() async throws {
        guard isOpen else { return }
        isOpen = false
        nextSync?.cancel()
        compaction?.cancel()
        await compactionEnded()
        flush()
        defer { lock?.close() }
        try journal?.close()
    }
}
