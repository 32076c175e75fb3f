/// Runs an operation until it succeeds or a policy says to stop, and gives no attempt more than a certain time.
///
/// An attempt that is out of time is canceled and counts as timed out. As always in Swift, an operation that
/// ignores cancellation is waited for. The operation runs in a task of its own, so it and its value are `Sendable`.
///
/// - Parameters:
///   - policy: How often, after what delays, and after which failures.
///   - timeout: How long one attempt may take: more than 0 s, at most 366 days.
///   - clock: What the delays, the timeout and the time limit are measured by.
///   - sources: Where random numbers and the date come from.
///   - budget: Pays for retries, if there is one; shared by all that call the same dependency.
///   - breaker: Is asked before every attempt, if there is one; shared in the same way.
///   - classify: Says what kind of failure an error is.
///   - operation: What to run.
/// - Returns: What the operation returned.
/// - Throws: ``RetryError`` with the last error when there is no further attempt, `CancellationError` if the task
///   was canceled, ``RetryPolicyError`` if the policy or the timeout is not valid, and what the clock throws if
///   it cannot sleep.
public func retry<Value: Sendable>(
    _ policy: RetryPolicy = .default, timeout: Duration, clock: some Clock<Duration> = ContinuousClock(),
    sources: RetrySources = .system, budget: SharedRetryBudget? = nil, breaker: SharedCircuitBreaker? = nil,
    classify: (any Error) -> AttemptFailure = { AttemptFailure(classifying: $0) },
    operation: @escaping @Sendable (AttemptContext) async throws -> Value
) async throws -> Value {
    guard timeout > .zero, timeout <= Backoff.longestDelay else {
        throw RetryPolicyError(
            .timeLimit, "An attempt's timeout must be more than 0 s and at most 366 days.", value: "\(timeout)")
    }
    return try await retry(
        policy, clock: clock, sources: sources, budget: budget, breaker: breaker, classify: classify
    ) { context in
        try await withTimeout(timeout, clock: clock) { try await operation(context) }
    }
}

private enum Race<Value: Sendable>: Sendable {
    case value(Value)
    case outOfTime
    case stopped
}

/// Runs an operation beside a timer, and cancels whichever is second.
private func withTimeout<Value: Sendable>(
    _ limit: Duration, clock: some Clock<Duration>, operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Race<Value>.self) { group in
        group.addTask { .value(try await operation()) }
        group.addTask {
            do { try await clock.sleep(for: limit) } catch {
                // A timer that is canceled decides nothing: the operation's own end does. A clock that cannot sleep
                // ends the attempt, since nothing else would.
                guard Task.isCancelled else { throw error }
                return .stopped
            }
            return .outOfTime
        }
        defer { group.cancelAll() }
        while let first = try await group.next() {
            switch first {
            case .value(let value): return value
            case .outOfTime: throw AttemptTimeout(limit: limit)
            case .stopped: continue
            }
        }
        throw CancellationError()
    }
}

/// What is thrown for an attempt that took longer than it was allowed to.
public struct AttemptTimeout: Error, Hashable, Sendable {
    /// How long the attempt was allowed to take.
    public let limit: Duration

    /// Says that an attempt was out of time.
    ///
    /// - Parameter limit: How long the attempt was allowed to take.
    public init(limit: Duration) {
        self.limit = limit
    }
}

extension AttemptTimeout: AttemptFailureConvertible {
    /// A failure of kind ``FailureKind/timeout``.
    public var attemptFailure: AttemptFailure { AttemptFailure(.timeout) }
}

extension AttemptTimeout: CustomStringConvertible {
    /// One line: `the attempt took longer than 5.0 seconds`.
    public var description: String { "the attempt took longer than \(limit)" }
}
