/// What happens when an occurrence is due while an earlier run of the same job is not yet over.
public struct OverlapPolicy: Sendable, Hashable, Codable {
    package enum Rule: String, Sendable, Hashable, Codable {
        case allow
        case skip
    }

    package let rule: Rule

    /// Runs of one job may overlap (I-21); the default.
    public static let allow = OverlapPolicy(rule: .allow)

    /// The occurrence is skipped, and the skip recorded (I-22).
    public static let skip = OverlapPolicy(rule: .skip)
}
