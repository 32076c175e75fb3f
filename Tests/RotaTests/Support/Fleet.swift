import Foundation
import RotaTesting
import Synchronization

/// Schedulers on one store that are killed, cut off, stopped and replaced at random, in virtual time.
final class Fleet {
    /// How a scheduler goes.
    private enum End: CaseIterable {
        /// Its process dies: the work stops at once, and nothing more reaches the store.
        case killed
        /// It loses the store, and goes on until it notices.
        case cutOff
        /// Its run is canceled, and it gives back what it has.
        case canceled
        /// It is asked to stop, and lets go on what runs for a while.
        case shutDown
    }

    private struct Member {
        let scheduler: Scheduler
        let isCutOff: Latch
        let run: Task<Void, Never>
    }

    private struct Death: Error {}

    let clock = ManualClock()
    let store = InMemoryJobStore()
    let log = RunLog()
    private var random: SeededGenerator
    private var members: [Member] = []
    private var born: UInt64 = 0
    private let seed: UInt64
    private let durations: [Double]
    private lazy var creator = Bench(clock: clock, store: store, seed: seed &* 1_000_000)

    init(seed: UInt64, longest: Double) {
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        durations = (0..<101).map { _ in Double.random(in: 0...longest, using: &random) }
        self.random = random
    }

    /// Creates a job before anyone runs.
    func create(_ draft: JobDraft) async throws -> Job {
        try await creator.scheduler.create(draft)
    }

    /// Starts one more scheduler.
    func start() async throws {
        born += 1
        let isCutOff = Latch()
        let mortal = HookedStore(base: store, before: { _ in if isCutOff.isSet { throw Death() } })
        let bench = Bench(
            clock: clock, store: mortal, seed: seed &* 1_000_000 &+ born,
            configuration: Bench.configuration { $0.shutdownGrace = .seconds(20) })
        let (clock, log, durations) = (clock, log, durations)
        try await bench.scheduler.handle("work") { context in
            log.begin(context.execution, at: clock.now)
            defer { log.end(context.execution) }
            let minute = Int(context.execution.scheduledFor.timeIntervalSince1970 / 60) &+ context.attempt &* 7
            try await clock.sleep(until: clock.now.addingTimeInterval(durations[minute % durations.count]))
        }
        members.append(
            Member(
                scheduler: bench.scheduler, isCutOff: isCutOff, run: Task { try? await bench.scheduler.run() }))
    }

    /// Lets time pass while one scheduler after the other goes and, mostly, another takes its place.
    func live(rounds: Int, count: Int, look: () async throws -> Void) async throws {
        for _ in 0..<count { try await start() }
        for _ in 0..<rounds {
            await advance(.seconds(Double.random(in: 1...90, using: &random)))
            try await look()
            guard Int.random(in: 0..<3, using: &random) > 0 else { continue }
            end(members.removeRandom(using: &random), by: End.allCases.randomElement(using: &random) ?? .killed)
            while members.count(where: { $0.scheduler.status.phase != .ended }) < count {
                try await start()
                // Now and then there are fewer for a while, or nobody at all.
                if Int.random(in: 0..<6, using: &random) == 0 { break }
            }
            if members.isEmpty, Bool.random(using: &random) {
                clock.set(to: clock.now.addingTimeInterval(Double.random(in: 0...300, using: &random)))
            }
        }
        try await start()
    }

    /// Lets time pass, with all that still live.
    func advance(_ duration: Duration) async {
        await clock.advance(by: duration, driving: members.map(\.scheduler) + leaving.map(\.scheduler))
    }

    private var leaving: [Member] = []

    private func end(_ member: Member?, by end: End) {
        guard let member else { return }
        leaving.append(member)
        switch end {
        case .killed:
            member.isCutOff.set()
            member.run.cancel()
        case .cutOff: member.isCutOff.set()
        case .canceled: member.run.cancel()
        case .shutDown: member.scheduler.beginShutdown()
        }
    }

    /// Stops everyone.
    func stop() async {
        for member in members + leaving { member.run.cancel() }
        for member in members + leaving { await member.run.value }
    }
}

/// A flag that stays up.
final class Latch: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .sequentiallyConsistent) }
    func set() { value.store(true, ordering: .sequentiallyConsistent) }
}

extension RangeReplaceableCollection where Self: RandomAccessCollection {
    fileprivate mutating func removeRandom(using random: inout some RandomNumberGenerator) -> Element? {
        indices.randomElement(using: &random).map { remove(at: $0) }
    }
}

/// What handlers did: what began, and whether ever too much ran at once.
final class RunLog: Sendable {
    private struct State {
        var begun: [ExecutionID: Int] = [:]
        var running: [JobID: [ExecutionID]] = [:]
        var most: [JobID: Int] = [:]
        var doubles = 0
        var early = 0
    }

    private let state = Mutex(State())

    /// How often an execution ran twice at once.
    var doubles: Int { state.withLock(\.doubles) }
    /// How often an execution began before its instant.
    var early: Int { state.withLock(\.early) }

    func starts(of id: ExecutionID) -> Int { state.withLock { $0.begun[id] ?? 0 } }
    /// The most runs of a job at once.
    func most(of id: JobID) -> Int { state.withLock { $0.most[id] ?? 0 } }

    func begin(_ run: Execution, at now: Date) {
        state.withLock { state in
            if now < run.scheduledFor { state.early += 1 }
            state.begun[run.id, default: 0] += 1
            if state.running[run.jobID]?.contains(run.id) == true { state.doubles += 1 }
            state.running[run.jobID, default: []].append(run.id)
            state.most[run.jobID] = max(state.most[run.jobID] ?? 0, state.running[run.jobID]?.count ?? 0)
        }
    }

    func end(_ run: Execution) {
        state.withLock { state in
            guard let index = state.running[run.jobID]?.firstIndex(of: run.id) else { return }
            state.running[run.jobID]?.remove(at: index)
        }
    }
}
