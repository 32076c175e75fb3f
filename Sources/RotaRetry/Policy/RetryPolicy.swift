/// The rules for retrying: how often, after which failures, after what delays, and until when.
///
/// A policy is a plain value without a clock or a random number generator. It can be stored and compared, and its
/// decisions can be tested without waiting.
///
/// ```swift
/// let policy = RetryPolicy.exponential(maxAttempts: 5, jitter: .none)
/// var generator = SystemRandomNumberGenerator()
/// let decision = policy.decide(attempt: 2, failure: .http(status: 503), now: Date(), using: &generator)
/// print(decision)  // retry(after: 1.0 seconds)
/// ```
public struct RetryPolicy: Hashable, Sendable {
    /// The number of attempts, including the first, from 1 to 100.
    public var maxAttempts: Int
    /// The delays between attempts.
    public var backoff: Backoff
    /// The randomness added to the delays.
    public var jitter: Jitter
    /// The failures that are retried.
    ///
    /// Crashed attempts always are, canceled ones never.
    public var retrying: FailureSet
    /// The longest `Retry-After` that is waited for, or `nil` to ignore the header.
    ///
    /// The header can lengthen the delay of the backoff, also beyond ``Backoff/maximum``, and never shortens it. The
    /// next attempt is never earlier than the server asked: if it asked for more than this limit, there is none, for
    /// the reason ``StopReason/retryAfterTooLong``. Without a limit, a server could hold an execution for as long as it
    /// likes.
    public var retryAfterCap: Duration?
    /// The time after the start of the first attempt at which the last one may start, or `nil` for no limit.
    public var timeLimit: Duration?

    /// Creates a policy.
    ///
    /// - Parameters:
    ///   - maxAttempts: The number of attempts, including the first, from 1 to 100.
    ///   - backoff: The delays between attempts.
    ///   - jitter: The randomness added to the delays.
    ///   - retrying: The failures that are retried.
    ///   - retryAfterCap: The longest `Retry-After` that is waited for, or `nil` to ignore the header. A longer one
    ///     ends the retries.
    ///   - timeLimit: The time after the start of the first attempt at which the last one may start.
    public init(
        maxAttempts: Int = 3, backoff: Backoff = .standard, jitter: Jitter = .full, retrying: FailureSet = .default,
        retryAfterCap: Duration? = .seconds(3600), timeLimit: Duration? = nil
    ) {
        self.maxAttempts = maxAttempts
        self.backoff = backoff
        self.jitter = jitter
        self.retrying = retrying
        self.retryAfterCap = retryAfterCap
        self.timeLimit = timeLimit
    }

    /// The number of attempts after the first.
    public var retries: Int {
        get { maxAttempts > .min ? maxAttempts - 1 : .min }
        set { maxAttempts = newValue < .max ? newValue + 1 : .max }
    }
}

extension RetryPolicy {
    /// Creates a policy whose delays grow by a constant factor.
    ///
    /// - Parameters:
    ///   - maxAttempts: The number of attempts, including the first, from 1 to 100.
    ///   - initial: The first delay. The default is 500 ms.
    ///   - factor: The ratio between delays, from 1 to 1000.
    ///   - maximum: The longest delay. The default is 1 hour.
    ///   - jitter: The randomness added to the delays.
    ///   - retrying: The failures that are retried.
    ///   - timeLimit: The time after the start of the first attempt at which the last one may start.
    public static func exponential(
        maxAttempts: Int = 3, initial: Duration = .milliseconds(500), factor: Double = 2,
        maximum: Duration = .seconds(3600), jitter: Jitter = .full, retrying: FailureSet = .default,
        timeLimit: Duration? = nil
    ) -> RetryPolicy {
        RetryPolicy(
            maxAttempts: maxAttempts, backoff: .exponential(initial: initial, factor: factor, maximum: maximum),
            jitter: jitter, retrying: retrying, timeLimit: timeLimit)
    }

    /// Creates a policy whose delays grow by a constant step.
    ///
    /// - Parameters:
    ///   - step: The first delay, and the difference between delays.
    ///   - maxAttempts: The number of attempts, including the first, from 1 to 100.
    ///   - maximum: The longest delay. The default is 1 hour.
    ///   - jitter: The randomness added to the delays.
    ///   - retrying: The failures that are retried.
    ///   - timeLimit: The time after the start of the first attempt at which the last one may start.
    public static func linear(
        _ step: Duration, maxAttempts: Int = 3, maximum: Duration = .seconds(3600), jitter: Jitter = .full,
        retrying: FailureSet = .default, timeLimit: Duration? = nil
    ) -> RetryPolicy {
        RetryPolicy(
            maxAttempts: maxAttempts, backoff: .linear(step, maximum: maximum), jitter: jitter, retrying: retrying,
            timeLimit: timeLimit)
    }

    /// Creates a policy with the same delay every time, without jitter by default.
    ///
    /// - Parameters:
    ///   - delay: The delay.
    ///   - maxAttempts: The number of attempts, including the first, from 1 to 100.
    ///   - jitter: The randomness added to the delays.
    ///   - retrying: The failures that are retried.
    ///   - timeLimit: The time after the start of the first attempt at which the last one may start.
    public static func fixed(
        _ delay: Duration, maxAttempts: Int = 3, jitter: Jitter = .none, retrying: FailureSet = .default,
        timeLimit: Duration? = nil
    ) -> RetryPolicy {
        RetryPolicy(
            maxAttempts: maxAttempts, backoff: .fixed(delay), jitter: jitter, retrying: retrying, timeLimit: timeLimit)
    }

