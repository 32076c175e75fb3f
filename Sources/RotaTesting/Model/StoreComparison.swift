import Foundation
package import RotaStore

/// Compares a store with the reference tables under random operations.
package struct StoreComparison: Sendable {
    /// One step of a comparison.
    enum Step: Sendable {
        case call(StoreOperation)
        case reopen
    }

    private let makeStore: @Sendable () async throws -> any JobStore
    private let reopen: (@Sendable (any JobStore) async throws -> any JobStore)?

    /// Creates a comparison.
    ///
    /// - Parameters:
    ///   - makeStore: Creates an empty store.
    ///   - reopen: Closes a store that `makeStore` created and opens its data again. `nil` never reopens.
    package init(
        _ makeStore: @escaping @Sendable () async throws -> any JobStore,
        reopen: (@Sendable (any JobStore) async throws -> any JobStore)? = nil
    ) {
        self.makeStore = makeStore
        self.reopen = reopen
    }

    /// Runs random operations, and reduces a difference to as few of them as possible.
    ///
    /// - Parameters:
    ///   - count: The number of operations.
    ///   - seed: The seed. The same seed gives the same operations.
    ///   - interval: The number of operations between comparisons of all records.
    /// - Throws: ``ContractViolation`` with the shortest list of operations that still shows a difference.
    package func run(_ count: Int, seed: UInt64, comparingContentsEvery interval: Int = 10) async throws {
        var script = StoreScript(seed: seed)
        var steps: [Step] = []
        for number in 1...max(1, count) {
            steps.append(.call(script.next().operation))
            if reopen != nil, number % 83 == 0 {
                script.reopen()
                steps.append(.reopen)
            }
        }
        guard let difference = try await difference(after: steps, interval: interval) else { return }
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
