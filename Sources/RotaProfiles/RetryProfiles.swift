public import Foundation
import RotaCore
public import RotaRetry

extension Backoff {
    /// TrigRun's backoff, 250 ms × 2^attempt: 500 ms, 1 s, 2 s and so on.
    public static let trigrun = trigrun(countingFrom: 1)

    /// Creates TrigRun's backoff for a different numbering of attempts.
    ///
    /// - Parameter first: The number of the first attempt. With 1 the first delay is 500 ms, with 0 it is 250 ms.
    public static func trigrun(countingFrom first: Int) -> Backoff {
        .exponential(initial: .milliseconds(first <= 0 ? 250 : 500))
    }

    /// Krafter's backoff: 15 s, 30 s, 45 s and so on.
    public static let krafter = Backoff.linear(.seconds(15))

    /// Strait's backoff: 1 s, 2 s, 4 s and so on, up to 1 hour.
    public static let strait = Backoff.exponential(
        initial: .seconds(1), minimum: .seconds(1), maximum: .seconds(3600))
}

extension RetryPolicy {
    /// TrigRun's policy: three attempts with delays of 500 ms and 1 s and full jitter, for five statuses.
    public static let trigrun = RetryPolicy(backoff: .trigrun)

    /// Krafter's policy: four attempts with delays of 15, 30 and 45 s without jitter, for any failure.
    public static let krafter = RetryPolicy(maxAttempts: 4, backoff: .krafter, jitter: .none, retrying: .any)

    /// Infrai's policy: four attempts.
    ///
    /// Infrai does not document its delays, so Rota's apply.
    public static let infrai = RetryPolicy(maxAttempts: 4)

    /// Strait's policy: three attempts with delays of 1 s × 2^(n−1) ± 20 % up to 1 hour, for failures that may pass.
    public static let strait = RetryPolicy(
        maxAttempts: 3, backoff: .strait, jitter: .proportional(0.2),
        retrying: FailureSet(statuses: .transient, kinds: .retryable))
}

extension ServiceProfile {
    /// The retry policy of jobs that set none.
    public var retryPolicy: RetryPolicy {
        switch service {
        case .trigrun: .trigrun
        case .krafter: .krafter
        case .infrai: .infrai
        case .strait: .strait
        }
    }

    /// The number of attempts, including the first, that the service allows.
    public var attemptRange: ClosedRange<Int> {
        switch service {
        case .trigrun: 1...10
        case .infrai: 1...11
        case .krafter, .strait: RetryPolicy.attemptRange
        }
    }

    /// Decodes a retry policy in Rota's form, or with the service's keys.
    ///
    /// Missing settings are those of ``retryPolicy``.
    ///
    /// | service | keys |
    /// |---|---|
    /// | TrigRun | `max_attempts`, `retry_on_statuses`, as in Rota's form |
    /// | Krafter | `max_retries`, the number of attempts after the first |
    /// | Infrai | `retries` or `retry`, the number of attempts after the first |
    /// | Strait | `max_attempts`, `retry_strategy` and `retry_delays_secs` |
    ///
    /// - Parameter json: A JSON object. Unknown keys are ignored.
    /// - Throws: `DecodingError` if a setting cannot be read, or is outside the range that the service allows.
    public func retryPolicy(from json: Data) throws -> RetryPolicy {
        let decoder = JSONDecoder()
        let given = try decoder.decode(RetryKeys.self, from: json)
        let decoded = try decoder.decode(RetryPolicy.self, from: json)
        var policy = retryPolicy
        if given.keys.contains(.maxAttempts) { policy.maxAttempts = decoded.maxAttempts }
        if given.keys.contains(.statuses) { policy.retrying.statuses = decoded.retrying.statuses }
        if given.keys.contains(.kinds) { policy.retrying.kinds = decoded.retrying.kinds }
        if given.keys.contains(.backoff) { policy.backoff = decoded.backoff }
        if given.keys.contains(.jitter) { policy.jitter = decoded.jitter }
        if given.keys.contains(.retryAfterCap) { policy.retryAfterCap = decoded.retryAfterCap }
        if given.keys.contains(.timeLimit) { policy.timeLimit = decoded.timeLimit }
        do {
            if !given.keys.contains(.maxAttempts), let retries = given.retries(in: service) { policy.retries = retries }
            if service == .strait, let strategy = given.strategy, !given.keys.contains(.backoff) {
                policy.backoff = try Backoff(
                    strategy: strategy, delays: given.delays.map { Duration(clamping: $0) })
            }
            try policy.validate(attempts: attemptRange)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: error.description, underlyingError: error))
        }
        return policy
    }

    /// Encodes the retry settings of one execution, with Strait's keys for Strait and in Rota's form otherwise.
    ///
    /// Strait's keys are `max_attempts_override`, `timeout_secs_override`, `retry_backoff`, `retry_initial_delay_secs`,
    /// `retry_max_delay_secs` and `retry_delays_secs`.
    public func json(of overrides: RetryOverrides) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard service == .strait else { return try encoder.encode(overrides) }
        return try encoder.encode(StraitOverrides(overrides))
    }

    /// Decodes the retry settings of one execution, in Rota's form or with Strait's keys, where zero means not given.
    ///
    /// - Throws: `DecodingError` if a setting cannot be read.
    public func retryOverrides(from json: Data) throws -> RetryOverrides {
        try JSONDecoder().decode(RetryOverrides.self, from: json)
    }
}

