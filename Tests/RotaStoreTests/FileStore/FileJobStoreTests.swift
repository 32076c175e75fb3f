import Dispatch
import Foundation
import RotaHTTP
import RotaSchedule
import RotaStore
import RotaTesting
import Synchronization
import Testing

@Suite struct FileJobStoreTests {
    let files = FaultyFileSystem()

    @Test("A snapshot of large records is written in frames of bounded size")
    func largeRecords() async throws {
        var environment = environment
        environment.snapshotChunk = 256
        let store = try await FileJobStore(path: "/store", environment: environment)
        let job = Self.job(1)
        let date = Date(timeIntervalSince1970: 0)
        let payload = JSONPayload(trusted: Data(repeating: UInt8(ascii: "1"), count: 300_000))
        let executions = (1...20).map {
            job.execution(
                id: ExecutionID(bits: $0), source: .manual, scheduledFor: date, createdAt: date, payload: payload)
        }
        _ = try await store.insert([JobInsertion(job, executions: executions)])
        try await store.compact()
        try await store.close()
        let reopened = try await open()
        #expect(reopened.recovery.snapshotFrames >= 5)
        #expect(try await reopened.execution(ExecutionID(bits: 20)) == executions[19])
    }

    @Test("Recording, firing and claiming in one commit do what the three operations do")
    func combined() async throws {
        let (one, three) = (try await open(), InMemoryJobStore())
        let job = Self.job(1)
        let due = job.scheduleState.decidedThrough + 60
        let executions = (1...3).map {
            job.execution(id: ExecutionID(bits: $0), source: .manual, scheduledFor: due, createdAt: due)
        }
        let claim = ClaimRequest(owner: "a", limit: 1, now: due, leaseExpiresAt: due + 1000)
        for store in [one, three] as [any JobStore] {
            _ = try await store.insert([JobInsertion(job, executions: executions)])
            #expect(try await store.claim(claim).map(\.execution.id) == [ExecutionID(bits: 1)])
        }
        let completions = [1, 2].map {
            Completion(executionID: ExecutionID(bits: $0), token: 1, attempt: nil, next: .succeeded, date: due)
        }
        var state = job.scheduleState
        state.decidedThrough = due
        let fired = job.execution(id: ExecutionID(bits: 4), source: .schedule, scheduledFor: due, createdAt: due)
        let fires = [
            FireRequest(
                jobID: job.id, expectedRevision: job.scheduleState.revision, executions: [fired], skips: [],
                scheduleState: state)
        ]
        var rest = claim
        rest.limit = 10
        var turn = StoreTurn()
        turn.completions = completions
        turn.due = StoreTurn.Due(now: due, limit: 10) { work in
            #expect(work.dueJobs.map(\.id) == [job.id])
            return StoreTurn.Plan(fires: fires)
        }
        turn.claim = rest
        let outcome = try await one.turn(turn)
        #expect(outcome.completions == (await three.finish(completions)))
        #expect(outcome.fires == (await three.fire(fires)))
        #expect(outcome.claims == (await three.claim(rest)))
        #expect(outcome.claims.map(\.execution.id.bits).sorted() == [2, 3, 4])
        #expect(try await StoreContents(one) == StoreContents(three))
        let nothing = try await one.turn(StoreTurn())
        #expect(nothing.completions.isEmpty && nothing.fires.isEmpty && nothing.claims.isEmpty)
        files.crash(.lostUnsynced)
        // The insertion, the claim, and the step.
        #expect(try await open().recovery.replayedFrames == 3)
    }

