import Foundation
import RotaStore
import RotaTesting
import Testing

/// for the whole store: every file operation of its life goes wrong, in every way.
@Suite struct FileJobStoreFaultTests {
    static let seed: UInt64 = 3

    /// What one life does, and what the store must show after 0, 1, 2 … operations when it is opened again.
    static let script:
        (steps: [(operation: StoreOperation, outcome: StoreOperation.Outcome)], states: [StoreContents]) = {
            var script = StoreScript(seed: seed, maximumJobs: 4)
            var states = [StoreContents(ReferenceTables())]
            let steps = (1...14).map { _ in
                let step = script.next()
                states.append(StoreContents(script.state).withLeasesEnded)
                return step
            }
            return (steps, states)
        }()

    /// A short life: operations, a compaction, more operations, closing; then what it must have left behind.
    struct Life {
        var acknowledged = 0
        var failure: (any Error)?

        mutating func live(on files: FaultyFileSystem) async {
            do {
                let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
                for step in script.steps {
                    let outcome = try await step.operation.run(on: store)
                    if outcome != step.outcome { #expect(outcome == step.outcome) }
                    acknowledged += 1
                    if acknowledged == 7 { try await store.compact() }
                }
                try await store.close()
            } catch {
                failure = error
            }
        }

        /// Whether the contents are those after some number of operations, no fewer than were acknowledged.
        func allows(_ contents: StoreContents) -> Bool {
            script.states[acknowledged...].contains(contents)
        }
    }

    static let effects: [FileFault.Effect] = [
        .fail(.noSpace), .tear(.inputOutput), .fail(.interrupted), .short, .powerLoss,
    ]

    @Test(
        "When any file operation fails, acknowledged operations are complete and others absent or complete",
        arguments: effects,
        [false, true])
    func everyOperation(effect: FileFault.Effect, persists: Bool) async throws {
        let undisturbed = FaultyFileSystem()
        var life = Life()
        await life.live(on: undisturbed)
        #expect(life.failure == nil)
        #expect(undisturbed.operations > 40)
        for operation in 1...undisturbed.operations {
            let files = FaultyFileSystem()
            files.fault = FileFault(at: operation, effect, persists: persists)
            var life = Life()
            await life.live(on: files)
            if let failure = life.failure { #expect(failure is FileStoreError) }
            for crash in [FaultyFileSystem.Crash.killed, .lostUnsynced, .tore(seed: UInt64(operation))] {
                let store = try await FileJobStore(path: "/store", environment: .inMemory(files.copy(crash)))
                let contents = try await StoreContents(store)
                if !life.allows(contents) { Issue.record("operation \(operation), \(crash): \(contents)") }
                try await store.close()
            }
        }
    }

    @Test("A full disk fails the operation and all later ones until the store is opened again")
    func fullDisk() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        var script = StoreScript(seed: 1)
        _ = try await script.next().operation.run(on: store)
        let before = StoreContents(script.state)
        files.fault = FileFault(at: 1, .tear(.noSpace))
        // An operation may find nothing to change; the first that does fails.
        var error: FileStoreError?
        for _ in 0..<100 where error == nil {
            do { _ = try await script.nextChange().operation.run(on: store) } catch let failed as FileStoreError {
                error = failed
            }
        }
        #expect(error?.code == .writeFailed && error?.systemError == SystemErrno.noSpace.number)
        for _ in 0..<3 {
            let later = await #expect(throws: FileStoreError.self) {
                _ = try await script.nextChange().operation.run(on: store)
            }
            #expect(later?.code == .stopped)
            #expect(later?.message.contains("opened again") == true)
        }
        await #expect(throws: FileStoreError.self) { try await StoreContents(store) }
        // Closing says again why the store stopped, and unlocks the folder all the same.
        #expect(await #expect(throws: FileStoreError.self) { try await store.close() } == error)
        let reopened = try await FileJobStore(path: "/store", environment: .inMemory(files))
        #expect(try await StoreContents(reopened) == before)
    }

    @Test("A sync between operations that fails is reported when the store is closed")
    func failedInterval() async throws {
        let files = FaultyFileSystem()
        let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
        var environment = FileStoreEnvironment.inMemory(files)
        environment.sleep = { _ in for await _ in ticks { return } }
        let store = try await FileJobStore(
            path: "/store", durability: .interval(.seconds(1)), environment: environment)
        _ = try await store.insert([JobInsertion(FileJobStoreTests.job(1))])
        files.fault = FileFault(at: 1, .fail(.inputOutput))
        tick.yield()
        while await store.status.failure == nil { await Task.yield() }
        let error = await #expect(throws: FileStoreError.self) { try await store.close() }
        #expect(error?.code == .writeFailed && error?.systemError == SystemErrno.inputOutput.number)
        #expect(files.openFiles == 0)
    }

    @Test("A failed compaction loses nothing, and the next one succeeds")
    func failedCompaction() async throws {
        let probe = FaultyFileSystem()
        var script = StoreScript(seed: 9)
        let store = try await FileJobStore(path: "/store", environment: .inMemory(probe))
        for _ in 0..<30 { _ = try await script.next().operation.run(on: store) }
        let before = probe.copy()
        probe.fault = nil
        try await store.compact()
        let count = probe.operations
        for operation in 1...count {
            let files = before.copy()
            let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
            files.fault = FileFault(at: operation, .fail(.noSpace))
            let failed = await Result { try await store.compact() }.isFailure
            files.fault = nil
            script = StoreScript(seed: 9)
            for _ in 0..<30 { _ = script.next() }
            script.reopen()
            // A failed sync or check of the journal itself stops the store; anything else leaves it as it was.
            if (try? await store.job(JobID(bits: 0))) != .some(.none) {
                #expect(failed)
                await #expect(throws: FileStoreError.self) { try await store.close() }
            } else {
                let (operation, expected) = script.next()
                #expect(try await operation.run(on: store) == expected)
                try await store.compact()
                #expect(files.paths.count == 3)
                try await store.close()
            }
            let reopened = try await FileJobStore(path: "/store", environment: .inMemory(files))
            script.reopen()
            #expect(try await StoreContents(reopened) == StoreContents(script.state))
            try await reopened.close()
        }
    }
}

extension Result where Success == Void, Failure == any Error {
    fileprivate init(_ body: () async throws -> Void) async {
        do {
            try await body()
            self = .success(())
        } catch {
            self = .failure(error)
        }
    }

    fileprivate var isFailure: Bool {
        if case .failure = self { true } else { false }
    }
}

extension StoreContents {
    /// The contents as they are after an opening.
    fileprivate var withLeasesEnded: StoreContents {
        var contents = self
        for index in contents.executions.indices where contents.executions[index].status == .running {
            contents.executions[index].progress.lease?.expiresAt = .distantPast
        }
        return contents
    }
}
