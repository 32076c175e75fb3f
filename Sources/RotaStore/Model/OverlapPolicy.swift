/// What happens when an occurrence is due while an earlier run of the same job is not yet over.
///
/// Only runs of the schedule count: manual runs and replays neither hold an occurrence up nor are held up by one.
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

    /// Runs of one job may overlap (I-21); the default.
    public static let allow = OverlapPolicy(rule: .allow)

    /// The occurrence is skipped, and the skip recorded (I-22).
    public static let skip = OverlapPolicy(rule: .skip)

    /// The occurrence waits until the earlier run is over (I-23); if one waits already, it is skipped.
    public static let queue = OverlapPolicy.queue(limit: 1)

    /// The occurrence waits until the earlier runs are over (I-23).
    ///
    /// - Parameter limit: How many may wait, at least 1; those beyond are skipped, and the skip recorded.
    ///   `nil` for any number.
    public static func queue(limit: Int?) -> OverlapPolicy {
        OverlapPolicy(rule: .queue(limit: limit.map { max(1, $0) }))
    }

    /// The earlier run is canceled, and the occurrence starts when it has ended.
    public static let replace = OverlapPolicy(rule: .replace)

    /// How many runs may wait, if it is a policy to queue them; `nil` for any number and for other policies.
    public var queueLimit: Int? {
        if case .queue(let limit) = rule { limit } else { nil }
    }

    /// Whether the runs of the schedule go one after the other, as with ``queue(limit:)`` and ``replace``.
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
                        debugDescription: "There is no overlap policy “\(name)”; there are allow, skip, queue, replace."
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
