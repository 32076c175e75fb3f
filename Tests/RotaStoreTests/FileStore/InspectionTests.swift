import Foundation
import RotaStore
import RotaTesting
import Testing

/// Read-only stores, which change nothing in the folder.
@Suite struct InspectionTests {
    /// Files of which a change, a lock or an opening for more than reading is refused and counted.
    private static func guarded(_ files: FaultyFileSystem) -> (FileStoreEnvironment, Counter) {
        let counter = Counter()
        var environment = FileStoreEnvironment.inMemory(files)
        environment.files = HookedFileSystem(files) { call throws(SystemErrno) in
            switch call {
            case .list, .read, .status, .openFolder, .open(_, .read): return
            case .open, .change:
                _ = counter.next()
                throw .inputOutput
            }
        }
        return (environment, counter)
    }

    private static func image(_ files: FaultyFileSystem) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: files.paths.map { ($0, files.bytes(of: $0) ?? []) })
    }

    @Test("A read-only store beside a writer has all acknowledged commits and changes nothing")
    func besideWriter() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        var script = StoreScript(seed: 6)
        for step in 1...120 {
            let (operation, expected) = script.next()
            #expect(try await operation.run(on: store) == expected)
            if step == 70 { try await store.compact() }
            guard step % 17 == 0 else { continue }
            let before = Self.image(files)
            let (environment, changes) = Self.guarded(files)
            let seen = try await FileJobStore(inspecting: "/store", environment: environment)
            #expect(try await StoreContents(seen) == StoreContents(script.state))
            #expect(seen.recovery.damage == nil && seen.recovery.cutBytes == 0 && seen.recovery.endedLeases == 0)
            #expect((seen.recovery.snapshot != nil) == (step > 70))
            #expect(await seen.status.isReadOnly)
            try await seen.close()
            #expect(changes.count == 0)
            #expect(Self.image(files) == before)
        }
        try await store.close()
        #expect(files.openFiles == 0)
    }

    @Test("A read-only store refuses every operation that changes records, and answers queries")
    func refuses() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        var script = StoreScript(seed: 6)
        for _ in 0..<60 { _ = try await script.next().operation.run(on: store) }
        let seen = try await FileJobStore(inspecting: "/store", environment: .inMemory(files))
        let contents = try await StoreContents(seen)
        for _ in 0..<60 {
            let operation = script.nextChange().operation
            let error = await #expect(throws: FileStoreError.self) { _ = try await operation.run(on: seen) }
            #expect(error?.code == .readOnly)
        }
        let error = await #expect(throws: FileStoreError.self) { try await seen.compact() }
        #expect(error?.code == .readOnly)
        #expect(try await StoreContents(seen) == contents)
        try await seen.close()
        await #expect(throws: StoreError.self) { try await seen.jobs(JobQuery()) }
        try await store.close()
    }

    @Test("A read-only store shows a state that existed, even if files change at every step")
    func races() async throws {
        // The writer moves on by several operations, and now and then a compaction, before every step of the reader.
        for seed in 1...12 as ClosedRange<UInt64> {
            let files = FaultyFileSystem()
            let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
            var script = StoreScript(seed: seed, maximumJobs: 4)
            var images: [FaultyFileSystem] = []
            var states: [StoreContents] = []
            for step in 1...80 {
                let (operation, _) = script.next()
                _ = try? await operation.run(on: store)
                if step % 13 == 0 { try await store.compact() }
                images.append(files.copy())
                states.append(StoreContents(script.state))
            }
            try await store.close()
            for pace in [1, 2, 5] {
                let steps = Counter()
                var environment = FileStoreEnvironment.inMemory(files)
                let last = images.count - 1
                environment.files = MovingFileSystem(images) { min(last, steps.next() / pace) }
                let seen = try await FileJobStore(inspecting: "/store", environment: environment)
                #expect(seen.recovery.damage == nil)
                #expect(states.contains(try await StoreContents(seen)), "seed \(seed), pace \(pace)")
                try await seen.close()
            }
        }
    }

    @Test("A torn write is ignored, reported and left in the file", arguments: [1, 7, 24, 40])
    func torn(bytes: Int) async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        _ = try await store.insert([JobInsertion(FileJobStoreTests.job(1))])
        let journal = "/store/journal-0000000000000001"
        let whole = try #require(files.bytes(of: journal))
        _ = try await store.insert([JobInsertion(FileJobStoreTests.job(2))])
        let longer = try #require(files.bytes(of: journal))
        let image = files.copy()
        try await store.close()
        image.put(Array(longer.prefix(whole.count + bytes)), at: journal)
        let before = Self.image(image)
        let seen = try await FileJobStore(inspecting: "/store", environment: .inMemory(image))
        #expect(seen.recovery.cutBytes == bytes && seen.recovery.cutFile == "journal-0000000000000001")
        #expect(try await seen.jobs(JobQuery()).items.map(\.id.bits) == [1])
        try await seen.close()
        #expect(Self.image(image) == before)
        // The report is the same as that of an opening.
        let opened = try await FileJobStore(path: "/store", environment: .inMemory(image))
        #expect(opened.recovery == seen.recovery)
        try await opened.close()
    }

    @Test("Damage is reported with the commits before it, and nothing is set aside")
    func damaged() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let journal = "/store/journal-0000000000000001"
        _ = try await store.insert([JobInsertion(FileJobStoreTests.job(1))])
        let place = try #require(files.bytes(of: journal)).count
        for number in 2...4 { _ = try await store.insert([JobInsertion(FileJobStoreTests.job(UInt128(number)))]) }
        try await store.close()
        var bytes = try #require(files.bytes(of: journal))
        bytes[place + 30] ^= 1
        files.put(bytes, at: journal)
        let before = Self.image(files)
        let seen = try await FileJobStore(inspecting: "/store", environment: .inMemory(files))
        #expect(seen.recovery.damage?.code == .damaged && seen.recovery.damage?.offset == place)
        #expect(seen.recovery.damage?.path == journal)
        #expect(seen.recovery.description.contains("damaged"))
        #expect(try await seen.jobs(JobQuery()).items.map(\.id.bits) == [1])
        try await seen.close()
        #expect(Self.image(files) == before)
    }

    @Test("A missing folder throws an error and is not created")
    func missing() async throws {
        let files = FaultyFileSystem()
        let error = await #expect(throws: FileStoreError.self) {
            try await FileJobStore(inspecting: "/store", environment: .inMemory(files))
        }
        #expect(error?.code == .unusableFolder && error?.message.contains("missing") == true)
        #expect(files.paths.isEmpty)
    }
}
