import Foundation
import RotaStore
import RotaTesting
import Testing

/// Commits that are too large for a frame.
@Suite struct LargeCommitTests {
    static let limit = 4096

    private static func environment(_ files: FaultyFileSystem) -> FileStoreEnvironment {
        var environment = FileStoreEnvironment.inMemory(files)
        environment.frameLimit = limit
        return environment
    }

    @Test("A commit that is too large throws an error, and the store continues without it")
    func refused() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: Self.environment(files))
        var script = StoreScript(seed: 4, maximumJobs: 4)
        for step in 1...60 {
            let (operation, expected) = script.next()
            #expect(try await operation.run(on: store) == expected)
            if step == 30 { try await store.compact() }
            guard step % 20 == 0 else { continue }
            let before = try await StoreContents(store)
            let insertions = (1...100).map {
                JobInsertion(FileJobStoreTests.job(UInt128($0 << 8)), idempotencyKey: "\($0)")
            }
            let error = await #expect(throws: FileStoreError.self) { _ = try await store.insert(insertions) }
            #expect(error?.code == .commitTooLarge && error?.path == "/store")
            #expect(try await StoreContents(store) == before)
            #expect(await store.status.failure == nil)
        }
        // Its keys and ids are free: nothing of it was remembered.
        let insertion = JobInsertion(FileJobStoreTests.job(1 << 8), idempotencyKey: "1")
        #expect(try await store.insert([insertion]) == [.inserted(insertion.job)])
        _ = try await store.delete([insertion.job.id])
        try await store.close()
        let reopened = try await FileJobStore(path: "/store", environment: .inMemory(files))
        script.reopen()
        #expect(try await StoreContents(reopened) == StoreContents(script.state))
        try await reopened.close()
        #expect(files.openFiles == 0)
    }

    @Test("A refused commit does not affect others in the same round")
    func companions() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: Self.environment(files))
        let inserted = await withTaskGroup(of: Int.self) { group in
            for number in 1...40 {
                group.addTask {
                    let count = number % 10 == 0 ? 50 : 1
                    let jobs = (0..<count).map { FileJobStoreTests.job(UInt128(number * 1000 + $0)) }
                    let outcome = try? await store.insert(jobs.map { JobInsertion($0) })
                    return outcome?.count ?? 0
                }
            }
            return await group.reduce(0, +)
        }
        #expect(inserted == 36)
        #expect(try await store.jobs(JobQuery(limit: 100)).items.count == 36)
        try await store.close()
        let reopened = try await FileJobStore(path: "/store", environment: .inMemory(files))
        #expect(try await reopened.jobs(JobQuery(limit: 100)).items.count == 36)
        try await reopened.close()
    }

    @Test(
        "If the files cannot be read after a refusal, the store stops, and reopening it finds every acknowledged commit"
    )
    func unreadable() async throws {
        let probe = FaultyFileSystem()
        let origin = try await FileJobStore(path: "/store", environment: Self.environment(probe))
        _ = try await origin.insert([JobInsertion(FileJobStoreTests.job(1))])
        try await origin.close()
        let large = (1...100).map { JobInsertion(FileJobStoreTests.job(UInt128($0 << 8))) }
        for operation in 1...20 {
            let files = probe.copy()
            let store = try await FileJobStore(path: "/store", environment: Self.environment(files))
            files.fault = FileFault(at: operation, .fail(.inputOutput), persists: true)
            await #expect(throws: FileStoreError.self) { _ = try await store.insert(large) }
            files.fault = nil
            let isStopped = await store.status.failure != nil
            if isStopped {
                let later = await #expect(throws: FileStoreError.self) { _ = try await store.delete([JobID(bits: 1)]) }
                #expect(later?.code == .stopped)
            } else {
                #expect(try await store.jobs(JobQuery(limit: 100)).items.map(\.id.bits) == [1])
            }
            try? await store.close()
            let reopened = try await FileJobStore(path: "/store", environment: Self.environment(files))
            #expect(try await reopened.jobs(JobQuery(limit: 100)).items.map(\.id.bits) == [1])
            try await reopened.close()
        }
    }

    @Test("Leases that exceed a frame end in several frames")
    func manyLeases() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let job = FileJobStoreTests.job(1)
        let date = Date(timeIntervalSince1970: 0)
        let executions = (1...1000).map {
            job.execution(id: ExecutionID(bits: $0), source: .manual, scheduledFor: date, createdAt: date)
        }
        _ = try await store.insert([JobInsertion(job, executions: executions)])
        let claim = ClaimRequest(owner: "one", limit: 1000, now: date, leaseExpiresAt: date + 60)
        #expect(try await store.claim(claim).count == 1000)
        try await store.close()
        var environment = FileStoreEnvironment.inMemory(files)
        environment.leasesPerFrame = 64
        let reopened = try await FileJobStore(path: "/store", environment: environment)
        #expect(reopened.recovery.endedLeases == 1000)
        #expect(try await reopened.dueWork(at: date, limit: 2000).expiredLeases.count == 1000)
        try await reopened.close()
        let again = try await FileJobStore(path: "/store", environment: environment)
        #expect(again.recovery.replayedFrames >= 2 + 1000 / 64)
        try await again.close()
    }

    @Test("Renewals do not write again what executions have saved")
    func renewals() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: Self.environment(files))
        let job = FileJobStoreTests.job(1)
        let date = Date(timeIntervalSince1970: 0)
        let executions = (1...20).map {
            job.execution(id: ExecutionID(bits: $0), source: .manual, scheduledFor: date, createdAt: date)
        }
        _ = try await store.insert([JobInsertion(job)])
        for execution in executions { _ = try await store.enqueue([execution]) }
        var renewals: [LeaseRenewal] = []
        let saved = JSONPayload(trusted: Data(("\"" + String(repeating: "x", count: 2_000) + "\"").utf8))
        for _ in executions {
            let claims = try await store.claim(
                ClaimRequest(owner: "one", limit: 1, now: date, leaseExpiresAt: date + 60))
            let claim = try #require(claims.first)
            var renewal = LeaseRenewal(
                executionID: claim.execution.id, token: claim.lease.token, expiresAt: date + 70, checkpoint: saved)
            #expect(try await store.renew([renewal]) == [.renewed])
            (renewal.checkpoint, renewal.heartbeatAt) = (nil, date + 5)
            (renewal.report, renewal.expiresAt) = (ProgressReport(fraction: 0.5), date + 80)
            renewals.append(renewal)
        }
        // Forty thousand bytes of checkpoints would be ten times the limit.
        #expect(try await store.renew(renewals) == executions.map { _ in .renewed })
        try await store.close()
        let reopened = try await FileJobStore(path: "/store", environment: Self.environment(files))
        #expect(reopened.recovery.endedLeases == 20)
        for execution in executions {
            let progress = try #require(try await reopened.execution(execution.id)).progress
            #expect(progress.checkpoint == saved && progress.heartbeatAt == date + 5)
            #expect(progress.report?.fraction == 0.5 && progress.lease?.expiresAt == .distantPast)
        }
        try await reopened.close()
    }

    @Test("A claim, pruning and a bulk cancellation leave the rest to the next one after many megabytes")
    func boundedSteps() throws {
        var (state, log) = (StoreState(), ChangeLog(isRecording: false))
        let job = FileJobStoreTests.job(1)
        let date = Date(timeIntervalSince1970: 0)
        _ = try state.insert([JobInsertion(job)], log: &log)
        for number in 1...6 {
            var execution = job.execution(
                id: ExecutionID(bits: UInt128(number)), source: .manual, scheduledFor: date, createdAt: date)
            execution.progress.checkpoint = JSONPayload(trusted: Data(repeating: 0x31, count: 5 << 20))
            execution.progress.expiresAt = date + 100
            state.apply(.putExecution(execution))
        }
        var expired = state
        let first = expired.prune(at: date + 100, limit: 100, log: &log)
        #expect(first.expired.count == 4 && first.hasMore)
        let second = expired.prune(at: date + 100, limit: 100, log: &log)
        #expect(second.expired.count == 2 && !second.hasMore)
        var canceled = state
        let bulk = BulkCancellation(ExecutionQuery(jobID: job.id), reason: nil, date: date, limit: 100)
        let report = try canceled.cancel(matching: bulk, log: &log)
        #expect(report.canceled.count == 4 && report.hasMore)
        let rest = try canceled.cancel(matching: bulk, log: &log)
        #expect(rest.canceled.count == 2 && !rest.hasMore)
        let request = ClaimRequest(owner: "one", limit: 100, now: date, leaseExpiresAt: date + 60)
        #expect(state.claim(request, log: &log).count == 4)
        #expect(state.claim(request, log: &log).count == 2)
        #expect(state.claim(request, log: &log).isEmpty)
    }
}
