import RotaStore
import RotaTesting
import Testing

/// The journal cut at every byte of its last 64 frames, and every bit of them flipped.
@Suite struct DamageTests {
    static let journal = "/store/journal-0000000000000001"
    static let snapshot = "/store/snapshot-0000000000000002"

    /// A store that was killed after 70 commits, written in groups of one to three, and where its frames begin.
    struct Specimen {
        var files = FaultyFileSystem()
        var history = ToyHistory(seed: 5)
        var bytes: [UInt8]
        /// Where each commit's frame begins, and at the end where the file ends.
        var starts: [Int] = []
        /// For each commit the first commit of the group it was written with.
        var groupStarts: [Int] = []

        init() throws {
            var store = try ToyStore(files)
            while groupStarts.count < 70 {
                let size = groupStarts.count % 3 + 1
                groupStarts += Array(repeating: groupStarts.count, count: size)
                history.commit(groups: [size], to: &store)
            }
            files.crash(.killed)
            bytes = try #require(files.bytes(of: DamageTests.journal))
            var offset = FileHeader.size
            while offset < bytes.count {
                starts.append(offset)
                offset += Frame.headerSize + Int(bytes[offset + 4])
            }
            starts.append(offset)
            #expect(starts.count == groupStarts.count + 1)
        }

        func with(_ bytes: [UInt8]) -> FaultyFileSystem {
            let files = FaultyFileSystem()
            files.makeStoreFolder()
            files.put(bytes, at: DamageTests.journal)
            return files
        }
    }

    @Test("A journal cut at any byte opens with the commits before the cut, and reports the cut")
    func cuts() throws {
        let specimen = try Specimen()
        let commits = specimen.groupStarts.count
        for cut in specimen.starts[commits - 64]...specimen.bytes.count {
            let files = specimen.with(Array(specimen.bytes[..<cut]))
            var store = try ToyStore(files)
            let whole = specimen.starts.lastIndex { $0 <= cut } ?? 0
            #expect(store.values == specimen.history.states[whole])
            #expect(store.report.replayedFrames == whole)
            #expect(store.report.cutBytes == cut - specimen.starts[whole])
            #expect((store.report.cutFile == nil) == (cut == specimen.starts[whole]))
            // What is written after the cut is found again.
            try store.commit([200: 1])
            files.crash(.killed)
            let reopened = try ToyStore(files)
            #expect(reopened.values[200] == 1 && reopened.report.cutBytes == 0)
        }
    }

    @Test(
        "A flipped bit in the last write is cut off, and one before it throws an error",
        arguments: [0, 1, 2, 3])
    func flips(part: Int) throws {
        let specimen = try Specimen()
        let commits = specimen.groupStarts.count
        for index in (commits - 64)..<commits where index % 4 == part {
            let groupIsLast = specimen.groupStarts[index] == specimen.groupStarts[commits - 1]
            let start = specimen.starts[index]
            for place in start..<specimen.starts[index + 1] {
                for bit in 0..<8 {
                    var bytes = specimen.bytes
                    bytes[place] ^= 1 << bit
                    let files = specimen.with(bytes)
                    let folder = try StoreFolder("/store", in: files)
                    let read = try Recovery(folder.listing(), in: folder, initial: [:], apply: ToyStore.apply)
                    #expect(read.state == specimen.history.states[index])
                    switch read.ending {
                    case .whole: Issue.record("damage in commit \(index) passed unnoticed")
                    case .torn(let journal, let offset): #expect(groupIsLast && journal == 1 && offset == start)
                    case .damaged(let journal, let offset, _):
                        #expect(!groupIsLast && journal == 1 && offset == start)
                    }
                    if bit != place % 8 || place % 3 != 0 { continue }
                    if groupIsLast {
                        #expect(try ToyStore(files).report.cutBytes == specimen.bytes.count - start)
                    } else {
                        let error = #expect(throws: FileStoreError.self) { try ToyStore(files) }
                        #expect(error?.code == .damaged && error?.offset == start)
                        #expect(try ToyStore(files).values == specimen.history.states[index])
                    }
                }
            }
        }
    }

