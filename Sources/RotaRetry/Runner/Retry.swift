public import Foundation
import RotaCore

/// Runs an operation until it succeeds or the policy says to stop.
///
/// The operation runs in the caller's isolation. It is given the attempt's number and the previous error. If the task
/// is canceled, the current delay ends immediately and no further attempt starts.
///
/// ```swift
/// let greeting = try await retry(.exponential(maxAttempts: 5)) { context in
///     if context.attempt < 3 { throw URLError(.timedOut) }
///     return "succeeded on attempt \(context.attempt)"
/// }
/// print(greeting)  // succeeded on attempt 3
/// ```
///
/// - Parameters:
///   - policy: The rules for retrying.
///   - clock: The clock that measures the delays and the time limit.
///   - sources: The source of random numbers and of the current date.
///   - budget: The budget that pays for retries. Share it among all callers of the same dependency.
///   - breaker: The breaker that permits each attempt. Share it among all callers of the same dependency.
///   - classify: Classifies the errors that the operation throws.
///   - operation: The operation.
/// - Returns: The operation's result.
/// - Throws: ``RetryError`` with the last error when there is no further attempt, `CancellationError` if the task
///   was canceled, ``RetryPolicyError`` if the policy is not valid, and the clock's error if it cannot sleep.
public func retry<Value>(
    _ policy: RetryPolicy = .default, clock: some Clock<Duration> = ContinuousClock(),
    sources: RetrySources = .system, budget: SharedRetryBudget? = nil, breaker: SharedCircuitBreaker? = nil,
    classify: (any Error) -> AttemptFailure = { AttemptFailure(classifying: $0) },
    operation: (AttemptContext) async throws -> Value
) async throws -> Value {
    try policy.validate()
    let start = clock.now
    var attempts = AttemptSequence(policy: policy, sources: sources, budget: budget, breaker: breaker)
    try Task.checkCancellation()
    while true {
        let context = try attempts.begin(elapsed: attempts.attempt == 0 ? .zero : start.duration(to: clock.now))
        do {
            let value = try await operation(context)
            attempts.succeed()
            return value
        } catch {
            guard !Task.isCancelled else {
                attempts.interrupt()
                throw CancellationError()
            }
            let failedAt = clock.now
            let delay = try attempts.fail(error, classify(error), elapsed: start.duration(to: failedAt))
            // Sleep until a fixed deadline, so that the time taken by the decision does not add to the delay.
            do {
                if delay > .zero { try await clock.sleep(until: failedAt.advanced(by: delay), tolerance: nil) }
                try Task.checkCancellation()
            } catch {
                attempts.abandon()
                throw Task.isCancelled ? CancellationError() : error
            }
        }
    }
}

/// The state of one call of `retry`: its attempts, its delays, and its dealings with the budget and the breaker.
///
/// It neither sleeps nor reads a clock; `retry` is a loop around it.
private struct AttemptSequence {
    private let policy: RetryPolicy
    private let sources: RetrySources
    private let budget: SharedRetryBudget?
    private let breaker: SharedCircuitBreaker?

    private(set) var attempt = 0
    private var delay: Duration?
    private var permit: CircuitPermit?
    /// Whether the budget has paid for an attempt that has not started yet.
    private var isPaid = false
    private var last: (error: any Error, failure: AttemptFailure, elapsed: Duration)?

    init(policy: RetryPolicy, sources: RetrySources, budget: SharedRetryBudget?, breaker: SharedCircuitBreaker?) {
        self.policy = policy
        self.sources = sources
        self.budget = budget
        self.breaker = breaker
    }

    /// Starts the next attempt, unless the delay took too long or the breaker refuses it.
    mutating func begin(elapsed: Duration) throws(RetryError) -> AttemptContext {
        if attempt > 0, let limit = policy.timeLimit, elapsed > limit {
            abandon()
            throw end(.timeLimit)
        }
        if let breaker {
            guard case .permitted(let permit) = breaker.admit(at: sources.now()) else {
                abandon()
                throw end(.circuitOpen)
            }
            self.permit = permit
        }
        isPaid = false
        attempt += 1
        if attempt == 1, let budget { budget.deposit(at: sources.now()) }
        return AttemptContext(
            attempt: attempt, maxAttempts: policy.maxAttempts, lastError: last?.error, elapsed: elapsed)
    }

