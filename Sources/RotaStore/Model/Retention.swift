/// How much of a job's history is kept (C-19); executions that are not over are always kept.
///
/// An execution goes as soon as one of the bounds says so.
public struct Retention: Sendable, Hashable {
    /// How an execution ended: only those that are over have an age.
    public enum Ending: String, Sendable, Hashable, Codable, CaseIterable {
        /// It ended well.
        case succeeded
        /// It ended badly, and no attempt was left.
        case failed
        /// It was called off.
        case canceled
        /// It was not started in time.
        case expired
    }

    /// The number of finished runs kept, and as many notices of runs, and recorded skips; 0 keeps none.
    public var maximumCount: Int
    /// How long finished executions are kept; zero keeps none (I-38), `nil` any time.
    public var maximumAge: Duration?
    /// How long executions that ended in some way are kept, in place of ``maximumAge``.
    public var ages: [Ending: Duration]

    /// Describes what is kept.
    ///
    /// - Parameters:
    ///   - maximumCount: How many finished executions, from 0; negative numbers are taken as 0.
    ///   - maximumAge: How long, from zero; a negative duration is taken as zero.
    ///   - ages: How long for some endings, such as `[.failed: .days(90)]`.
    public init(
        maximumCount: Int = 1000, maximumAge: Duration? = nil, ages: [Ending: Duration] = [:]
    ) {
        self.maximumCount = max(0, maximumCount)
        self.maximumAge = maximumAge.map { max(.zero, $0) }
        self.ages = ages.mapValues { max(.zero, $0) }
    }

    /// Keeps the newest finished executions of the job.
    ///
    /// - Parameter count: How many, from 0; negative numbers are taken as 0.
    public static func last(_ count: Int) -> Retention {
        Retention(maximumCount: count)
    }

    /// Keeps executions for so many days after their end (I-37, I-38), and at most 100,000.
    ///
    /// - Parameter days: How many, from 0, which keeps none.
    public static func days(_ days: Int) -> Retention {
        let days = min(max(0, days), 36_500)
        return Retention(maximumCount: days == 0 ? 0 : 100_000, maximumAge: .seconds(days * 86_400))
    }

    /// Keeps the last 1,000: history is bounded unless asked otherwise.
    public static let standard = Retention.last(1000)
}

extension Retention: Codable {
    private enum CodingKeys: String, CodingKey {
        case maximumCount, maximumAge, ages
    }

    /// Decodes what is kept; ages are absent where there are none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let ages = try container.decodeIfPresent([String: Duration].self, forKey: .ages) ?? [:]
        self.init(
            maximumCount: try container.decode(Int.self, forKey: .maximumCount),
            maximumAge: try container.decodeIfPresent(Duration.self, forKey: .maximumAge),
            ages: Dictionary(
                ages.compactMap { name, age in Ending(rawValue: name).map { ($0, age) } },
                uniquingKeysWith: { first, _ in first }))
    }

    /// Encodes what is kept.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(maximumCount, forKey: .maximumCount)
        try container.encodeIfPresent(maximumAge, forKey: .maximumAge)
        guard !ages.isEmpty else { return }
        try container.encode(
            Dictionary(uniqueKeysWithValues: ages.map { ($0.key.rawValue, $0.value) }), forKey: .ages)
    }
}

extension Retention {
    /// How long an execution that ended in a status is kept.
    ///
    /// - Returns: `nil` for any time, which is what every execution is kept for that is not over.
    public func age(of status: ExecutionStatus) -> Duration? {
        switch status {
        case .queued, .running, .waiting: nil
        case .succeeded: ages[.succeeded] ?? maximumAge
        case .failed: ages[.failed] ?? maximumAge
        case .canceled: ages[.canceled] ?? maximumAge
        case .expired: ages[.expired] ?? maximumAge
        }
    }
}
