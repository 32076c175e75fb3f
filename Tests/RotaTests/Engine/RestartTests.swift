import Foundation
import RotaStore
import RotaTesting
import Testing

@Suite("Restart on a file store")
struct RestartTests {
    /// A folder for each test, removed afterwards.
    func withFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rota-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    @Test("An execution that ran when the process died becomes a crashed attempt immediately and is retried")
    func crashedAttempt() async throws {
        try await withFolder { folder in
            let clock = ManualClock()
            let first = try await FileJobStore(directory: folder)
            let bench = Bench(clock: clock, store: first)
            let job = try await bench.scheduler.create(
                .init(
                    name: "fragile", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/")),
                    retry: .fixed(.seconds(2), maxAttempts: 3)))
            let run = try await bench.scheduler.trigger(job.id)
            // The process dies after the claim. Its lease would have lasted an hour.
            let claims = try await first.claim(
                ClaimRequest(
                    owner: "dead", limit: 1, now: clock.now, leaseExpiresAt: clock.now.addingTimeInterval(3600)))
            #expect(claims.map(\.execution.id) == [run.id])
            try await first.close()

            let second = try await FileJobStore(directory: folder)
            #expect(second.recovery.endedLeases == 1)
            let restarted = Bench(clock: clock, store: second)
            try await restarted.running {
                await restarted.advance(.seconds(3))
                let execution = try await restarted.scheduler.execution(run.id)
                #expect(execution.status == .succeeded)
                #expect(execution.attempts.map(\.failure?.kind) == [.crashed, nil])
                let message = execution.attempts.first?.failure?.message ?? ""
                #expect(message.contains("\"dead\"") && message.contains("stopped or was restarted"), "\(message)")
                #expect(!message.contains("ran out"))
                #expect(try await restarted.scheduler.job(job.id).nextRunAt == job.nextRunAt)
            }
            try await second.close()
        }
    }

    @Test("Jobs, history, skips and idempotency keys survive restarts, and every occurrence keeps its one outcome")
    func restarts() async throws {
        try await withFolder { folder in
            let clock = ManualClock()
            let start = clock.now
            let draft = JobDraft(
                name: "steady", schedule: .every(.seconds(10)), action: .http(try .get("https://example.com/")),
                idempotencyKey: "steady")
            var ids: Set<JobID> = []
            for round in 0..<6 {
                let store = try await FileJobStore(directory: folder)
                let bench = Bench(clock: clock, store: store, seed: UInt64(round))
                ids.insert(try await bench.scheduler.create(draft).id)
                try await bench.running { await bench.advance(.seconds(55)) }
                try await store.close()
                clock.set(to: clock.now.addingTimeInterval(45))
            }
            #expect(ids.count == 1)
            let store = try await FileJobStore(directory: folder)
            let id = try #require(ids.first)
            let fired = try await store.allExecutions(of: id)
            let skipped = try await store.skips(of: id)
            let due = Int(clock.now.timeIntervalSince(start) - 45) / 10
            #expect(fired.allSatisfy { $0.status == .succeeded })
            #expect(Set(fired.map(\.scheduledFor)).count == fired.count)
            #expect(fired.count + skipped.compactMap(\.count).reduce(0, +) == due)
            try await store.close()
        }
    }

    @Test("A folder opened by another store is refused with a remedy")
    func locked() async throws {
        try await withFolder { folder in
            let store = try await FileJobStore(directory: folder)
            let error = await #expect(throws: FileStoreError.self) { try await FileJobStore(directory: folder) }
            #expect(error?.code == .locked)
            #expect(error?.message.contains("close") == true)
            try await store.close()
            try await FileJobStore(directory: folder).close()
        }
    }
}
