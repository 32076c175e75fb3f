public import Foundation
import RotaCore

/// Runs an operation until it succeeds or the policy says to stop, with a timeout for each attempt.
///
/// An attempt that exceeds the timeout is canceled and fails with ``AttemptTimeout``. As always in Swift, an operation
/// that ignores cancellation keeps its caller waiting. The operation runs in a task of its own, so it must be sendable.
///
/// ```swift
/// let value = try await retry(.exponential(maxAttempts: 3), timeout: .seconds(5)) { context in
///     try await Task.sleep(for: .milliseconds(10))
///     return context.attempt
/// }
/// print(value)  // 1
/// ```
///
/// - Parameters:
///   - policy: The rules for retrying.
///   - timeout: How long one attempt may take: more than 0 seconds, at most 366 days.
///   - clock: The clock that measures the delays, the timeout and the time limit.
///   - sources: The source of random numbers and of the current date.
///   - budget: The budget that pays for retries. Share it among all callers of the same dependency.
///   - breaker: The breaker that permits each attempt. Share it among all callers of the same dependency.
///   - classify: Classifies the errors that the operation throws.
///   - operation: The operation.
/// - Returns: The operation's result.
/// - Throws: ``RetryError`` with the last error when there is no further attempt, `CancellationError` if the task
///   was canceled, ``RetryPolicyError`` if the policy or the timeout is not valid, and the clock's error if it cannot
///   sleep.
public func retry<Value: Sendable>(
    _ policy: RetryPolicy = .default, timeout: Duration, clock: some Clock<Duration> = ContinuousClock(),
    sources: RetrySources = .system, budget: SharedRetryBudget? = nil, breaker: SharedCircuitBreaker? = nil,
    classify: (any Error) -> AttemptFailure = { AttemptFailure(classifying: $0) },
    operation: @escaping @Sendable (AttemptContext) async throws -> Value
) async throws -> Value {
    guard timeout > .zero, timeout <= Backoff.longestDelay else {
        throw RetryPolicyError(
            .timeLimit, "The timeout of an attempt must be more than 0 seconds and at most 366 days.",
            value: timeout.exactText)
    }
    return try await retry(
        policy, clock: clock, sources: sources, budget: budget, breaker: breaker, classify: classify
    ) { context in
        try await withTimeout(timeout, clock: clock) { try await operation(context) }
    }
}

private enum Race<Value: Sendable>: Sendable {
    case value(Value)
    case timedOut
    case stopped
}

/// Runs an operation and a timer concurrently, and cancels the one that does not finish first.
private func withTimeout<Value: Sendable>(
    _ limit: Duration, clock: some Clock<Duration>, operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Race<Value>.self) { group in
        group.addTask { .value(try await operation()) }
        group.addTask {
            do { try await clock.sleep(for: limit) } catch {
                // A canceled timer has no say; the operation decides. But if the clock cannot sleep, the attempt must
                // end now, because nothing else would enforce the timeout.
                guard Task.isCancelled else { throw error }
                return .stopped
            }
            return .timedOut
        }
        defer { group.cancelAll() }
        while let first = try await group.next() {
            switch first {
            case .value(let value): return value
            case .timedOut: throw AttemptTimeout(limit: limit)
            case .stopped: continue
            }
        }
        throw CancellationError()
    }
}

/// The error of an attempt that exceeded its timeout.
public struct AttemptTimeout: Error, Hashable, Sendable {
    /// The timeout.
    public let limit: Duration

    /// Creates a timeout error.
    ///
    /// - Parameter limit: The timeout.
    public init(limit: Duration) {
        self.limit = limit
    }
}

extension AttemptTimeout: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}

extension AttemptTimeout: AttemptFailureConvertible {
    /// A failure of kind ``FailureKind/timeout``.
    public var attemptFailure: AttemptFailure { AttemptFailure(.timeout) }
}

extension AttemptTimeout: CustomStringConvertible {
    /// One line, such as `the attempt took longer than 5 s`.
    public var description: String { "the attempt took longer than \(limit.text)" }
}
