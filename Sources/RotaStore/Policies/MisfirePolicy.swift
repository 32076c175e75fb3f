import RotaCore

/// A policy for occurrences that were missed while no scheduler was running.
///
/// An occurrence is missed if it is overdue by more than the configuration's `misfireThreshold` when the scheduler sees
/// it: after downtime, a suspended machine, or a clock that stepped forward. *Overdue* counts from its effective date.
/// Occurrences within the threshold are not missed: they fire under every policy, unless they are overdue by more than
/// its maximum lateness.
///
/// ```swift
/// // After a night of downtime, an hourly job…
/// let catchUp = MisfirePolicy.all(limit: 24)  // … runs up to 24 missed occurrences.
/// let once = MisfirePolicy.latest  // … runs once.
/// let never = MisfirePolicy.skip  // … waits for the next occurrence.
/// print(Set([catchUp, once, never]).count)  // 3
/// ```
public struct MisfirePolicy: Sendable, Hashable {
    package enum Rule: Sendable, Hashable {
        case skip
        case latest
        case all(limit: Int)

        fileprivate static func all(clamping limit: Int) -> Rule { .all(limit: min(max(limit, 1), 10_000)) }
    }

    package let rule: Rule
    /// How long an occurrence may be overdue and still fire, or `nil` for no limit.
    ///
    /// Measured from its effective date to the moment when a scheduler decides about it. It ends an occurrence in one
    /// of two ways:
    ///
    /// - An occurrence that is overdue longer when it is decided is skipped as
    ///   ``SkippedOccurrence/Reason/tooLate`` under every policy.
    /// - An execution that the catch-up rate delays past this lateness expires.
    ///
    /// It does not limit how long an execution that fired in time waits in the queue, for example because its job is at
    /// its concurrency limit: ``JobLimits/timeToLive`` does.
    public let maximumLateness: Duration?

    /// Run the latest missed occurrence once.
    ///
    /// This is the default.
    public static let latest = MisfirePolicy(rule: .latest, maximumLateness: nil)

    /// Run no missed occurrence.
    public static let skip = MisfirePolicy(rule: .skip, maximumLateness: nil)

    /// Run no missed occurrence, and none that is overdue by more than a limit.
    ///
    /// - Parameter maximumLateness: How long an occurrence may be overdue before it is skipped as too late, zero or
    ///   more. Has an effect only if it is shorter than the misfire threshold.
    public static func skip(maximumLateness: Duration) -> MisfirePolicy {
        MisfirePolicy(rule: .skip, maximumLateness: maximumLateness)
    }

    /// Run the latest missed occurrence once, unless it is overdue by more than a limit.
    ///
    /// - Parameter maximumLateness: How long an occurrence may be overdue before it is skipped as too late, zero or
    ///   more.
    public static func latest(maximumLateness: Duration) -> MisfirePolicy {
        MisfirePolicy(rule: .latest, maximumLateness: maximumLateness)
    }

    /// Run every missed occurrence, or the newest ones if there are more than a limit.
    ///
    /// - Parameters:
    ///   - limit: The largest number of missed occurrences to run, from 1 to 10,000. Values outside are clamped.
    ///   - maximumLateness: How long an occurrence may be overdue before it is skipped as too late, zero or more, or
    ///     `nil` for no limit.
    public static func all(limit: Int, maximumLateness: Duration? = nil) -> MisfirePolicy {
        MisfirePolicy(rule: .all(clamping: limit), maximumLateness: maximumLateness)
    }
}

extension MisfirePolicy {
    /// Whether an occurrence that is overdue this long is too late to fire.
    package func isTooLate(_ overdue: Duration) -> Bool { maximumLateness.map { overdue > $0 } ?? false }
}

extension MisfirePolicy: Codable {
    private enum CodingKeys: String, CodingKey {
        case policy, limit, maximumLateness
        /// The policy in the first format: `{"all": {"limit": 3}}`.
        case rule
    }

    private enum EarlierRule: String, CodingKey {
        case skip, latest, all
    }

    /// Decodes a policy such as `{"policy": "latest"}` or `{"policy": "all", "limit": 3, "maximumLateness": …}`.
    ///
    /// A limit outside 1 to 10,000 is clamped. The first format's `{"rule": {"all": {"limit": 3}}}` is read too.
    ///
    /// - Throws: `DecodingError` if the policy is not `skip`, `latest` or `all`, or if `all` has no limit.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        maximumLateness = try container.decodeIfPresent(Duration.self, forKey: .maximumLateness)
        if container.contains(.rule) {
            let rule = try container.nestedContainer(keyedBy: EarlierRule.self, forKey: .rule)
            if rule.contains(.all) {
                let all = try rule.nestedContainer(keyedBy: CodingKeys.self, forKey: .all)
                self.rule = .all(clamping: try all.decode(Int.self, forKey: .limit))
            } else if rule.contains(.skip) || rule.contains(.latest) {
                self.rule = rule.contains(.skip) ? .skip : .latest
            } else {
                throw DecodingError.dataCorruptedError(
                    forKey: .rule, in: container, debugDescription: "A misfire policy is skip, latest or all.")
            }
            return
        }
        switch try container.decode(String.self, forKey: .policy) {
        case "skip": rule = .skip
        case "latest": rule = .latest
        case "all": rule = .all(clamping: try container.decode(Int.self, forKey: .limit))
        case let name:
            throw DecodingError.dataCorruptedError(
                forKey: .policy, in: container,
                debugDescription: "A misfire policy is skip, latest or all, not \"\(name)\".")
        }
    }

    /// Encodes the policy, with its limit if it is `all`, and the maximum lateness if it has one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch rule {
        case .skip: try container.encode("skip", forKey: .policy)
        case .latest: try container.encode("latest", forKey: .policy)
        case .all(let limit):
            try container.encode("all", forKey: .policy)
            try container.encode(limit, forKey: .limit)
        }
        try container.encodeIfPresent(maximumLateness, forKey: .maximumLateness)
    }
}