/// The keys of a retry policy that are present, and the values of the services' keys.
private struct RetryKeys: Decodable {
    enum CodingKeys: String, CodingKey {
        case maxAttempts = "max_attempts"
        case statuses = "retry_on_statuses"
        case kinds = "retry_on_kinds"
        case backoff, jitter
        case retryAfterCap = "retry_after_cap"
        case timeLimit = "time_limit"
        case maxRetries = "max_retries"
        case retries, retry
        case strategy = "retry_strategy"
        case delays = "retry_delays_secs"
    }

    let keys: Set<CodingKeys>
    let strategy: Backoff.Strategy?
    let delays: [Double]
    private let maxRetries: Int?
    private let retries: Int?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // Null counts as missing, except for the one setting that it turns off.
        keys = Set(
            try container.allKeys.filter { key in
                try key == .retryAfterCap || !container.decodeNil(forKey: key)
            })
        maxRetries = try container.decodeIfPresent(Int.self, forKey: .maxRetries)
        retries =
            try container.decodeIfPresent(Int.self, forKey: .retries)
            ?? container.decodeIfPresent(Int.self, forKey: .retry)
        delays = try container.decodeIfPresent([Double].self, forKey: .delays) ?? []
        let name = try container.decodeIfPresent(String.self, forKey: .strategy) ?? ""
        // Delays without a strategy imply the custom one.
        strategy = name.isEmpty ? (delays.isEmpty ? nil : .custom) : Backoff.Strategy(rawValue: name)
    }

    /// Returns the number of attempts after the first, if the service's key for it is present.
    func retries(in service: ServiceProfile.Service) -> Int? {
        switch service {
        case .krafter: maxRetries
        case .infrai: retries
        case .trigrun, .strait: nil
        }
    }
}

/// The retry settings of one execution with Strait's keys.
private struct StraitOverrides: Encodable {
    let maxAttempts: Int?
    let timeout: Double?
    let strategy: Backoff.Strategy?
    let initialDelay: Double?
    let maximumDelay: Double?
    let delays: [Double]?

    enum CodingKeys: String, CodingKey {
        case maxAttempts = "max_attempts_override"
        case timeout = "timeout_secs_override"
        case strategy = "retry_backoff"
        case initialDelay = "retry_initial_delay_secs"
        case maximumDelay = "retry_max_delay_secs"
        case delays = "retry_delays_secs"
    }

    init(_ overrides: RetryOverrides) {
        maxAttempts = overrides.maxAttempts
        timeout = overrides.timeout?.inSeconds
        strategy = overrides.strategy
        initialDelay = overrides.initialDelay?.inSeconds
        maximumDelay = overrides.maximumDelay?.inSeconds
        delays = overrides.delays?.map(\.inSeconds)
    }
}
