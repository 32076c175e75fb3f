import Foundation
import RotaStore
import RotaTesting
import Synchronization
import Testing

/// Files and folders that are removed, renamed, replaced or copied while a store has them open.
@Suite struct DisplacementTests {
    /// What is known of a life when something happens in it, and what happened.
    final class Scene: Sendable {
        struct Facts {
            var operations = 0
            var begun = 0
            var acknowledged = 0
            var isOpen = false
            /// The least number of commits that a store may acknowledge and lose: those from before the act.
            var floor: Int?
            /// Whether the files were being checked when the act came.
            var isChecking = false
        }

        let facts = Mutex(Facts())

        /// Counts an operation of the file system, and says whether it is the one.
        ///
        /// A commit whose files are being checked when the act comes was complete before it.
        func reaches(_ operation: Int, _ call: HookedFileSystem.Call) -> Bool {
            facts.withLock { facts in
                facts.operations += 1
                guard facts.operations == operation else { return false }
                facts.isChecking = call == .status
                facts.floor = facts.isChecking ? facts.begun : facts.acknowledged
                return true
            }
        }
    }

    /// A life of a toy store that sets key 1, 2, 3 …, whatever happens to its files.
    struct Life {
        let scene: Scene
        var failures: [any Error] = []
        var stopped = false
        var closed = false

        init(_ scene: Scene) { self.scene = scene }

        mutating func live(on files: any FileSystem) {
            do {
                var store = try ToyStore(files)
                scene.facts.withLock { $0.isOpen = true }
                commit(2, to: &store)
                compact(&store)
                commit(2, to: &store)
                compact(&store)
                commit(1, to: &store)
                scene.facts.withLock { $0.isOpen = false }
                do {
                    try store.close()
                    closed = true
                } catch {
                    failures.append(error)
                }
            } catch {
                failures.append(error)
            }
        }

        private mutating func commit(_ count: Int, to store: inout ToyStore) {
            for _ in 0..<count {
                let next = scene.facts.withLock { facts in
                    if !stopped { facts.begun += 1 }
                    return facts.begun
                }
                do {
                    try store.commit([UInt8(next): UInt32(next)])
                    if stopped { Issue.record("a stopped store acknowledged a commit") }
                    scene.facts.withLock { $0.acknowledged = next }
                } catch {
                    if stopped { #expect((error as? FileStoreError)?.code == .stopped) }
                    stopped = true
                    failures.append(error)
                }
            }
        }

        private mutating func compact(_ store: inout ToyStore) {
            var life = self
            // A key at every chunk would make the snapshot endless.
            var left = 2
            do {
                try store.compact { store in
                    life.commit(left > 0 ? 1 : 0, to: &store)
                    left -= 1
                }
            } catch {
                life.failures.append(error)
            }
            self = life
            // A failed compaction leaves the store working, unless the journal itself has stopped.
            stopped = stopped || store.journal.failure != nil
        }
    }

    private static let operations: Int = {
        let scene = Scene()
        var life = Life(scene)
        life.live(on: HookedFileSystem(FaultyFileSystem()) { call throws(SystemErrno) in _ = scene.reaches(0, call) })
        #expect(life.failures.isEmpty && life.closed)
        return scene.facts.withLock { $0.operations }
    }()

    @Test(
        "Between any two file operations, a moved file fails the commit or loses nothing", arguments: Displacement.all)
    func everyOperation(displacement: Displacement) throws {
        for operation in 1...Self.operations {
            let scene = Scene()
            let files = FaultyFileSystem()
            let hooked = HookedFileSystem(files) { call throws(SystemErrno) in
                guard scene.reaches(operation, call) else { return }
                let names = files.paths.filter { $0.hasPrefix("/store/") }.map { String($0.dropFirst(7)) }
                displacement.perform(on: "/store", names: names, aside: "/aside", by: files)
            }
            var life = Life(scene)
            life.live(on: hooked)
            Self.check(life, displacement, Result { try ToyStore(files).values }, "operation \(operation)")
        }
    }

