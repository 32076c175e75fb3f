/// Those who wait for the next flush, each with the outcome that it makes durable.
struct FlushQueue {
    private var waiting: [((any Error)?) -> Void] = []

    /// Whether nobody waits.
    var isEmpty: Bool { waiting.isEmpty }

    /// Lets a caller wait; it gets its outcome, or the error if the flush fails.
    mutating func add<Outcome: Sendable>(
        _ caller: UnsafeContinuation<Outcome, any Error>, _ outcome: Result<Outcome, any Error>
    ) {
        waiting.append { failure in
            if let failure { caller.resume(throwing: failure) } else { caller.resume(with: outcome) }
        }
    }

    /// Lets all who wait go on.
    mutating func release(_ failure: FileStoreError?) {
        let released = waiting
        waiting = []
        waiting.reserveCapacity(released.count)
        for goOn in released { goOn(failure) }
    }
}
