/// A policy for an occurrence that is due while an earlier execution of the same job has not ended.
///
/// The policy concerns only the schedule. Triggered executions, replays and backfills neither delay an occurrence nor
/// are delayed by one, unless the policy counts them: see ``countingTriggered()``.
///
/// ```swift
/// let policies: [OverlapPolicy] = [.allow, .skip, .queue, .queue(limit: 5), .replace, .skip.countingTriggered()]
/// print(policies.map(\.isSerial))  // [false, false, true, true, true, false]
/// ```
public struct OverlapPolicy: Sendable, Hashable {
    package enum Rule: Sendable, Hashable {
        case allow
        case skip
        case queue(limit: Int?)
        case replace
    }

    /// The executions of a job that start one at a time.
    package enum Series: Sendable, Hashable {
        case none
        case scheduled
        case all
    }

    package let rule: Rule
    /// Whether the policy counts executions that the schedule did not start.
    public let countsTriggered: Bool

    package init(rule: Rule, countsTriggered: Bool = false) {
        self.rule = rule
        self.countsTriggered = countsTriggered
    }

    /// Executions of the job may overlap.
    ///
    /// This is the default.
    public static let allow = OverlapPolicy(rule: .allow)

    /// Skip the occurrence and record the skip.
    public static let skip = OverlapPolicy(rule: .skip)

    /// Let one occurrence wait until the earlier execution has ended, and skip further ones.
    public static let queue = OverlapPolicy.queue(limit: 1)

    /// Let occurrences wait until the earlier executions have ended.
    ///
    /// - Parameter limit: How many may wait, at least 1. Further ones are skipped, and the skips recorded. `nil` means
    ///   any number.
    public static func queue(limit: Int?) -> OverlapPolicy {
        OverlapPolicy(rule: .queue(limit: limit.map { max(1, $0) }))
    }

    /// Cancel the earlier execution, and start the occurrence when it has ended.
    public static let replace = OverlapPolicy(rule: .replace)

    /// Returns this policy, counting triggered executions, replays and backfills like those of the schedule.
    ///
    /// With ``skip``, an occurrence is skipped while any of them is unfinished, even one that is delayed. With
    /// ``replace``, it cancels them. With ``queue(limit:)`` and ``replace``, all executions of the job run one at a
    /// time, in the order of their nominal dates: a triggered one waits too, but is never skipped. Notifications do not
    /// count, nor does an execution that awaits a batch or its turn in a backfill. For ``allow`` it makes no
    /// difference.
    public func countingTriggered() -> OverlapPolicy {
        OverlapPolicy(rule: rule, countsTriggered: rule != .allow)
    }

    /// How many executions may wait, if this is a queueing policy.
    ///
    /// `nil` for any number and for other policies.
    public var queueLimit: Int? {
        if case .queue(let limit) = rule { limit } else { nil }
    }

    /// Whether executions of the schedule run one after another, as with ``queue(limit:)`` and ``replace``.
    public var isSerial: Bool { series != .none }

    /// The executions that run one after another.
    package var series: Series {
        switch rule {
        case .allow, .skip: .none
        case .queue, .replace: countsTriggered ? .all : .scheduled
        }
    }
}

extension OverlapPolicy: Codable {
    private enum CodingKeys: String, CodingKey {
        case rule, countsTriggered
    }

    /// Decodes a policy such as `{"rule": "skip"}` or `{"rule": "skip", "countsTriggered": true}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let policy = OverlapPolicy(rule: try container.decode(Rule.self, forKey: .rule))
        let counts = try container.decodeIfPresent(Bool.self, forKey: .countsTriggered) ?? false
        self = counts ? policy.countingTriggered() : policy
    }

    /// Encodes the policy, and whether it counts triggered executions only if it does.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(rule, forKey: .rule)
        if countsTriggered { try container.encode(true, forKey: .countsTriggered) }
    }
}

extension OverlapPolicy.Rule: Codable {
    private enum CodingKeys: String, CodingKey {
        case queue
    }

    private struct Limit: Codable {
        var limit: Int?
    }

    /// Reads `"allow"`, `"skip"`, `"replace"`, or `{"queue": {"limit": 1}}`.
    package init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            switch name {
            case "allow": self = .allow
            case "skip": self = .skip
            case "replace": self = .replace
            default:
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "\"\(name)\" is not an overlap policy. Use \"allow\", \"skip\", "
                            + "\"replace\" or {\"queue\": {\"limit\": 1}}."))
            }
            return
        }
        let limit = try decoder.container(keyedBy: CodingKeys.self).decode(Limit.self, forKey: .queue).limit
        self = .queue(limit: limit.map { max(1, $0) })
    }

    package func encode(to encoder: any Encoder) throws {
        func encode(_ name: String) throws {
            var container = encoder.singleValueContainer()
            try container.encode(name)
        }
        switch self {
        case .allow: try encode("allow")
        case .skip: try encode("skip")
        case .replace: try encode("replace")
        case .queue(let limit):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(Limit(limit: limit), forKey: .queue)
        }
    }
}
