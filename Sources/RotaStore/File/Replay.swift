import Dispatch
import Synchronization

/// Rebuilds a state from changes: a second thread applies them while the first reads and decodes.
///
/// Either takes about half of the time that it takes to open a large store. Small ones are done before a thread would
/// have begun, and get none.
package struct Replay<State: Sendable, Item: Sendable>: Sendable {
    /// The thread that applies changes, a batch at a time, in order.
    private final class Worker: Sendable {
        private let state: Mutex<State>
        private let apply: @Sendable (inout State, [Item]) -> Void
        private let queue = DispatchQueue(label: "rota.store.replay")
        /// Keeps the reader from running away from the worker with all memory.
        private let room = DispatchSemaphore(value: 4)

        init(_ state: State, apply: @escaping @Sendable (inout State, [Item]) -> Void) {
            self.state = Mutex(state)
            self.apply = apply
        }

        func take(_ batch: [Item]) {
            room.wait()
            queue.async { [self] in
                state.withLock { apply(&$0, batch) }
                room.signal()
            }
        }

        /// Waits for all batches, and gives the state away.
        func finish(_ empty: State) -> State {
            queue.sync {
                state.withLock { state in
                    var result = empty
                    swap(&result, &state)
                    return result
                }
            }
        }
    }

    private let empty: State
    private let apply: @Sendable (inout State, [Item]) -> Void
    private var batch: [Item] = []
    private var worker: Worker?

    private static var batchSize: Int { 512 }

    /// Begins with an empty state.
    ///
    /// - Parameter apply: Applies changes in order.
    package init(_ empty: State, apply: @escaping @Sendable (inout State, [Item]) -> Void) {
        self.empty = empty
        self.apply = apply
    }

    /// Takes the next change.
    package mutating func append(_ item: Item) {
        batch.append(item)
        if batch.count == Self.batchSize { hand() }
    }

    /// The state after all changes.
    package mutating func finish() -> State {
        if let worker {
            hand()
            return worker.finish(empty)
        }
        var state = empty
        apply(&state, batch)
        return state
    }

    private mutating func hand() {
        if worker == nil { worker = Worker(empty, apply: apply) }
        worker?.take(batch)
        batch = []
        batch.reserveCapacity(Self.batchSize)
    }
}