    mutating func succeed() {
        close(.success)
    }

    mutating func interrupt() {
        close(.ignored)
    }

    /// Records a failed attempt.
    ///
    /// Returns the delay before the next, or throws if there is none.
    mutating func fail(_ error: any Error, _ failure: AttemptFailure, elapsed: Duration) throws(RetryError) -> Duration
    {
        last = (error, failure, elapsed)
        close(.failure(failure))
        var generator = SourceGenerator(random: sources.random)
        let decision = policy.decide(
            attempt: attempt, failure: failure, elapsed: elapsed, now: sources.now(), previousDelay: delay,
            using: &generator)
        switch decision {
        case .stop(let reason):
            throw end(reason)
        case .retry(let next):
            if let budget {
                guard budget.withdraw(at: sources.now()) else { throw end(.budgetExhausted) }
                isPaid = true
            }
            delay = next
            return next
        }
    }

    /// Refunds the next attempt, which will not be made.
    mutating func abandon() {
        if isPaid { budget?.refund() }
        isPaid = false
    }

    private mutating func close(_ outcome: CircuitOutcome) {
        guard let breaker, let permit else { return }
        breaker.record(outcome, permit, at: sources.now())
        self.permit = nil
    }

    private func end(_ reason: StopReason) -> RetryError {
        let refused = AttemptFailure(.circuitOpen)
        return RetryError(
            reason: reason, attempts: attempt, elapsed: last?.elapsed ?? .zero, failure: last?.failure ?? refused,
            lastError: last?.error ?? refused)
    }
}

private struct SourceGenerator: RandomNumberGenerator {
    let random: @Sendable () -> UInt64

    func next() -> UInt64 { random() }
}

/// The current attempt, passed to the operation that `retry` runs.
public struct AttemptContext: Sendable {
    /// The number of this attempt, from 1.
    public let attempt: Int
    /// The maximum number of attempts.
    public let maxAttempts: Int
    /// The error thrown by the previous attempt, or `nil` for the first.
    public let lastError: (any Error)?
    /// The time since the first attempt started.
    public let elapsed: Duration
}

/// The source of random numbers and of the current date for `retry`.
///
/// Tests replace it.
public struct RetrySources: Sendable {
    /// Returns the next random number.
    public var random: @Sendable () -> UInt64
    /// Returns the current date, for `Retry-After` dates, budgets and breakers.
    public var now: @Sendable () -> Date

    /// Creates sources.
    ///
    /// - Parameters:
    ///   - random: Returns the next random number.
    ///   - now: Returns the current date.
    public init(random: @escaping @Sendable () -> UInt64, now: @escaping @Sendable () -> Date) {
        self.random = random
        self.now = now
    }

    /// The system's random number generator and clock.
    public static let system = RetrySources(random: { UInt64.random(in: 0...(.max)) }, now: { Date() })
}

/// The error that `retry` throws when there is no further attempt.
public struct RetryError: Error, Sendable {
    /// The reason there is no further attempt.
    public let reason: StopReason
    /// The number of attempts made.
    ///
    /// It is zero if a circuit breaker refused the first.
    public let attempts: Int
    /// The time from the start of the first attempt to the end of the last.
    public let elapsed: Duration
    /// The last attempt's failure.
    public let failure: AttemptFailure
    /// The error thrown by the last attempt.
    public let lastError: any Error
}

extension RetryError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
    /// The last attempt's error.
    public var failureReason: String? { lastError.localizedDescription }
}

extension RetryError: AttemptFailureConvertible {
    /// The last attempt's failure.
    public var attemptFailure: AttemptFailure { failure }
}

extension RetryError: CustomStringConvertible {
    /// One line, such as `gave up after 3 attempts in 1.5 s (attempts_exhausted): http_status 503`.
    public var description: String {
        "gave up after \(attempts) attempt\(attempts == 1 ? "" : "s") in \(elapsed.text) (\(reason)): \(lastError)"
    }
}
