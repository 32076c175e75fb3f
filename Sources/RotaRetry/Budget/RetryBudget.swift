public import Foundation
import Synchronization

/// A limit on the load that retries add to a failing dependency.
///
/// Each first attempt earns a fraction of a retry, and each retry costs a whole one. However many attempts fail,
/// retries add at most that fraction to the load, plus what was saved up. The design is that of Finagle's
/// `RetryBudget`.
///
/// A budget is a plain value that takes the current date as an argument. To use one from several tasks, wrap it in a
/// ``SharedRetryBudget``.
///
/// ```swift
/// var budget = try RetryBudget(ratio: 0.2, reserve: 1)
/// budget.deposit(at: Date())
/// print(budget.withdraw(at: Date()))  // true: the reserve pays for it
/// print(budget.withdraw(at: Date()))  // false: a fifth of a retry is left
/// ```
public struct RetryBudget: Hashable, Sendable {
    private static let oneToken: Int64 = 1_000_000

    /// The load that retries may add, as a fraction of the first attempts: 0.2 is 20 %.
    public let ratio: Double
    /// The number of retries that can be saved up.
    public let capacity: Int
    /// The number of retries earned per second, regardless of traffic.
    public let perSecond: Double

    /// The balance in millionths of a retry, so that sums are exact.
    private(set) var tokens: Int64
    /// The fraction of a millionth that time has earned, so that frequent calls lose nothing to rounding.
    private(set) var fraction = 0.0
    /// The date up to which time has been credited.
    private(set) var creditedAt: Date?

    /// Creates a budget, which grants at most `reserve + ratio × first attempts + perSecond × seconds` retries.
    ///
    /// - Parameters:
    ///   - ratio: The load that retries may add, as a fraction of the first attempts, from 0 to 1.
    ///   - reserve: The initial number of retries, from 0 to `capacity`.
    ///   - capacity: The number of retries that can be saved up, from 1 to 1,000,000.
    ///   - perSecond: The number of retries earned per second, regardless of traffic, from 0 to 1,000,000.
    /// - Throws: ``RetryPolicyError`` if a value is out of its range.
    public init(
        ratio: Double = 0.2, reserve: Int = 10, capacity: Int = 100, perSecond: Double = 0
    ) throws(RetryPolicyError) {
        guard ratio >= 0, ratio <= 1 else {
            throw RetryPolicyError(.budget, "The ratio of a retry budget must be 0 to 1.", value: "\(ratio)")
        }
        guard capacity >= 1, capacity <= 1_000_000 else {
            throw RetryPolicyError(
                .budget, "The capacity of a retry budget must be 1 to 1,000,000.", value: "\(capacity)")
        }
        guard reserve >= 0, reserve <= capacity else {
            throw RetryPolicyError(
                .budget, "The reserve of a retry budget must be 0 to its capacity, \(capacity).", value: "\(reserve)")
        }
        guard perSecond >= 0, perSecond <= 1_000_000 else {
            throw RetryPolicyError(
                .budget, "A retry budget must earn 0 to 1,000,000 retries per second.", value: "\(perSecond)")
        }
        self.init(ratio: ratio, capacity: capacity, perSecond: perSecond, tokens: Int64(reserve) * Self.oneToken)
    }

    private init(ratio: Double, capacity: Int, perSecond: Double, tokens: Int64) {
        self.ratio = ratio
        self.capacity = capacity
        self.perSecond = perSecond
        self.tokens = tokens
    }

    /// At most 20 % extra load, with 10 retries initially and at most 100 saved up.
    public static let `default` = RetryBudget(ratio: 0.2, capacity: 100, perSecond: 0, tokens: 10 * oneToken)

    /// Records a first attempt, which earns a fraction of a retry.
    ///
    /// - Parameter now: The date of the attempt.
    public mutating func deposit(at now: Date) {
        credit(until: now)
        earn(Int64(ratio * Double(Self.oneToken)))
    }

    /// Pays for a retry, if the balance allows it.
    ///
    /// - Parameter now: The current date.
    /// - Returns: Whether the retry was paid for and may be made.
    public mutating func withdraw(at now: Date) -> Bool {
        credit(until: now)
        guard tokens >= Self.oneToken else { return false }
        tokens -= Self.oneToken
        return true
    }

