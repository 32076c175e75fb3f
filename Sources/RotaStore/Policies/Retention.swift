import RotaCore
public import RotaRetry

/// How many of a job's finished executions are kept, and for how long.
///
/// An execution is removed as soon as one of the bounds is exceeded. Executions that have not ended are always kept.
///
/// ```swift
/// let retention = Retention(
///     maximumCount: 500, maximumAge: .seconds(7 * 86_400), ages: [.failed: .seconds(90 * 86_400)])
/// print(retention.age(of: .failed) == .seconds(90 * 86_400))  // true
/// print(retention.age(of: .running) == nil)  // true
/// ```
public struct Retention: Sendable, Hashable {
    /// How an execution ended.
    public enum Ending: String, Sendable, Hashable, Codable, CaseIterable {
        /// It succeeded.
        case succeeded
        /// It failed with no attempts left.
        case failed
        /// It was canceled.
        case canceled
        /// It was not started, or not completed, in time.
        case expired
    }

    /// The number of finished executions kept, and as many notifications and recorded skips.
    ///
    /// 0 keeps none.
    public var maximumCount: Int
    /// How long finished executions are kept.
    ///
    /// Zero keeps none, `nil` keeps them forever.
    public var maximumAge: Duration?
    /// How long executions that ended in a certain way are kept, in place of ``maximumAge``.
    public var ages: [Ending: Duration]
    /// How long executions are kept whose last attempt failed in a certain way, in place of ``ages``.
    ///
    /// They count for executions that failed for good.
    public var failureAges: [FailureKind: Duration]

    /// Creates a retention rule.
    ///
    /// - Parameters:
    ///   - maximumCount: The number of finished executions, at least 0. Negative numbers become 0.
    ///   - maximumAge: The age limit, at least zero. Negative durations become zero.
    ///   - ages: Age limits by ending, which override `maximumAge`.
    ///   - failureAges: Age limits of failed executions by the kind of their failure, which override `ages`.
    public init(
        maximumCount: Int = 1000, maximumAge: Duration? = nil, ages: [Ending: Duration] = [:],
        failureAges: [FailureKind: Duration] = [:]
    ) {
        self.failureAges = failureAges.mapValues { max(.zero, $0) }
        self.maximumCount = max(0, maximumCount)
        self.maximumAge = maximumAge.map { max(.zero, $0) }
        self.ages = ages.mapValues { max(.zero, $0) }
    }

    /// Keeps the newest finished executions of the job.
    ///
    /// - Parameter count: How many, at least 0. Negative numbers become 0.
    public static func last(_ count: Int) -> Retention {
        Retention(maximumCount: count)
    }

    /// Keeps executions for a number of days after their end, and at most 100,000 of them.
    ///
    /// - Parameter days: How many days, from 0, which keeps none, to 36,500. Values outside are clamped.
    public static func days(_ days: Int) -> Retention {
        let days = min(max(0, days), 36_500)
        return Retention(maximumCount: days == 0 ? 0 : 100_000, maximumAge: .seconds(days * 86_400))
    }

    /// Keeps the last 1,000 finished executions.
    ///
    /// This is the default.
    public static let standard = Retention.last(1000)
}

extension Retention: Codable {
    private enum CodingKeys: String, CodingKey {
        case maximumCount, maximumAge, ages, failureAges
    }

    /// Decodes a retention rule.
    ///
    /// `ages` and `failureAges` may be absent.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let ages = try container.decodeIfPresent([String: JSONDuration].self, forKey: .ages) ?? [:]
        let failureAges = try container.decodeIfPresent([String: JSONDuration].self, forKey: .failureAges) ?? [:]
        self.init(
            maximumCount: try container.decode(Int.self, forKey: .maximumCount),
            maximumAge: try container.decodeIfPresent(Duration.self, forKey: .maximumAge),
            ages: Dictionary(
                ages.compactMap { name, age in Ending(rawValue: name).map { ($0, age.duration) } },
                uniquingKeysWith: { first, _ in first }),
            failureAges: Dictionary(
                failureAges.map { (FailureKind($0), $1.duration) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Encodes the retention rule.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(maximumCount, forKey: .maximumCount)
        try container.encodeIfPresent(maximumAge, forKey: .maximumAge)
        if !ages.isEmpty {
            let named = ages.map { ($0.key.rawValue, JSONDuration($0.value)) }
            try container.encode(Dictionary(uniqueKeysWithValues: named), forKey: .ages)
        }
        if !failureAges.isEmpty {
            let named = failureAges.map { ($0.key.rawValue, JSONDuration($0.value)) }
            try container.encode(Dictionary(uniqueKeysWithValues: named), forKey: .failureAges)
        }
    }
}

extension Retention {
    /// Whether anything is removed because of its age.
    var limitsAge: Bool { maximumAge != nil || !ages.isEmpty || !failureAges.isEmpty }

    /// Returns how long an execution with a status is kept, or `nil` for forever.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - failure: The kind of the failure of its last attempt, if it failed.
    public func age(of status: ExecutionStatus, failure: FailureKind? = nil) -> Duration? {
        switch status {
        case .queued, .running, .waiting: nil
        case .succeeded: ages[.succeeded] ?? maximumAge
        case .failed: failure.flatMap { failureAges[$0] } ?? ages[.failed] ?? maximumAge
        case .canceled: ages[.canceled] ?? maximumAge
        case .expired: ages[.expired] ?? maximumAge
        }
    }
}
