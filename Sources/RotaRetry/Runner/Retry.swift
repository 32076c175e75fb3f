public import Foundation

/// Runs an operation until it succeeds or a policy says to stop.
///
/// The operation runs where the caller runs, and is told the attempt's number and the last error. Cancellation
/// ends a wait at once, and no attempt starts after it.
///
/// ```swift
/// let report = try await retry(.exponential(maxAttempts: 5)) { context in
///     try await fetchReport(attempt: context.attempt)
/// }
/// ```
///
/// - Parameters:
///   - policy: How often, after what delays, and after which failures.
///   - clock: What the delays and the time limit are measured by.
///   - sources: Where random numbers and the date come from.
///   - budget: Pays for retries, if there is one; shared by all that call the same dependency.
///   - breaker: Is asked before every attempt, if there is one; shared in the same way.
///   - classify: Says what kind of failure an error is.
///   - operation: What to run.
/// - Returns: What the operation returned.
/// - Throws: ``RetryError`` with the last error when there is no further attempt, `CancellationError` if the task
///   was canceled, ``RetryPolicyError`` if the policy is not valid, and what the clock throws if it cannot sleep.
public func retry<Value>(
    _ policy: RetryPolicy = .default, clock: some Clock<Duration> = ContinuousClock(),
    sources: RetrySources = .system, budget: SharedRetryBudget? = nil, breaker: SharedCircuitBreaker? = nil,
    classify: (any Error) -> AttemptFailure = { AttemptFailure(classifying: $0) },
    operation: (AttemptContext) async throws -> Value
) async throws -> Value {
    try policy.validate()
    let start = clock.now
    var ledger = AttemptLedger(policy: policy, sources: sources, budget: budget, breaker: breaker)
    try Task.checkCancellation()
    while true {
        let context = try ledger.begin(elapsed: ledger.attempt == 0 ? .zero : start.duration(to: clock.now))
        do {
            let value = try await operation(context)
            ledger.succeed()
            return value
        } catch {
            guard !Task.isCancelled else {
                ledger.interrupt()
                throw CancellationError()
            }
            let failedAt = clock.now
            let delay = try ledger.fail(error, classify(error), elapsed: start.duration(to: failedAt))
            // From the failure on, so that the time a decision takes delays nothing.
            do {
                if delay > .zero { try await clock.sleep(until: failedAt.advanced(by: delay), tolerance: nil) }
                try Task.checkCancellation()
            } catch {
                ledger.abandon()
                throw Task.isCancelled ? CancellationError() : error
            }
        }
    }
}

/// The books of one run of `retry`: attempts made, delays waited, and what budget and breaker say.
///
/// It neither waits nor reads a clock, so that the runner is nothing but a loop around it.
private struct AttemptLedger {
    private let policy: RetryPolicy
    private let sources: RetrySources
    private let budget: SharedRetryBudget?
    private let breaker: SharedCircuitBreaker?

    private(set) var attempt = 0
    private var delay: Duration?
    private var permit: CircuitPermit?
    /// Whether the budget has paid for an attempt that has not begun yet.
    private var isPaid = false
    private var last: (error: any Error, failure: AttemptFailure, elapsed: Duration)?

    init(policy: RetryPolicy, sources: RetrySources, budget: SharedRetryBudget?, breaker: SharedCircuitBreaker?) {
        self.policy = policy
        self.sources = sources
        self.budget = budget
        self.breaker = breaker
    }

    /// Opens the next attempt, unless the wait took too long or the breaker forbids it.
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

    /// Closes a failed attempt; returns the delay before the next, or throws because there is none.
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

    /// Gives up the attempt that was to begin next, so it is not paid for.
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

/// What an operation run by `retry` is told about the attempt it makes.
public struct AttemptContext: Sendable {
    /// The number of this attempt, from 1.
    public let attempt: Int
    /// How many attempts there may be in all.
    public let maxAttempts: Int
    /// What the attempt before this one threw, or nil for the first.
    public let lastError: (any Error)?
    /// How much time has passed since the first attempt began.
    public let elapsed: Duration
}

/// Where `retry` takes what varies from: random numbers, and the date.
public struct RetrySources: Sendable {
    /// Gives the next random number.
    public var random: @Sendable () -> UInt64
    /// Gives the date, for a `Retry-After` that names one, and for budgets and breakers.
    public var now: @Sendable () -> Date

    /// Puts sources together.
    ///
    /// - Parameters:
    ///   - random: Gives the next random number.
    ///   - now: Gives the date.
    public init(random: @escaping @Sendable () -> UInt64, now: @escaping @Sendable () -> Date) {
        self.random = random
        self.now = now
    }

    /// The system's generator and the system's date.
    public static let system = RetrySources(random: { UInt64.random(in: 0...(.max)) }, now: { Date() })
}

/// The end of all attempts: why there is none further, how many there were, how long it took, and the last error.
public struct RetryError: Error, Sendable {
    /// Why there is no further attempt.
    public let reason: StopReason
    /// How many attempts were made; zero if a circuit breaker refused the first.
    public let attempts: Int
    /// How much time passed from the start of the first attempt to the end of the last.
    public let elapsed: Duration
    /// How the last attempt failed.
    public let failure: AttemptFailure
    /// What the last attempt threw.
    public let lastError: any Error
}

extension RetryError: AttemptFailureConvertible {
    /// How the last attempt failed.
    public var attemptFailure: AttemptFailure { failure }
}

extension RetryError: CustomStringConvertible {
    /// One line: `gave up after 3 attempts in 1.5 seconds (attempts_exhausted): http_status 503`.
    public var description: String {
        "gave up after \(attempts) attempt\(attempts == 1 ? "" : "s") in \(elapsed) (\(reason)): \(lastError)"
    }
}
