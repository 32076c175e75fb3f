import RotaStore
import RotaTesting
import Testing

/// Every file operation of a store's life refused, torn, shortened or interrupted, once and from then on.
@Suite struct FaultTests {
    /// How many file operations an undisturbed life takes.
    static let operations: Int = {
        let files = FaultyFileSystem()
        var history = ToyHistory(seed: 21)
        history.live(on: files)
        return files.operations
    }()

    static let crashes: [FaultyFileSystem.Crash] = [
        .killed, .lostUnsynced, .tore(seed: 1), .tore(seed: 2), .tore(seed: 3),
    ]

    static let effects: [FileFault.Effect] = [
        .fail(.noSpace), .fail(.inputOutput), .tear(.noSpace), .tear(.inputOutput), .powerLoss,
    ]

    @Test(
        "After a failed operation and a crash, no acknowledged commit is lost and none is invented",
        arguments: effects, [false, true])
    func refused(effect: FileFault.Effect, persists: Bool) throws {
        for operation in 1...Self.operations {
            for crash in Self.crashes {
                let files = FaultyFileSystem()
                files.fault = FileFault(at: operation, effect, persists: persists)
                var history = ToyHistory(seed: 21)
                history.live(on: files)
                #expect(files.openFiles == 0 || history.failure != nil)
                files.crash(crash)
                let store = try ToyStore(files)
                #expect(history.allows(store.values), "operation \(operation), \(crash)")
                #expect(store.report.quarantined.isEmpty)
            }
        }
    }

    @Test("A failed commit is absent when the store is opened again")
    func failsWhole() throws {
        for effect in [FileFault.Effect.fail(.noSpace), .tear(.noSpace), .fail(.inputOutput)] {
            // The write and the sync of a commit, and the checks of the journal and the folder.
            for operation in 1...4 {
                let files = FaultyFileSystem()
                var store = try ToyStore(files)
                try store.commit([1: 10])
                files.fault = FileFault(at: operation, effect)
                #expect(throws: FileStoreError.self) { try store.commit([[2: 20], [3: 30]]) }
                let later = #expect(throws: FileStoreError.self) { try store.commit([4: 40]) }
                #expect(later?.code == .stopped)
                files.crash(.killed)
                #expect(try ToyStore(files).values == [1: 10])
            }
        }
    }

    @Test("Interruptions and short writes have no effect", arguments: [false, true])
    func harmless(persists: Bool) throws {
        for operation in 1...Self.operations {
            for effect in [FileFault.Effect.short, .fail(.interrupted)] {
                if persists && effect == .fail(.interrupted) { continue }
                let files = FaultyFileSystem()
                files.fault = FileFault(at: operation, effect, persists: persists)
                var history = ToyHistory(seed: 21)
                history.live(on: files)
                #expect(history.failure == nil)
                #expect(files.openFiles == 0)
                files.crash(.killed)
                files.fault = FileFault(at: operation, effect, persists: persists)
                #expect(try ToyStore(files).values == history.states.last)
            }
        }
    }

    @Test("A call that is always interrupted throws an error")
    func interruptedForEver() throws {
        for operation in 1...Self.operations {
            let files = FaultyFileSystem()
            files.fault = FileFault(at: operation, .fail(.interrupted), persists: true)
            var history = ToyHistory(seed: 21)
            history.live(on: files)
            // Closing needs no operation that can fail, so the last ones may pass.
            files.crash(.killed)
            #expect(history.allows(try ToyStore(files).values))
        }
    }

    @Test("Opening after a crash can fail at any operation and be retried")
    func faultyRecovery() throws {
        let origin = FaultyFileSystem()
        var history = ToyHistory(seed: 21)
        origin.fault = FileFault(at: Self.operations - 6, .powerLoss)
        history.live(on: origin)
        origin.crash(.tore(seed: 9))
        let probe = origin.copy()
        _ = try ToyStore(probe)
        for operation in 1...probe.operations {
            for effect in Self.effects {
                let files = origin.copy()
                files.fault = FileFault(at: operation, effect)
                _ = try? ToyStore(files)
                files.crash(.tore(seed: UInt64(operation)))
                #expect(history.allows(try ToyStore(files).values))
            }
        }
    }

    @Test("Setting damage aside can fail at any operation without losing commits before it")
    func faultyQuarantine() throws {
        let origin = FaultyFileSystem()
        var history = ToyHistory(seed: 21)
        var store = try ToyStore(origin)
        history.commit(groups: [1, 1, 1, 1], to: &store)
        let next = try StoreFolder("/store", in: origin).makeJournal(2)
        var journal = store.journal
        try journal.rotate(to: next)
        try journal.appendPayload { ToyStore.encode([1: 1], to: &$0) }
        try journal.flush(sync: true)
        origin.crash(.killed)
        var bytes = try #require(origin.bytes(of: DamageTests.journal))
        let second = FileHeader.size + Frame.headerSize + Int(bytes[FileHeader.size + 4])
        bytes[second + 26] ^= 1
        origin.put(bytes, at: DamageTests.journal)
        let probe = origin.copy()
        #expect(throws: FileStoreError.self) { try ToyStore(probe) }
        for operation in 1...probe.operations {
            for effect in Self.effects {
                let files = origin.copy()
                files.fault = FileFault(at: operation, effect)
                #expect(throws: FileStoreError.self) { try ToyStore(files) }
                files.crash(.tore(seed: UInt64(operation)))
                var opened = try? ToyStore(files)
                for _ in 0..<3 where opened == nil { opened = try? ToyStore(files) }
                #expect(opened?.values == history.states[1], "operation \(operation), \(effect)")
            }
        }
    }
}
