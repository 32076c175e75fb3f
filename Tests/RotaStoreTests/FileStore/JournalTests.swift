import RotaStore
import RotaTesting
import Testing

@Suite struct JournalTests {
    @Test("A new store opens empty again, with the documented files")
    func empty() throws {
        let files = FaultyFileSystem()
        for _ in 0..<3 {
            var store = try ToyStore(files)
            #expect(store.values.isEmpty)
            #expect(store.report.replayedFrames == 0)
            try store.close()
        }
        #expect(files.paths == ["/store/LOCK", "/store/journal-0000000000000001"])
        #expect(files.bytes(of: "/store/journal-0000000000000001")?.count == FileHeader.size)
        #expect(files.openFiles == 0)
    }

    @Test("Commits survive every kind of crash", arguments: [true, false])
    func reopen(closes: Bool) throws {
        for crash in [FaultyFileSystem.Crash.killed, .lostUnsynced, .tore(seed: 3)] {
            let files = FaultyFileSystem()
            var history = ToyHistory(seed: 7)
            for round in 1...6 {
                var store = try ToyStore(files)
                #expect(store.values == history.states.last)
                #expect(store.report.cutBytes == 0)
                history.commit(groups: [1, round], to: &store)
                if closes { try store.close() }
                files.crash(crash)
            }
            #expect(try ToyStore(files).values == history.states.last)
        }
    }

    @Test("Compaction replaces older files and keeps commits made meanwhile")
    func compaction() throws {
        let files = FaultyFileSystem()
        var history = ToyHistory(seed: 11)
        history.live(on: files)
        #expect(history.failure == nil)
        #expect(
            files.paths == [
                "/store/LOCK", "/store/journal-0000000000000002", "/store/snapshot-0000000000000002",
            ])
        var store = try ToyStore(files)
        #expect(store.values == history.states.last)
        #expect(store.report.snapshot == "snapshot-0000000000000002")
        #expect(store.report.snapshotFrames > 1)
        try store.compact()
        try store.compact()
        try store.close()
        #expect(try ToyStore(files).values == history.states.last)
        #expect(files.paths.count == 3)
    }

    @Test("An unfinished snapshot is ignored and removed")
    func unfinished() throws {
        let files = FaultyFileSystem()
        var store = try ToyStore(files)
        try store.commit([1: 10])
        try store.close()
        files.put([1, 2, 3], at: "/store/snapshot-0000000000000002.unfinished")
        store = try ToyStore(files)
        #expect(store.values == [1: 10])
        #expect(files.paths.count == 2)
    }

    @Test("Foreign files are left alone")
    func foreignNames() throws {
        let files = FaultyFileSystem()
        try ToyStore(files).commitAndClose([1: 10])
        let foreign = ["notes.txt", "journal-1", "journal-000000000000000A", "snapshot-", "journal-0000000000000000"]
        for name in foreign { files.put([9], at: "/store/\(name)") }
        #expect(try ToyStore(files).values == [1: 10])
        for name in foreign { #expect(files.bytes(of: "/store/\(name)") == [9]) }
    }

    @Test("A commit that is too large or cannot be encoded is refused without a trace")
    func refusedCommit() throws {
        var bytes: [UInt8] = [7]
        let error = #expect(throws: FileStoreError.self) {
            try Frame.append(.changes, sequence: 1, unsynced: 1, generation: 1, limit: 9, to: &bytes) {
                $0.append(contentsOf: repeatElement(0, count: 10))
            }
        }
        #expect(error?.code == .commitTooLarge)
        #expect(bytes == [7])
        let files = FaultyFileSystem()
        var store = try ToyStore(files)
        var journal = store.journal
        #expect(throws: ToyDecodingError.self) {
            try journal.appendPayload { bytes in
                bytes.append(1)
                throw ToyDecodingError()
            }
        }
        #expect(!journal.hasPending && journal.nextSequence == 1)
        try store.commit([1: 10])
        files.crash(.killed)
        #expect(try ToyStore(files).values == [1: 10])
    }
}

extension ToyStore {
    /// Makes one commit and closes.
    consuming func commitAndClose(_ commit: Commit) throws {
        var store = self
        try store.commit(commit)
        try store.close()
    }
}