    @Test("Damage is set aside with an error, and opening again continues before it")
    func setAside() throws {
        let specimen = try Specimen()
        var bytes = specimen.bytes
        bytes[specimen.starts[40] + 25] ^= 4
        let files = specimen.with(bytes)
        let error = #expect(throws: FileStoreError.self) { try ToyStore(files) }
        #expect(error?.code == .damaged)
        #expect(error?.path == Self.journal)
        #expect(error?.message.contains("journal-0000000000000001.damaged") == true)
        #expect(files.bytes(of: Self.journal + ".damaged") == bytes)
        #expect(files.openFiles == 0)
        var store = try ToyStore(files)
        #expect(store.values == specimen.history.states[40])
        #expect(store.report.quarantined == ["journal-0000000000000001.damaged"])
        try store.commit([200: 1])
        try store.close()
        // Damage again: a second name, and the first file is untouched.
        var again = try #require(files.bytes(of: Self.journal))
        again[specimen.starts[2] + 25] ^= 4
        files.put(again, at: Self.journal)
        #expect(throws: FileStoreError.self) { try ToyStore(files) }
        #expect(files.bytes(of: Self.journal + ".damaged") == bytes)
        #expect(files.bytes(of: Self.journal + ".damaged-2") == again)
        store = try ToyStore(files)
        #expect(store.values == specimen.history.states[2])
    }

    @Test("After a clean close, the seal makes every flipped bit an error")
    func sealed() throws {
        let files = FaultyFileSystem()
        var store = try ToyStore(files)
        try store.commit([1: 10])
        try store.close()
        let whole = try #require(files.bytes(of: Self.journal))
        let sealStart = whole.count - Frame.headerSize
        for place in FileHeader.size..<sealStart {
            var bytes = whole
            bytes[place] ^= 0x10
            files.put(bytes, at: Self.journal)
            let error = #expect(throws: FileStoreError.self) { try ToyStore(files) }
            #expect(error?.code == .damaged)
        }
    }

    @Test("Every flipped bit of a header or snapshot is detected")
    func headersAndSnapshots() throws {
        let files = FaultyFileSystem()
        var history = ToyHistory(seed: 11)
        history.live(on: files)
        let journal = "/store/journal-0000000000000002"
        let targets = [(Self.snapshot, Int.max), (journal, FileHeader.size)]
        for (path, limit) in targets {
            let whole = try #require(files.bytes(of: path))
            for place in 0..<min(limit, whole.count) {
                for bit in 0..<8 {
                    let copy = files.copy()
                    var bytes = whole
                    bytes[place] ^= 1 << bit
                    copy.put(bytes, at: path)
                    let error = #expect(throws: FileStoreError.self) { try ToyStore(copy) }
                    #expect(error?.code == .damaged)
                }
            }
        }
        let whole = try #require(files.bytes(of: Self.snapshot))
        for length in 0..<whole.count {
            let copy = files.copy()
            copy.put(Array(whole[..<length]), at: Self.snapshot)
            #expect(throws: FileStoreError.self) { try ToyStore(copy) }
        }
        let copy = files.copy()
        copy.put(whole + [0], at: Self.snapshot)
        #expect(throws: FileStoreError.self) { try ToyStore(copy) }
    }

    @Test("A damaged snapshot is harmless while the files it replaced exist")
    func olderFilesMakeUp() throws {
        let files = FaultyFileSystem()
        var store = try ToyStore(files)
        try store.commit([1: 10])
        files.crash(.killed)
        let first = try #require(files.bytes(of: Self.journal))
        store = try ToyStore(files)
        try store.compact()
        try store.commit([2: 20])
        files.crash(.killed)
        files.put(first, at: Self.journal)
        var bad = try #require(files.bytes(of: Self.snapshot))
        bad[50] ^= 1
        files.put(bad, at: Self.snapshot)
        store = try ToyStore(files)
        #expect(store.values == [1: 10, 2: 20])
        #expect(store.report.quarantined == ["snapshot-0000000000000002.damaged"])
        #expect(store.report.snapshot == nil)
    }

    @Test("An old snapshot without the journals that follow it does not take the place of a damaged one")
    func noWayBack() throws {
        let files = FaultyFileSystem()
        var store = try ToyStore(files)
        try store.commit([1: 10])
        try store.compact()
        let old = try #require(files.bytes(of: Self.snapshot))
        try store.commit([2: 20])
        try store.compact()
        try store.commit([3: 30])
        files.crash(.killed)
        // A crash while old files were removed can leave it.
        files.put(old, at: Self.snapshot)
        let newest = "/store/snapshot-0000000000000003"
        let good = try #require(files.bytes(of: newest))
        var bad = good
        bad[50] ^= 1
        files.put(bad, at: newest)
        for _ in 0..<3 {
            let error = #expect(throws: FileStoreError.self) { try ToyStore(files) }
            #expect(error?.code == .damaged)
        }
        files.put(good, at: newest)
        #expect(try ToyStore(files).values == [1: 10, 2: 20, 3: 30])
    }

