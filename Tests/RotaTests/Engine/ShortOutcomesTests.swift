import Foundation
import RotaTesting
import Synchronization
import Testing

@Suite("A store that returns fewer outcomes than requests", .timeLimit(.minutes(20)))
struct ShortOutcomesTests {
    /// A bench on a store that leaves out the last outcome of a chosen operation.
    private func bench() async throws -> (Bench, (String?) -> Void) {
        let shortened = Mutexed<String?>(nil)
        var store = HookedStore(base: InMemoryJobStore())
        store.shortened = { shortened.value }
        let bench = Bench(store: store)
        let clock = bench.clock
        try await bench.scheduler.handle("quick") { _ in }
        try await bench.scheduler.handle("slow") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(45))
        }
        return (bench, { shortened.value = $0 })
    }

    private func draft(_ handler: String) -> JobDraft {
        var draft = JobDraft(
            name: "x", schedule: .every(.seconds(60)), action: .handler(handler),
            retry: .fixed(.seconds(1), maxAttempts: 3))
        // With notifications, every finished execution has consequences.
        draft.definition.notifications = [NotificationRule(on: .success, .handler("quick"))]
        return draft
    }

    private func check(_ error: SchedulerError?, _ operation: String) {
        #expect(error?.code == .unusableStore)
        #expect(error?.message.contains("`\(operation)`") == true)
        #expect(error?.value == "0")
    }

    @Test("Creating and triggering throw an error that names the store's mistake")
    func calls() async throws {
        let (bench, shorten) = try await bench()
        let job = try await bench.scheduler.create(draft("quick"))
        let run = try await bench.scheduler.trigger(job.id)
        shorten("insert")
        check(await #expect(throws: SchedulerError.self) { try await bench.scheduler.create(draft("quick")) }, "insert")
        shorten("enqueue")
        check(await #expect(throws: SchedulerError.self) { try await bench.scheduler.trigger(job.id) }, "enqueue")
        check(await #expect(throws: SchedulerError.self) { try await bench.scheduler.replay(run.id) }, "enqueue")
        check(
            await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.trigger(job.id, [TriggerRequest()])
            },
            "enqueue")
    }

    @Test(
        "run() throws the store's mistake, and a correct store resumes from there",
        arguments: ["fire", "finish", "renew"])
    func run(operation: String) async throws {
        let (bench, shorten) = try await bench()
        try await bench.scheduler.create(draft(operation == "renew" ? "slow" : "quick"))
        shorten(operation)
        let task = Task { try await bench.scheduler.run() }
        await bench.advance(.seconds(75))
        check(await #expect(throws: SchedulerError.self) { try await task.value }, operation)
        shorten(nil)
        let later = Bench(clock: bench.clock, store: bench.store, seed: 2)
        try await later.scheduler.handle("quick") { _ in }
        try await later.scheduler.handle("slow") { _ in }
        try await later.running { await later.advance(.seconds(50)) }
        let runs = try await later.executions().filter { $0.source == .schedule }
        #expect(runs.map(\.status) == [.succeeded, .succeeded])
    }
}

/// A value that several tasks read and write.
private final class Mutexed<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) {
        state = Mutex(value)
    }

    var value: Value {
        get { state.withLock(\.self) }
        set { state.withLock { $0 = newValue } }
    }
}
