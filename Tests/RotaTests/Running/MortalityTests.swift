import Foundation
import RotaTesting
import Synchronization
import Testing

@Suite("Schedulers that die")
struct MortalityTests {
    /// A scheduler on a shared store that can be cut off from it, as by the death of its process.
    struct Mortal {
        let scheduler: Scheduler
        let isDead: Flag
        let task: Task<Void, Never>
    }

    struct Death: Error {}

    final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock(\.self) }
        func set() { value.withLock { $0 = true } }
    }

    /// What runs now, and whether ever one execution ran twice at once.
    final class Register: Sendable {
        private let state = Mutex((running: Set<ExecutionID>(), doubles: 0))
        var doubles: Int { state.withLock(\.doubles) }
        func begin(_ id: ExecutionID) { state.withLock { if !$0.running.insert(id).inserted { $0.doubles += 1 } } }
        func end(_ id: ExecutionID) { state.withLock { _ = $0.running.remove(id) } }
    }

    func start(
        on store: InMemoryJobStore, clock: ManualClock, seed: UInt64, register: Register, durations: [Double]
    ) async throws -> Mortal {
        let isDead = Flag()
        let mortal = HookedStore(base: store, before: { _ in if isDead.isSet { throw Death() } })
        let bench = Bench(clock: clock, store: mortal, seed: seed)
        try await bench.scheduler.handle("work") { context in
            register.begin(context.execution.id)
            defer { register.end(context.execution.id) }
            let minute = Int(context.execution.scheduledFor.timeIntervalSince1970) / 60
            try await clock.sleep(until: clock.now.addingTimeInterval(durations[minute % durations.count]))
        }
        return Mortal(scheduler: bench.scheduler, isDead: isDead, task: Task { try? await bench.scheduler.run() })
    }

    @Test(
        "R-5 schedulers on one store that die and are replaced at random lose nothing, repeat nothing, honour leases",
        arguments: [(2, 1), (2, 2), (5, 3), (5, 4)] as [(Int, UInt64)])
    func mortality(count: Int, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (clock, store, register) = (ManualClock(), InMemoryJobStore(), Register())
        let durations = (0..<97).map { _ in Double.random(in: 0...50, using: &random) }
        let creator = Bench(clock: clock, store: store, seed: 1000 + seed)
        let start = clock.now
        for number in 0..<3 {
            try await creator.scheduler.create(
                .init(
                    name: "job \(number)", schedule: Schedule.every(.seconds(60 + number)).limited(toRuns: 30),
                    action: .handler("work"), retry: RetryPolicy(maxAttempts: 100, backoff: .fixed(.zero))))
        }
        var born: UInt64 = 0
        var all: [Mortal] = []
        for _ in 0..<count {
            born += 1
            all.append(
                try await self.start(
                    on: store, clock: clock, seed: seed * 100 + born, register: register, durations: durations))
        }
        for _ in 0..<40 {
            await clock.advance(by: .seconds(Double.random(in: 1...60, using: &random)), driving: all.map(\.scheduler))
            guard Bool.random(using: &random), let victim = all.indices.randomElement(using: &random) else { continue }
            all[victim].isDead.set()
            born += 1
            all.append(
                try await self.start(
                    on: store, clock: clock, seed: seed * 100 + born, register: register, durations: durations))
        }
        await clock.advance(by: .seconds(3600), driving: all.map(\.scheduler))
        let executions = try await store.allExecutions()
        #expect(executions.count == 90)
        #expect(executions.allSatisfy { $0.status == .succeeded })
        for (_, runs) in Dictionary(grouping: executions, by: \.jobID) {
            let offsets = runs.map { Int($0.scheduledFor.timeIntervalSince(start)) }.sorted()
            #expect(offsets == (1...30).map { $0 * (offsets.first ?? 0) })
        }
        for job in try await store.jobs(JobQuery()).items { #expect(await store.skips(of: job.id).isEmpty) }
        #expect(register.doubles == 0)
        let crashes = executions.flatMap(\.attempts).filter { $0.failure != nil }
        #expect(crashes.allSatisfy { $0.failure?.kind == .crashed })
        for mortal in all { mortal.scheduler.beginShutdown() }
        for mortal in all { await mortal.task.value }
    }
}