    @Test("A frame of a kind that a later version wrote is refused, and not cut off")
    func laterKind() throws {
        let files = FaultyFileSystem()
        var store = try ToyStore(files)
        try store.commit([1: 10])
        files.crash(.killed)
        var bytes = try #require(files.bytes(of: Self.journal))
        bytes[FileHeader.size + 16] = 7
        var checksum = CRC32C()
        checksum.update(1)
        bytes[(FileHeader.size + 4)...].withUnsafeBytes { checksum.update($0) }
        LittleEndian.put(checksum.value, into: &bytes, at: FileHeader.size)
        files.put(bytes, at: Self.journal)
        #expect(throws: RecordFormatError("there is no frame of kind 7", isLaterFormat: true)) { try ToyStore(files) }
        #expect(files.bytes(of: Self.journal) == bytes)
    }

    @Test("A missing journal or snapshot throws an error", arguments: [1, 2, 3, 4])
    func missing(removed: Int) throws {
        let files = FaultyFileSystem()
        var store = try ToyStore(files)
        try store.commit([1: 10])
        try store.compact()
        try store.commit([2: 20])
        for generation in [3, 4] as [UInt64] {
            let next = try StoreFolder("/store", in: files).makeJournal(generation)
            var journal = store.journal
            try journal.rotate(to: next)
            try journal.appendPayload { ToyStore.encode([UInt8(generation): 1], to: &$0) }
            try journal.flush(sync: true)
            store = try {
                files.crash(.killed); return try ToyStore(files)
            }()
        }
        #expect(store.values == [1: 10, 2: 20, 3: 1, 4: 1])
        files.crash(.killed)
        let name = removed == 1 ? "snapshot-0000000000000002" : "journal-000000000000000\(removed)"
        try StoreFolder("/store", in: files).remove(name)
        if removed == 4 {
            // The newest journal leaves no trace of itself: indistinguishable from one that never was.
            #expect(try ToyStore(files).values == [1: 10, 2: 20, 3: 1])
            return
        }
        let error = #expect(throws: FileStoreError.self) { try ToyStore(files) }
        #expect(error?.code == .damaged)
        if removed == 1 {
            // Nothing can be proved without it, so nothing is opened, however often it is tried.
            #expect(throws: FileStoreError.self) { try ToyStore(files) }
        } else {
            let kept: [UInt8: UInt32] = removed == 2 ? [1: 10] : [1: 10, 2: 20]
            let store = try ToyStore(files)
            #expect(store.values == kept)
            #expect(store.report.quarantined.count == 4 - removed)
        }
    }

    @Test("A file of a later format throws an error and stays unchanged", arguments: [journal, snapshot])
    func laterVersion(path: String) throws {
        let files = FaultyFileSystem()
        var header = FileHeader(path == Self.journal ? .journal : .snapshot, generation: path == Self.journal ? 1 : 2)
            .bytes
        LittleEndian.put(FileHeader.version + 1, into: &header, at: 8)
        LittleEndian.put(CRC32CTests.checksum(Array(header[..<28])), into: &header, at: 28)
        files.makeStoreFolder()
        files.put(header, at: path)
        let before = files.paths
        for _ in 0..<2 {
            let error = #expect(throws: FileStoreError.self) { try ToyStore(files) }
            #expect(error?.code == .unsupportedVersion)
            #expect(error?.message.contains("update Rota") == true)
        }
        #expect(files.paths == (before + ["/store/LOCK"]).sorted())
    }

    @Test("Bytes that look like frames at every offset do not hang recovery")
    func crafted() throws {
        var bytes = FileHeader(.journal, generation: 1).bytes
        let count = 1 << 16
        // Each eight-byte step claims a sequence number, an unsynced count and a length that hold water.
        for index in 0..<(count / 8) {
            LittleEndian.append(UInt32(2 + index % 3), to: &bytes)
            LittleEndian.append(UInt32(index % 2 == 0 ? 1 : 0), to: &bytes)
        }
        let files = FaultyFileSystem()
        files.makeStoreFolder()
        files.put(bytes, at: Self.journal)
        let store = try? ToyStore(files)
        #expect(store?.values.isEmpty ?? true)
    }
}

extension FaultyFileSystem {
    /// Creates the folder of the toy store.
    func makeStoreFolder() { try? makeFolder("/store") }
}
