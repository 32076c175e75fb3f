import RotaCore
public import RotaSchedule

/// How many executions of a job may start, how often, when, and how long they may wait.
///
/// The store enforces the limits when it hands out executions, so they hold across all schedulers of the store. An
/// execution that a limit holds back waits. It is not lost unless ``timeToLive`` expires.
///
/// ```swift
/// let limits = JobLimits(
///     concurrency: 4,
///     rate: RateLimit(100, per: .seconds(60)),
///     sharedRates: [SharedRateLimit("mail-provider", RateLimit(10, per: .seconds(1)))],
///     timeToLive: .seconds(3600))
/// print(limits.concurrency ?? 0)  // 4
/// ```
public struct JobLimits: Sendable, Hashable {
    /// The largest number of the job's executions that run at the same time, at least 1, or `nil` for no limit.
    public var concurrency: Int?
    /// The largest number that run at the same time with the same concurrency key, at least 1, or `nil` for no limit.
    public var concurrencyPerKey: Int?
    /// How many attempts of the job may start within a sliding window.
    ///
    /// Every claim counts as a start. The attempt begins some milliseconds later, so give a server that counts strictly
    /// a little less than it allows.
    public var rate: RateLimit?
    /// Rate limits shared with other jobs by name.
    ///
    /// All of them must have room.
    public var sharedRates: [SharedRateLimit]
    /// When executions may start.
    ///
    /// Outside the window, they wait for its next opening.
    public var window: ExecutionWindow?
    /// How long after its due time an execution that has not started expires, or `nil` for never.
    public var timeToLive: Duration?

    /// Creates limits.
    ///
    /// By default nothing is limited.
    public init(
        concurrency: Int? = nil, concurrencyPerKey: Int? = nil, rate: RateLimit? = nil,
        sharedRates: [SharedRateLimit] = [], window: ExecutionWindow? = nil, timeToLive: Duration? = nil
    ) {
        self.concurrency = concurrency
        self.concurrencyPerKey = concurrencyPerKey
        self.rate = rate
        self.sharedRates = sharedRates
        self.window = window
        self.timeToLive = timeToLive
    }

    /// No limits.
    public static let none = JobLimits()

    /// Limits how many executions run at the same time.
    public static func concurrency(_ limit: Int) -> JobLimits {
        JobLimits(concurrency: limit)
    }
}

/// The largest number of starts within any period of a given length (a sliding window).
public struct RateLimit: Sendable, Hashable, Codable {
    /// The largest number of starts within the window, at least 1.
    public var maximum: Int
    /// The length of the window, more than zero.
    public var window: Duration

    /// Creates a rate limit.
    public init(_ maximum: Int, per window: Duration) {
        self.maximum = maximum
        self.window = window
    }
}

/// A rate limit that all jobs naming it share.
///
/// The starts of all these jobs are counted together, and a job may start when the count has room by its own numbers.
/// So give all of them the same. Otherwise a job with a smaller maximum waits for longer, and one with a larger maximum
/// starts although the smaller one is used up, and may leave no room for it. Previews and
/// declarations warn of different numbers.
public struct SharedRateLimit: Sendable, Hashable, Codable {
    /// The name of the limit.
    ///
    /// Starts are counted by name, even if the jobs give different numbers.
    public var name: String
    /// The limit that this job observes, which should be that of all jobs with the name.
    public var limit: RateLimit

    /// Creates a shared rate limit.
    public init(_ name: String, _ limit: RateLimit) {
        self.name = name
        self.limit = limit
    }
}

extension JobLimits: Codable {
    private enum CodingKeys: String, CodingKey {
        case concurrency, concurrencyPerKey, rate, sharedRates, window, timeToLive
    }

    /// Decodes limits.
    ///
    /// An absent member is no limit.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            concurrency: try container.decodeIfPresent(Int.self, forKey: .concurrency),
            concurrencyPerKey: try container.decodeIfPresent(Int.self, forKey: .concurrencyPerKey),
            rate: try container.decodeIfPresent(RateLimit.self, forKey: .rate),
            sharedRates: try container.decodeIfPresent([SharedRateLimit].self, forKey: .sharedRates) ?? [],
            window: try container.decodeIfPresent(ExecutionWindow.self, forKey: .window),
            timeToLive: try container.decodeIfPresent(Duration.self, forKey: .timeToLive))
    }
}
