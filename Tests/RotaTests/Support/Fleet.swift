import Foundation
import RotaTesting
import Synchronization

/// Schedulers on one store, in virtual time, that are killed, cut off, stopped and replaced at random.
final class Fleet {
    /// How a scheduler leaves the fleet.
    private enum End: CaseIterable {
        /// Its process dies: work stops immediately, and nothing more reaches the store.
        case killed
        /// It loses the store and continues until it notices.
        case cutOff
        /// Its task is canceled, and it releases its work.
        case canceled
        /// It shuts down within the grace period.
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
    let log = ExecutionLog()
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

    /// Creates a job before any scheduler runs.
    func create(_ draft: JobDraft) async throws -> Job {
        try await creator.scheduler.create(draft)
    }

    /// Starts another scheduler.
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

    /// Advances time while schedulers leave at random and others usually replace them.
    func live(rounds: Int, count: Int, look: () async throws -> Void) async throws {
        for _ in 0..<count { try await start() }
        for _ in 0..<rounds {
            await advance(.seconds(Double.random(in: 1...90, using: &random)))
            try await look()
            guard Int.random(in: 0..<3, using: &random) > 0 else { continue }
            end(members.removeRandom(using: &random), by: End.allCases.randomElement(using: &random) ?? .killed)
            while members.count(where: { $0.scheduler.status.phase != .ended }) < count {
                try await start()
                // Sometimes fewer schedulers run for a while, or none.
                if Int.random(in: 0..<6, using: &random) == 0 { break }
            }
            if members.isEmpty, Bool.random(using: &random) {
                clock.set(to: clock.now.addingTimeInterval(Double.random(in: 0...300, using: &random)))
            }
        }
        try await start()
    }

    /// Advances time, driving every scheduler that still runs.
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

    /// Stops all schedulers.
    func stop() async {
        for member in members + leaving { member.run.cancel() }
        for member in members + leaving { await member.run.value }
    }
}

extension RangeReplaceableCollection where Self: RandomAccessCollection {
    fileprivate mutating func removeRandom(using random: inout some RandomNumberGenerator) -> Element? {
        indices.randomElement(using: &random).map { remove(at: $0) }
    }
}
