public import RotaSchedule

/// When a run that is due may really start: how many at once, how many in a while, at what times, and until when.
///
/// They are enforced where executions are claimed, in the store's atomic step, so that they hold for all schedulers of
/// the store together. A run that a limit holds back waits; it is not lost unless ``timeToLive`` says so.
public struct JobLimits: Sendable, Hashable {
    /// The largest number of the job's executions that run at once (T-46, S-31), at least 1; `nil` for no limit.
    public var concurrency: Int?
    /// The largest number that run at once with one concurrency key (S-36), at least 1; `nil` for no limit.
    public var concurrencyPerKey: Int?
    /// How many attempts of the job may start within a sliding window (S-34, S-35); every claim counts as a start.
    public var rate: RateLimit?
    /// Limits shared by all jobs that name them (S-37); each of them must have room.
    public var sharedRates: [SharedRateLimit]
    /// The times at which runs may start (S-32); outside, they wait for the next opening.
    public var window: ExecutionWindow?
    /// How long after its due time a run that has not started expires (S-43); `nil` for never.
    public var timeToLive: Duration?
    /// Runs of a higher priority start first (S-68), from 0 to 10; waiting raises it, so that none starves.
    public var priority: Int

    /// Makes limits; by default there are none, and the priority is 0.
    public init(
        concurrency: Int? = nil, concurrencyPerKey: Int? = nil, rate: RateLimit? = nil,
        sharedRates: [SharedRateLimit] = [], window: ExecutionWindow? = nil, timeToLive: Duration? = nil,
        priority: Int = 0
    ) {
        self.concurrency = concurrency
        self.concurrencyPerKey = concurrencyPerKey
        self.rate = rate
        self.sharedRates = sharedRates
        self.window = window
        self.timeToLive = timeToLive
        self.priority = priority
    }

    /// No limits.
    public static let none = JobLimits()

    /// At most so many runs at once.
    public static func concurrency(_ limit: Int) -> JobLimits {
        JobLimits(concurrency: limit)
    }
}

/// So many starts within any span of time of a length: a sliding window.
public struct RateLimit: Sendable, Hashable, Codable {
    /// The largest number of starts within the window, at least 1.
    public var maximum: Int
    /// The length of the window, more than zero.
    public var window: Duration

    /// Makes a limit.
    public init(_ maximum: Int, per window: Duration) {
        self.maximum = maximum
        self.window = window
    }
}

/// A rate limit that all jobs share that name it (S-37).
public struct SharedRateLimit: Sendable, Hashable, Codable {
    /// The name by which jobs share the limit; starts are counted by name, whatever numbers each job gives.
    public var name: String
    /// The numbers that this job observes.
    public var limit: RateLimit

    /// Makes a shared limit.
    public init(_ name: String, _ limit: RateLimit) {
        self.name = name
        self.limit = limit
    }
}

extension JobLimits: Codable {
    private enum CodingKeys: String, CodingKey {
        case concurrency, concurrencyPerKey, rate, sharedRates, window, timeToLive, priority
    }

    /// Decodes limits; what is not there is no limit.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            concurrency: try container.decodeIfPresent(Int.self, forKey: .concurrency),
            concurrencyPerKey: try container.decodeIfPresent(Int.self, forKey: .concurrencyPerKey),
            rate: try container.decodeIfPresent(RateLimit.self, forKey: .rate),
            sharedRates: try container.decodeIfPresent([SharedRateLimit].self, forKey: .sharedRates) ?? [],
            window: try container.decodeIfPresent(ExecutionWindow.self, forKey: .window),
            timeToLive: try container.decodeIfPresent(Duration.self, forKey: .timeToLive),
            priority: try container.decodeIfPresent(Int.self, forKey: .priority) ?? 0)
    }
}
