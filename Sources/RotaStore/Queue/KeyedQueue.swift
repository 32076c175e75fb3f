/// Due executions by concurrency key, of which the first of each key that has room may start.
///
/// ```
///   "a":  7 8 9      (1 of 2 running)   ──►  7 ┐
///   "b":  2 4        (2 of 2 running)   ──►  – ├──►  firsts
///   none: 3 5                           ──►  3 ┘
/// ```
struct KeyedQueue: Sendable {
    /// The due executions with one concurrency key.
    private struct KeyQueue: Sendable {
        var ready = OrderedIndex<DueKey<ExecutionID>>()
        /// The execution that is in ``KeyedQueue/firsts``.
        var first: DueKey<ExecutionID>?
    }

    private var queues: [String?: KeyQueue] = [:]
    private var firsts = OrderedIndex<DueKey<ExecutionID>>()

    /// The execution that may start next, if any may.
    var first: DueKey<ExecutionID>? { firsts.first }

    mutating func insert(_ rank: DueKey<ExecutionID>, _ key: String?, hasRoom: Bool) {
        queues[key, default: KeyQueue()].ready.insert(rank)
        update(key, hasRoom: hasRoom)
    }

    mutating func remove(_ rank: DueKey<ExecutionID>, _ key: String?, hasRoom: Bool) {
        queues[key]?.ready.remove(rank)
        update(key, hasRoom: hasRoom)
    }

    /// Keeps `firsts` up to date after a key's executions, or the room for it, have changed.
    mutating func update(_ key: String?, hasRoom: Bool) {
        guard let queue = queues.index(forKey: key) else { return }
        let first = hasRoom ? queues.values[queue].ready.first : nil
        let old = queues.values[queue].first
        if first != old {
            if let old { firsts.remove(old) }
            if let first { firsts.insert(first) }
            queues.values[queue].first = first
        }
        if queues.values[queue].ready.isEmpty { queues.remove(at: queue) }
    }
}
