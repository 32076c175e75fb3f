import Foundation
import Rota
import RotaTesting
import Synchronization

/// Millions of executions in virtual time.
///
/// Memory and descriptors must stay flat, and the history bounded.
struct Soak {
    let total: Int
    private let jobCount = 1000
    private let kept = 20

    /// - Returns: Whether the goal was met.
    func run(_ store: some JobStore) async throws -> Bool {
        let clock = ManualClock()
        let done = Tally()
        let scheduler = Scheduler(store: store, transport: .automatic, clock: clock)
        try await scheduler.handle("none") { _ in done.add() }
        try await scheduler.create(
            (0..<jobCount).map { number in
                JobDraft(
                    name: "job \(number)", schedule: .every(.seconds(1)), action: .handler("none"),
                    retention: .last(kept))
            })
        let running = Task { try await scheduler.run() }
        var samples: [Sample] = []
        for part in 1...10 {
            while done.count < total / 10 * part {
                await clock.advance(by: .seconds(1), driving: [scheduler])
            }
            let stored = try await store.counts().executions.values.reduce(0, +)
            samples.append(Sample(executions: done.count, stored: stored))
            print(samples[samples.count - 1])
        }
        scheduler.beginShutdown()
        try await running.value
        return judge(samples)
    }

    /// Compares the last sample with the third, after which everything created once exists.
    private func judge(_ samples: [Sample]) -> Bool {
        let (early, late) = (samples[2], samples[samples.count - 1])
        let isFlat = Double(late.bytes) <= Double(early.bytes) * 1.1 + 8e6 && late.descriptors <= early.descriptors + 4
        let isBounded = samples.allSatisfy { $0.stored <= jobCount * (kept + 1) }
        print(isFlat ? "memory and descriptors are flat" : "memory or descriptors grow")
        print(isBounded ? "history is bounded" : "history is not bounded")
        return isFlat && isBounded
    }

    private struct Sample: CustomStringConvertible {
        let executions: Int
        let stored: Int
        let bytes = residentBytes()
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        let processor = processorSeconds()

        var description: String {
            "\(executions) executions: \(bytes / 1_000_000) MB, \(descriptors) descriptors, "
                + "\(stored) stored, \(Int(processor)) s of processor time"
        }
    }

    private final class Tally: Sendable {
        private let number = Atomic(0)
        var count: Int { number.load(ordering: .relaxed) }
        func add() { number.add(1, ordering: .relaxed) }
    }
}
