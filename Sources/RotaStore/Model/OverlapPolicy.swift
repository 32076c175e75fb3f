/// A policy for an occurrence that is due while an earlier execution of the same job has not ended.
///
/// The policy concerns only the schedule. Triggered executions and replays neither delay an occurrence nor are delayed
/// by one.
///
/// ```swift
/// let policies: [OverlapPolicy] = [.allow, .skip, .queue, .queue(limit: 5), .replace]
/// print(policies.map(\.isSerial))  // [false, false, true, true, true]
/// ```
public struct OverlapPolicy: Sendable, Hashable, Codable {
    package enum Rule: Sendable, Hashable {
        case allow
        case skip
        case queue(limit: Int?)
        case replace
    }

    package let rule: Rule

    package init(rule: Rule) {
        self.rule = rule
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

    /// How many executions may wait, if this is a queueing policy.
    ///
    /// `nil` for any number and for other policies.
    public var queueLimit: Int? {
        if case .queue(let limit) = rule { limit } else { nil }
    }

    /// Whether executions of the schedule run one after another, as with ``queue(limit:)`` and ``replace``.
    public var isSerial: Bool {
        switch rule {
        case .allow, .skip: false
        case .queue, .replace: true
        }
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
                        debugDescription:
                            "\"\(name)\" is not an overlap policy. Use \"allow\", \"skip\", \"queue\" or \"replace\"."
                    ))
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