    @Test("Executions that were running return as expired leases, and the report counts them")
    func endsLeases() async throws {
        let store = try await open()
        let job = Self.job(1)
        let due = Date(timeIntervalSince1970: 100)
        let executions = (1...3).map {
            job.execution(id: ExecutionID(bits: $0), source: .manual, scheduledFor: due, createdAt: due)
        }
        _ = try await store.insert([JobInsertion(job, executions: executions)])
        let claims = try await store.claim(ClaimRequest(owner: "a", limit: 2, now: due, leaseExpiresAt: due + 1000))
        #expect(claims.count == 2)
        files.crash(.lostUnsynced)
        let reopened = try await open()
        #expect(reopened.recovery.endedLeases == 2)
        let dueWork = try await reopened.dueWork(at: due, limit: 10)
        #expect(dueWork.expiredLeases.map(\.execution.id) == claims.map(\.execution.id))
        // The tokens stay, so that a new claim fences off whoever held the old one.
        #expect(dueWork.expiredLeases.map(\.execution.progress.lease?.token) == [1, 1])
        files.crash(.lostUnsynced)
        #expect(try await open().recovery.endedLeases == 2)
    }

    @Test("An idempotency key survives a restart and a compaction, and is deleted with its job")
    func idempotency() async throws {
        var store = try await open()
        _ = try await store.insert([JobInsertion(Self.job(1), idempotencyKey: "k")])
        for _ in 0..<2 {
            try await store.compact()
            try await store.close()
            store = try await open()
            let outcome = try await store.insert([JobInsertion(Self.job(2), idempotencyKey: "k")])
            #expect(outcome == [.existing(Self.job(1))])
        }
        #expect(try await store.delete([Self.job(1).id]) == [Self.job(1).id])
        files.crash(.killed)
        store = try await open()
        #expect(
            try await store.insert([JobInsertion(Self.job(2), idempotencyKey: "k")]) == [.inserted(Self.job(2))])
    }

    @Test("A closed store throws, and closing it again has no effect")
    func closed() async throws {
        let store = try await open()
        try await store.close()
        try await store.close()
        let error = await #expect(throws: StoreError.self) { try await store.job(JobID(bits: 1)) }
        #expect(error?.code == .closed)
        await #expect(throws: StoreError.self) { try await store.insert([]) }
        await #expect(throws: StoreError.self) { try await store.compact() }
    }

    @Test("A second store cannot open the folder until the first is deallocated")
    func lock() async throws {
        var store: FileJobStore? = try await open()
        let error = await #expect(throws: FileStoreError.self) { try await open() }
        #expect(error?.code == .locked)
        _ = try await store?.insert([JobInsertion(Self.job(1))])
        store = nil
        #expect(try await open().job(JobID(bits: 1)) == Self.job(1))
    }

    @Test("A new folder, and the folders made above it, survive a loss of power", arguments: ["/store", "/a/b/store"])
    func newFolders(path: String) async throws {
        var store = try await FileJobStore(path: path, environment: .inMemory(files))
        _ = try await store.insert([JobInsertion(Self.job(1))])
        let crashed = files.copy(.lostUnsynced)
        store = try await FileJobStore(path: path, environment: .inMemory(crashed))
        #expect(try await store.job(JobID(bits: 1)) == Self.job(1))
        // A process may die between making a folder and making its name durable. The next one does that.
        let again = FaultyFileSystem()
        try again.makeFolder("/store")
        store = try await FileJobStore(path: "/store", environment: .inMemory(again))
        _ = try await store.insert([JobInsertion(Self.job(1))])
        store = try await FileJobStore(path: "/store", environment: .inMemory(again.copy(.lostUnsynced)))
        #expect(try await store.job(JobID(bits: 1)) == Self.job(1))
    }

    @Test("A file in place of the folder, or a web URL, throws an error with advice")
    func unusable() async throws {
        files.put([1], at: "/file")
        let error = await #expect(throws: FileStoreError.self) {
            try await FileJobStore(path: "/file", environment: environment)
        }
        #expect(error?.code == .unusableFolder && error?.path == "/file")
        let web = try #require(URL(string: "https://example.com/store"))
        let other = await #expect(throws: FileStoreError.self) { try await FileJobStore(directory: web) }
        #expect(other?.message.contains("URL(filePath:)") == true)
    }

    @Test("Journals that outgrow the records are compacted during commits")
    func compactsByItself() async throws {
        var environment = environment
        environment.compactionMinimum = 20_000
        environment.snapshotChunk = 3
        let store = try await FileJobStore(path: "/store", environment: environment)
        var job = Self.job(1)
        _ = try await store.insert([JobInsertion(job)] + (2...40).map { JobInsertion(Self.job($0)) })
        for _ in 0..<1000 {
            job = try await store.replace(
                JobReplacement(
                    id: job.id, expectedRevision: job.scheduleState.revision, scheduleState: job.scheduleState,
                    date: job.createdAt))
        }
        try await store.close()
        let sizes = files.paths.map { (files.bytes(of: $0)?.count ?? 0) }
        #expect(sizes.reduce(0, +) < 250_000)
        #expect(files.paths.contains { $0.contains("snapshot") })
        #expect(try await open().job(job.id) == job)
    }

    @Test("With weaker durability, a kill loses nothing and a power failure only unsynced commits")
    func weaker() async throws {
        for durability in [Durability.operatingSystem, .interval(.seconds(60))] {
            for crash in [FaultyFileSystem.Crash.killed, .lostUnsynced] {
                let files = FaultyFileSystem()
                var environment = environment
                environment.files = files
                let store = try await FileJobStore(path: "/store", durability: durability, environment: environment)
                _ = try await store.insert([JobInsertion(Self.job(1))])
                files.crash(crash)
                let reopened = try await FileJobStore(path: "/store", environment: environment)
                #expect(try await reopened.job(JobID(bits: 1)) == (crash == .killed ? Self.job(1) : nil))
            }
        }
    }

    @Test("Written commits are synced once per interval, and nothing otherwise")
    func interval() async throws {
        let (synced, sync) = AsyncStream.makeStream(of: Void.self)
        let (asked, ask) = AsyncStream.makeStream(of: Duration.self)
        let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
        let files = FaultyFileSystem { sync.yield() }
        var environment = FileStoreEnvironment.inMemory(files)
        environment.sleep = { duration in
            ask.yield(duration)
            for await _ in ticks { return }
        }
        let store = try await FileJobStore(
            path: "/store", durability: .interval(.seconds(5)), environment: environment)
        var durations = asked.makeAsyncIterator()
        var syncs = synced.makeAsyncIterator()
        // Opening syncs the new journal.
        await syncs.next()
        for number in 1...3 as ClosedRange<UInt128> {
            _ = try await store.insert([JobInsertion(Self.job(number))])
            #expect(await durations.next() == .seconds(5))
            let before = files.copy(.lostUnsynced).bytes(of: "/store/journal-0000000000000001")?.count ?? 0
            tick.yield()
            await syncs.next()
            let after = files.copy(.lostUnsynced).bytes(of: "/store/journal-0000000000000001")?.count ?? 0
            #expect(after > before)
            #expect(try await store.job(JobID(bits: number)) == Self.job(number))
        }
        try await store.close()
    }

    @Test("Operations during a flush share the next one, and queries return only durable data")
    func groupCommit() async throws {
        let gate = DispatchSemaphore(value: 0)
        let (synced, sync) = AsyncStream.makeStream(of: Void.self)
        let isGated = Mutex(false)
        let files = FaultyFileSystem {
            guard isGated.withLock({ $0 }) else { return }
            sync.yield()
            gate.wait()
        }
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        isGated.withLock { $0 = true }
        files.fault = nil
        async let first = store.insert([JobInsertion(Self.job(1))])
        var syncs = synced.makeAsyncIterator()
        await syncs.next()
        // The store's queue now waits for the disk; everything below lines up behind it.
        let results = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 2...64 as ClosedRange<UInt128> {
                group.addTask {
                    guard try await store.insert([JobInsertion(Self.job(number))]).count == 1 else { return false }
                    let shown = try await store.job(JobID(bits: number))
                    return shown == Self.job(number)
                }
            }
            isGated.withLock { $0 = false }
            gate.signal()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        _ = try await first
        #expect(results.count == 63 && results.allSatisfy(\.self))
        // One write and one sync each would be 128 operations.
        #expect(files.operations <= 2 + 2 * 63)
        try await store.close()
    }

    @Test(
        "Queries and commits are answered while a compaction waits for the disk",
        arguments: ["journal-0000000000000002", "snapshot-0000000000000002"])
    func duringCompaction(name: String) async throws {
        let gate = DispatchSemaphore(value: 0)
        let (blocked, block) = AsyncStream.makeStream(of: Void.self)
        var environment = environment
        environment.files = HookedFileSystem(files) { call throws(SystemErrno) in
            guard case .open(name + ".unfinished", .create) = call else { return }
            block.yield()
            gate.wait()
        }
        let store = try await FileJobStore(path: "/store", environment: environment)
        _ = try await store.insert([JobInsertion(Self.job(1))])
        async let compaction: Void = store.compact()
        var blocks = blocked.makeAsyncIterator()
        await blocks.next()
        #expect(await store.status.isCompacting)
        for number in 2...4 as ClosedRange<UInt128> {
            _ = try await store.insert([JobInsertion(Self.job(number))])
            #expect(try await store.job(JobID(bits: number)) == Self.job(number))
        }
        gate.signal()
        try await compaction
        try await store.close()
        #expect(try await open().jobs(JobQuery()).items.map(\.id.bits) == [1, 2, 3, 4])
    }

    @Test("A query that reads a pending commit waits for it and fails with it")
    func dirtyRead() async throws {
        let store = try await open()
        _ = try await store.insert([JobInsertion(Self.job(1))])
        files.fault = FileFault(at: 1, .fail(.noSpace), persists: true)
        let shown = await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await store.insert([JobInsertion(Self.job(2))])) != nil }
            for _ in 0..<50 {
                group.addTask { (try? await store.job(JobID(bits: 2))) != nil }
            }
            return await group.contains(true)
        }
        #expect(!shown)
        let error = await #expect(throws: FileStoreError.self) { try await store.job(JobID(bits: 1)) }
        #expect(error?.code == .stopped)
        #expect(await #expect(throws: FileStoreError.self) { try await store.close() }?.code == .writeFailed)
        files.crash(.killed)
        let reopened = try await open()
        #expect(try await reopened.job(JobID(bits: 1)) != nil)
        #expect(try await reopened.job(JobID(bits: 2)) == nil)
    }

    private var environment: FileStoreEnvironment { .inMemory(files) }

    private func open() async throws -> FileJobStore {
        try await FileJobStore(path: "/store", environment: environment)
    }

    static func job(_ number: UInt128) -> Job {
        let date = Date(timeIntervalSince1970: 1_750_000_000)
        return Job(
            id: JobID(bits: number),
            definition: JobDefinition(name: "job \(number)", schedule: .every(.seconds(60)), action: .handler("work")),
            createdAt: date, scheduleState: ScheduleState(state: .active, decidedThrough: date, next: date + 60))
    }

    @Test("Every call of close() returns when the folder is free")
    func closedTwice() async throws {
        let files = FaultyFileSystem()
        for _ in 0..<20 {
            let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
            let jobs = (1...50).map { _ in JobInsertion(Self.job(.random(in: 1 ... .max))) }
            _ = try await store.insert(jobs)
            async let compaction: Void = store.compact()
            async let first: Void = store.close()
            try await store.close()
            let reopened = try await FileJobStore(path: "/store", environment: .inMemory(files))
            try await first
            try? await compaction
            try await reopened.close()
        }
        #expect(files.openFiles == 0)
    }
}
