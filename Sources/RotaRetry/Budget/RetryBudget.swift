public import Foundation
import Synchronization

/// How many retries a client may add to the load of a dependency that is in trouble.
///
/// Every first attempt earns a part of a retry, and every retry costs a whole one, so that retries never add more
/// than that part to the load, beyond what was saved up, whatever fails and however often (after Finagle's
/// `RetryBudget`). It is a value with time passed in; ``SharedRetryBudget`` is the same for many tasks at once.
public struct RetryBudget: Hashable, Sendable {
    private static let oneToken: Int64 = 1_000_000

    /// The extra load that retries may cause, as a part of the first attempts: 0.2 is 20 %.
    public let ratio: Double
    /// How many retries can be saved up.
    public let capacity: Int
    /// How many retries are earned in a second without any traffic.
    public let perSecond: Double

    /// Millionths of a retry, so that sums are exact.
    private(set) var tokens: Int64
    /// The part of a millionth that idle time has earned, so that frequent calls lose nothing.
    private(set) var fraction = 0.0
    /// When idle time was last credited.
    private(set) var creditedAt: Date?

    /// Opens a budget.
    ///
    /// Over its whole life it grants at most `reserve + ratio × first attempts + perSecond × seconds` retries.
    ///
    /// - Parameters:
    ///   - ratio: The extra load that retries may cause, from 0 to 1.
    ///   - reserve: How many retries there are to begin with, from 0 to `capacity`.
    ///   - capacity: How many retries can be saved up, from 1 to a million.
    ///   - perSecond: How many are earned in a second without any traffic, from 0 to a million.
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
                .budget, "The reserve of a retry budget must be 0 to its capacity of \(capacity).", value: "\(reserve)")
        }
        guard perSecond >= 0, perSecond <= 1_000_000 else {
            throw RetryPolicyError(
                .budget, "A retry budget may earn 0 to 1,000,000 a second.", value: "\(perSecond)")
        }
        self.init(ratio: ratio, capacity: capacity, perSecond: perSecond, tokens: Int64(reserve) * Self.oneToken)
    }

    private init(ratio: Double, capacity: Int, perSecond: Double, tokens: Int64) {
        self.ratio = ratio
        self.capacity = capacity
        self.perSecond = perSecond
        self.tokens = tokens
    }

    /// 20 % extra load, ten retries to begin with, at most a hundred saved up.
    public static let `default` = RetryBudget(ratio: 0.2, capacity: 100, perSecond: 0, tokens: 10 * oneToken)

    /// Earns what a first attempt earns.
    ///
    /// - Parameter now: The instant of the attempt.
    public mutating func deposit(at now: Date) {
        credit(until: now)
        earn(Int64(ratio * Double(Self.oneToken)))
    }

    /// Pays for a retry.
    ///
    /// - Parameter now: The instant of the decision.
    /// - Returns: Whether the retry may happen; if not, nothing was paid.
    public mutating func withdraw(at now: Date) -> Bool {
        credit(until: now)
        guard tokens >= Self.oneToken else { return false }
        tokens -= Self.oneToken
        return true
    }

    /// Gives back what was paid for a retry that then was not made.
    mutating func refund() {
        earn(Self.oneToken)
    }

    /// How many retries could be paid for at once.
    ///
    /// - Parameter now: The instant to ask about.
    public func available(at now: Date) -> Int {
        var later = self
        later.credit(until: now)
        return Int(later.tokens / Self.oneToken)
    }

    /// Earns what idle time earns; a clock that was set back earns nothing and starts anew from there.
    ///
    /// Less than a second back is no such clock but a task that read it earlier and came later: what lies between
    /// has been credited and must not be again.
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

    /// Reads a stored budget.
    ///
    /// - Throws: `DecodingError` if something is missing or out of its range.
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

    /// Writes the settings and what is left.
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

/// One ``RetryBudget`` for all the tasks that call the same dependency.
public final class SharedRetryBudget: Sendable {
    private let budget: Mutex<RetryBudget>

    /// Shares a budget.
    ///
    /// - Parameter budget: What there is to begin with.
    public init(_ budget: RetryBudget = .default) {
        self.budget = Mutex(budget)
    }

    /// Earns what a first attempt earns.
    ///
    /// - Parameter now: The instant of the attempt.
    public func deposit(at now: Date) {
        budget.withLock { $0.deposit(at: now) }
    }

    /// Pays for a retry.
    ///
    /// - Parameter now: The instant of the decision.
    /// - Returns: Whether the retry may happen; if not, nothing was paid.
    public func withdraw(at now: Date) -> Bool {
        budget.withLock { $0.withdraw(at: now) }
    }

    /// Gives back what was paid for a retry that then was not made.
    func refund() {
        budget.withLock { $0.refund() }
    }

    /// A copy of the budget as it is now, to be stored or looked at.
    public var snapshot: RetryBudget {
        budget.withLock { $0 }
    }
}