    /// Refunds a retry that was paid for and not made.
    mutating func refund() {
        earn(Self.oneToken)
    }

    /// Returns the number of retries that could be paid for at a date.
    public func available(at now: Date) -> Int {
        var later = self
        later.credit(until: now)
        return Int(later.tokens / Self.oneToken)
    }

    /// Credits the time since the last call.
    ///
    /// A clock that was set back earns nothing, and time counts from its new reading. A step back of less than a second
    /// is only a task that read the clock earlier but got here later: that time has been credited already.
    private mutating func credit(until now: Date) {
        if let last = creditedAt, now < last, last.timeIntervalSince(now) < 1 { return }
        defer { creditedAt = now }
        guard perSecond > 0, let last = creditedAt, now > last else { return }
        let limit = Double(capacity) * Double(Self.oneToken)
        let earned = min(now.timeIntervalSince(last) * perSecond * Double(Self.oneToken) + fraction, limit)
        fraction = earned - earned.rounded(.down)
        earn(Int64(earned))
    }

    private mutating func earn(_ earned: Int64) {
        tokens = min(tokens + earned, Int64(capacity) * Self.oneToken)
    }
}

extension RetryBudget: Codable {
    private enum CodingKeys: String, CodingKey {
        case ratio
        case capacity
        case perSecond = "per_second"
        case tokens
        case fraction
        case creditedAt = "credited_at"
    }

    /// Decodes a stored budget.
    ///
    /// - Throws: `DecodingError` if a key is missing or a value is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        do {
            try self.init(
                ratio: container.decode(Double.self, forKey: .ratio), reserve: 0,
                capacity: container.decode(Int.self, forKey: .capacity),
                perSecond: container.decode(Double.self, forKey: .perSecond))
        } catch let error as RetryPolicyError {
            throw error.decodingError(at: decoder.codingPath)
        }
        tokens = min(max(0, try container.decode(Int64.self, forKey: .tokens)), Int64(capacity) * Self.oneToken)
        let part = try container.decodeIfPresent(Double.self, forKey: .fraction) ?? 0
        fraction = part >= 0 && part < 1 ? part : 0
        creditedAt = try container.decodeIfPresent(Date.self, forKey: .creditedAt)
    }

    /// Encodes the settings and the balance.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ratio, forKey: .ratio)
        try container.encode(capacity, forKey: .capacity)
        try container.encode(perSecond, forKey: .perSecond)
        try container.encode(tokens, forKey: .tokens)
        if fraction != 0 { try container.encode(fraction, forKey: .fraction) }
        try container.encodeIfPresent(creditedAt, forKey: .creditedAt)
    }
}

/// A ``RetryBudget`` shared by all tasks that call the same dependency.
///
/// ```swift
/// let budget = SharedRetryBudget()
/// let rate = try await retry(.exponential(maxAttempts: 5), budget: budget) { _ in 1.09 }
/// print(rate, budget.snapshot.available(at: Date()))  // 1.09 10
/// ```
public final class SharedRetryBudget: Sendable {
    private let budget: Mutex<RetryBudget>

    /// Creates a shared budget.
    ///
    /// - Parameter budget: The initial state.
    public init(_ budget: RetryBudget = .default) {
        self.budget = Mutex(budget)
    }

    /// Records a first attempt, which earns a fraction of a retry.
    ///
    /// - Parameter now: The date of the attempt.
    public func deposit(at now: Date) {
        budget.withLock { $0.deposit(at: now) }
    }

    /// Pays for a retry, if the balance allows it.
    ///
    /// - Parameter now: The current date.
    /// - Returns: Whether the retry was paid for and may be made.
    public func withdraw(at now: Date) -> Bool {
        budget.withLock { $0.withdraw(at: now) }
    }

    /// Refunds a retry that was paid for and not made.
    func refund() {
        budget.withLock { $0.refund() }
    }

    /// A copy of the current state.
    public var snapshot: RetryBudget {
        budget.withLock { $0 }
    }
}
