import Foundation
package import RotaStore
import Synchronization

// How the files of this folder work together:
//
//     StoreScript ──── random operations ────▶ StoreOperation ──── runs on ────▶ ReferenceTables (the model)
//       (seeded)                                                   and on       a JobStore or StoreState
//                                                                                     │
//     StoreComparison ◀──── first difference ──── StoreContents (all records of each) ◀┘
//
// StoreScript invents operations from what earlier ones did. StoreOperation makes one call to the model and to a store.
// StoreContents reads all records of either, and RecordDifference says where two of them differ. StoreComparison runs
// the loop, and shortens a failing list of operations.

/// Compares a store with the reference tables under random operations.
package struct StoreComparison: Sendable {
    /// One step of a comparison.
    enum Step: Sendable {
        case call(StoreOperation)
        case reopen
    }

    private let makeStore: @Sendable () async throws -> any JobStore
    private let reopen: (@Sendable (any JobStore) async throws -> any JobStore)?
    private let clockJumps: Bool

    /// Creates a comparison.
    ///
    /// - Parameters:
    ///   - makeStore: Creates an empty store.
    ///   - reopen: Closes a store that `makeStore` created and opens its data again. `nil` never reopens.
    ///   - clockJumps: Whether the clock of the operations is ahead now and then. Stores that compare it with a clock
    ///     of their own refuse such operations.
    package init(
        _ makeStore: @escaping @Sendable () async throws -> any JobStore,
        reopen: (@Sendable (any JobStore) async throws -> any JobStore)? = nil, clockJumps: Bool = true
    ) {
        self.makeStore = makeStore
        self.reopen = reopen
        self.clockJumps = clockJumps
    }

    /// Runs random operations, and reduces a difference to as few of them as possible.
    ///
    /// - Parameters:
    ///   - count: The number of operations.
    ///   - seed: The seed. The same seed gives the same operations.
    ///   - interval: The number of operations between comparisons of all records.
    ///   - found: Called with a difference, before the list of operations is shortened, which may take long.
    /// - Throws: ``ContractViolation`` with the shortest list of operations that still shows a difference.
    package func run(
        _ count: Int, seed: UInt64, comparingContentsEvery interval: Int = 10, found: (String) -> Void = { _ in }
    ) async throws {
        var script = StoreScript(seed: seed, clockJumps: clockJumps)
        var steps: [Step] = []
        for number in 1...max(1, count) {
            steps.append(.call(script.next().operation))
            if reopen != nil, number % 83 == 0 {
                script.reopen()
                steps.append(.reopen)
            }
        }
        guard let difference = try await difference(after: steps, interval: interval) else { return }
        found("seed \(seed), step \(difference.step): \(difference.what)")
        let few = try await shortened(Array(steps.prefix(difference.step + 1)))
        let last = try await self.difference(after: few, interval: 1)
        let list = few.map { "  \($0)" }.joined(separator: "\n")
        throw ContractViolation(
            "seed \(seed), step \(difference.step): \(difference.what)\n\(last?.what ?? "") after these steps:\n\(list)"
        )
    }

    /// The first step after which the store and the reference tables differ, and the difference.
    private func difference(after steps: [Step], interval: Int) async throws -> (step: Int, what: String)? {
        var store = try await makeStore()
        var model = ReferenceTables()
        for (number, step) in steps.enumerated() {
            switch step {
            case .call(let operation):
                let expected = operation.run(on: &model)
                let outcome = try await operation.run(on: store)
                guard outcome == expected else { return (number, RecordDifference.between(outcome, and: expected)) }
            case .reopen:
                guard let reopen else { continue }
                store = try await reopen(store)
                model.endLeases()
            }
            guard number % interval == 0 || number == steps.count - 1 else { continue }
            if let what = try await StoreContents(store).difference(from: StoreContents(model)) {
                return (number, what)
            }
        }
        return nil
    }

    /// Removes steps that the difference does not need: halves first, then smaller and smaller parts.
    private func shortened(_ steps: [Step]) async throws -> [Step] {
        var steps = steps
        var length = steps.count / 2
        while length >= 1 {
            var start = 0
            while start < steps.count {
                var fewer = steps
                fewer.removeSubrange(start..<min(start + length, steps.count))
                if let difference = try await difference(after: fewer, interval: 1) {
                    steps = Array(fewer.prefix(difference.step + 1))
                } else {
                    start += length
                }
            }
            length /= 2
        }
        return steps
    }
}

extension StoreComparison {
    /// The comparison of the store in memory.
    package static let memory = StoreComparison { InMemoryJobStore() }

    /// The comparison of the file store, with compactions, power failures and reopenings.
    package static func files() -> StoreComparison {
        let disk = Mutex(FaultyFileSystem())
        return StoreComparison {
            let files = FaultyFileSystem()
            disk.withLock { $0 = files }
            return try await FileJobStore(path: "/store", environment: environment(files))
        } reopen: { store in
            let files = disk.withLock { $0 }
            if let store = store as? FileJobStore {
                try await store.compact()
                if files.operations.isMultiple(of: 2) { try await store.close() }
            }
            files.crash(.lostUnsynced)
            return try await FileJobStore(path: "/store", environment: environment(files))
        }
    }

    private static func environment(_ files: FaultyFileSystem) -> FileStoreEnvironment {
        var environment = FileStoreEnvironment.inMemory(files)
        environment.compactionMinimum = 20_000
        environment.snapshotChunk = 3
        return environment
    }

    /// Runs operations on one new store after the other.
    ///
    /// - Parameters:
    ///   - count: The total number of operations, rounded down to whole stores.
    ///   - seed: The seed of the first store. Each later one has the next seed.
    ///   - interval: The number of operations between comparisons of all records.
    ///   - found: Called with a difference, before the list of operations is shortened.
    ///   - progress: Called after each store with the number of operations so far.
    /// - Throws: ``ContractViolation`` at the first difference.
    package func runLives(
        _ count: Int, seed: UInt64, comparingContentsEvery interval: Int = 10, found: (String) -> Void = { _ in },
        progress: (Int) -> Void = { _ in }
    ) async throws {
        for life in 0..<(count / Self.lifetime) {
            try await run(
                Self.lifetime, seed: seed &+ UInt64(life), comparingContentsEvery: interval, found: found)
            progress((life + 1) * Self.lifetime)
        }
    }

    /// The number of operations on one store.
    private static let lifetime = 600
}