    /// Creates a policy from a list of delays, the last of which repeats, without jitter by default.
    ///
    /// - Parameters:
    ///   - delays: The delays before the first, second, … retry, from 1 to 100 of them.
    ///   - maxAttempts: The number of attempts, including the first. The default is one more than there are delays.
    ///   - jitter: The randomness added to the delays.
    ///   - retrying: The failures that are retried.
    ///   - timeLimit: The time after the start of the first attempt at which the last one may start.
    public static func delays(
        _ delays: [Duration], maxAttempts: Int? = nil, jitter: Jitter = .none, retrying: FailureSet = .default,
        timeLimit: Duration? = nil
    ) -> RetryPolicy {
        RetryPolicy(
            maxAttempts: maxAttempts ?? delays.count + 1, backoff: .delays(delays), jitter: jitter, retrying: retrying,
            timeLimit: timeLimit)
    }
}

extension RetryPolicy {
    /// The number of attempts that a policy may have: 1 to 100.
    public static let attemptRange = 1...100

    /// Checks that every setting is in its range.
    ///
    /// - Parameter attempts: The range of ``maxAttempts``, for callers that allow fewer than 100.
    /// - Throws: ``RetryPolicyError`` for the first setting that is out of its range.
    public func validate(attempts: ClosedRange<Int> = attemptRange) throws(RetryPolicyError) {
        guard attempts.contains(maxAttempts), Self.attemptRange.contains(maxAttempts) else {
            throw RetryPolicyError(
                .maxAttempts,
                """
                The number of attempts, including the first, must be \(attempts.lowerBound) to \
                \(attempts.upperBound).
                """,
                value: "\(maxAttempts)")
        }
        try backoff.validate()
        try jitter.validate()
        for range in retrying.statuses.ranges where range.lowerBound < 100 || range.upperBound > 999 {
            throw RetryPolicyError(
                .status, "An HTTP status must be 100 to 999.",
                value: "\(range.lowerBound < 100 ? range.lowerBound : range.upperBound)")
        }
        if let retryAfterCap {
            try Backoff.validate(retryAfterCap, .retryAfterCap, "The longest Retry-After")
        }
        if let timeLimit {
            try Backoff.validate(timeLimit, .timeLimit, "The time limit")
        }
    }
}

extension RetryPolicy {
    /// Three attempts with delays of 500 ms and 1 s, and full jitter.
    public static let `default` = RetryPolicy()

    /// One attempt and no retry, not even after a crash or when the scheduler stopped during the attempt.
    public static let none = RetryPolicy(maxAttempts: 1)

    /// The policy of Standard Webhooks 1.0: ten attempts over 75 hours ± 10 %, for every status except 2xx and 410.
    public static let standardWebhooks = RetryPolicy(
        maxAttempts: 10, backoff: .standardWebhooks, jitter: .proportional(0.1),
        retrying: FailureSet(statuses: .standardWebhooks, kinds: .retryable.inserting(.redirect)),
        retryAfterCap: .seconds(24 * 3600))
}

extension RetryPolicy: Codable {
    private enum CodingKeys: String, CodingKey {
        case maxAttempts = "max_attempts"
        case statuses = "retry_on_statuses"
        case kinds = "retry_on_kinds"
        case backoff
        case jitter
        case retryAfterCap = "retry_after_cap"
        case timeLimit = "time_limit"
    }

    /// Decodes a policy.
    ///
    /// Missing settings are those of ``default``, so `{"max_attempts":5}` is a whole policy.
    ///
    /// - Throws: `DecodingError` if a setting cannot be read or is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self = .default
        maxAttempts = try container.decodeIfPresent(Int.self, forKey: .maxAttempts) ?? maxAttempts
        retrying = FailureSet(
            statuses: try container.decodeIfPresent(FailureSet.Statuses.self, forKey: .statuses) ?? .default,
            kinds: try container.decodeIfPresent(FailureSet.Kinds.self, forKey: .kinds) ?? .retryable)
        backoff = try container.decodeIfPresent(Backoff.self, forKey: .backoff) ?? backoff
        jitter = try container.decodeIfPresent(Jitter.self, forKey: .jitter) ?? jitter
        if container.contains(.retryAfterCap) {
            retryAfterCap = try container.decodeIfPresent(SecondsCoding.self, forKey: .retryAfterCap)
                .map { Nanoseconds.duration($0.nanoseconds) }
        }
        timeLimit = try container.decodeIfPresent(SecondsCoding.self, forKey: .timeLimit)
            .map { Nanoseconds.duration($0.nanoseconds) }
        do { try validate() } catch { throw error.decodingError(at: decoder.codingPath) }
    }

    /// Encodes all settings.
    ///
    /// Durations are seconds. A `retry_after_cap` of null ignores the header.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(maxAttempts, forKey: .maxAttempts)
        try container.encode(retrying.statuses, forKey: .statuses)
        try container.encode(retrying.kinds, forKey: .kinds)
        try container.encode(backoff, forKey: .backoff)
        try container.encode(jitter, forKey: .jitter)
        try container.encode(retryAfterCap.map { SecondsCoding(Nanoseconds.from($0)) }, forKey: .retryAfterCap)
        try container.encodeIfPresent(timeLimit.map { SecondsCoding(Nanoseconds.from($0)) }, forKey: .timeLimit)
    }
}