    @Test(
        "Two writers never share a folder, whatever is moved before the second opens it", arguments: Displacement.all)
    func rival(displacement: Displacement) throws {
        for operation in 1...Self.operations {
            let scene = Scene()
            let files = FaultyFileSystem()
            let rivals = Mutex<[ToyStore]>([])
            let hooked = HookedFileSystem(files) { call throws(SystemErrno) in
                guard scene.reaches(operation, call) else { return }
                let names = files.paths.filter { $0.hasPrefix("/store/") }.map { String($0.dropFirst(7)) }
                displacement.perform(on: "/store", names: names, aside: "/aside", by: files)
                do {
                    var rival = try ToyStore(files)
                    let isOpen = scene.facts.withLock { $0.isOpen }
                    #expect(!isOpen || displacement.movesFolder, "operation \(operation): two writers")
                    try? rival.commit([200: 1])
                    rivals.withLock { [rival] in $0.append(rival) }
                } catch {
                    #expect(error is FileStoreError)
                }
            }
            var life = Life(scene)
            life.live(on: hooked)
            var promised = false
            for var rival in rivals.withLock({ $0 }) {
                promised = rival.values[200] != nil && rival.journal.failure == nil
                try? rival.close()
            }
            let seen = Result { try ToyStore(files).values }
            if promised { #expect((try? seen.get())?[200] == 1, "operation \(operation): the second writer's commit") }
            Self.check(life, rivals.withLock { $0.isEmpty } ? displacement : nil, seen, "operation \(operation), rival")
        }
    }

    /// - Parameters:
    ///   - displacement: What happened, or `nil` if more than that did.
    ///   - seen: What a later opening of the path finds.
    private static func check(
        _ life: Life, _ displacement: Displacement?, _ seen: Result<[UInt8: UInt32], any Error>, _ place: String
    ) {
        let facts = life.scene.facts.withLock { $0 }
        let what: Comment = "\(place): \(life.failures), \(facts)"
        for failure in life.failures { #expect(failure is FileStoreError, what) }
        if displacement?.isHarmless == true { #expect(life.failures.isEmpty, what) }
        // A store that has stopped says so when it is closed.
        if life.stopped { #expect(!life.closed, what) }
        let isUnnoticed = life.failures.isEmpty && (!facts.isChecking || displacement?.isHarmless == true)
        guard isUnnoticed || facts.acknowledged > facts.floor ?? 0 else { return }
        do {
            let keys = try seen.get().keys.filter { $0 < 200 }.sorted()
            #expect(keys == Array(1...UInt8(facts.acknowledged)) || keys.count > facts.acknowledged, what)
            #expect(keys == keys.indices.map { UInt8($0 + 1) } && keys.count <= facts.begun, what)
        } catch {
            Issue.record("\(error); \(what)")
        }
    }

    // MARK: The whole store on the real disk

    @Test(
        "On the real disk, between any two operations, a moved file fails the commit or loses nothing",
        arguments: Displacement.all)
    func realDisk(displacement: Displacement) async throws {
        for moment in 0...5 {
            try await withTemporaryFolder { path in
                let folder = path + "/store"
                let store = try await FileJobStore(path: folder, environment: FileStoreEnvironment())
                var acknowledged: [UInt128] = []
                var before = 0
                var failures: [any Error] = []
                func displace(_ now: Int) async throws {
                    guard now == moment else { return }
                    let names = (try? PosixFileSystem().names(inFolder: folder)) ?? []
                    displacement.perform(on: folder, names: names, aside: path + "/aside", by: PosixIntruder())
                    before = acknowledged.count
                    if displacement.movesFolder { return }
                    let error = await #expect(throws: FileStoreError.self) {
                        try await FileJobStore(path: folder, environment: FileStoreEnvironment())
                    }
                    #expect(error?.code == .locked)
                }
                for (step, number) in ([1, 2, 3, 4, 5] as [UInt128]).enumerated() {
                    try await displace(step)
                    do {
                        if number == 3 { try await store.compact() }
                        _ = try await store.insert([JobInsertion(FileJobStoreTests.job(number))])
                        #expect(failures.allSatisfy { ($0 as? FileStoreError)?.code == .filesChanged })
                        acknowledged.append(number)
                    } catch {
                        failures.append(error)
                    }
                }
                try await displace(5)
                let isStopped = await store.status.failure != nil
                do {
                    try await store.close()
                    #expect(!isStopped)
                } catch {
                    #expect((error as? FileStoreError)?.code == .filesChanged)
                    failures.append(error)
                }
                #expect(failures.allSatisfy { $0 is FileStoreError })
                if displacement.isHarmless { #expect(failures.isEmpty, "\(failures)") }
                guard failures.isEmpty || acknowledged.count > before else { return }
                let reopened = try await FileJobStore(path: folder, environment: FileStoreEnvironment())
                #expect(try await reopened.jobs(JobQuery()).items.map(\.id.bits) == acknowledged, "\(moment)")
                try await reopened.close()
            }
        }
    }

    @Test("The first commit after a file is gone fails with its path, later ones say that the store stopped")
    func message() async throws {
        try await withTemporaryFolder { path in
            let store = try await FileJobStore(path: path, environment: FileStoreEnvironment())
            _ = try await store.insert([JobInsertion(FileJobStoreTests.job(1))])
            let journal = StoreFolder.name(.journal, 1)
            try FileManager.default.removeItem(atPath: "\(path)/\(journal)")
            let error = await #expect(throws: FileStoreError.self) {
                try await store.insert([JobInsertion(FileJobStoreTests.job(2))])
            }
            #expect(error?.code == .filesChanged && error?.path.hasSuffix(journal) == true)
            #expect(error?.message.contains("was removed or renamed") == true)
            let later = await #expect(throws: FileStoreError.self) { try await store.job(JobID(bits: 1)) }
            #expect(later?.code == .stopped)
            #expect(await store.status.failure == error)
            #expect(await #expect(throws: FileStoreError.self) { try await store.close() } == error)
            // Closing again has no effect, and the folder is unlocked.
            try await store.close()
            let reopened = try await FileJobStore(path: path, environment: FileStoreEnvironment())
            #expect(try await reopened.counts().jobs.isEmpty)
            try await reopened.close()
        }
    }

    @Test("An idle store that is closed says that its files are gone", arguments: [true, false])
    func closing(writes: Bool) async throws {
        for durability in [Durability.everyCommit, .operatingSystem, .interval(.seconds(3600))] {
            try await withTemporaryFolder { path in
                let folder = path + "/store"
                let store = try await FileJobStore(
                    path: folder, durability: durability, environment: FileStoreEnvironment())
                if writes { _ = try await store.insert([JobInsertion(FileJobStoreTests.job(1))]) }
                try FileManager.default.moveItem(atPath: folder, toPath: path + "/aside")
                let error = await #expect(throws: FileStoreError.self) { try await store.close() }
                #expect(error?.code == .filesChanged && error?.path == folder)
                // What was acknowledged before is in the folder that was moved.
                let moved = try await FileJobStore(path: path + "/aside", environment: FileStoreEnvironment())
                #expect(try await moved.jobs(JobQuery()).items.count == (writes ? 1 : 0))
                try await moved.close()
            }
        }
    }
}

/// Calls a closure with a folder that is removed afterwards.
private func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rota-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path(percentEncoded: false))
}
