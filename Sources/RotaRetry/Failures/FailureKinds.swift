/// A set of failure kinds, said by what is in it or by what is not.
///
/// Kinds are open, so "all but these" is a set of its own: it also holds kinds nobody has invented yet.
public struct FailureKinds: Hashable, Sendable {
    private enum Membership: Hashable, Sendable {
        case only(Set<FailureKind>)
        case allExcept(Set<FailureKind>)
    }

    private var membership: Membership

    /// These kinds and no others.
    ///
    /// - Parameter kinds: The members.
    public static func only(_ kinds: Set<FailureKind>) -> FailureKinds {
        FailureKinds(membership: .only(kinds))
    }

    /// All kinds but these, those an app invents included.
    ///
    /// - Parameter kinds: The kinds that are no members.
    public static func allExcept(_ kinds: Set<FailureKind>) -> FailureKinds {
        FailureKinds(membership: .allExcept(kinds))
    }

    /// Whether a kind is in the set.
    ///
    /// - Complexity: O(1).
    public func contains(_ kind: FailureKind) -> Bool {
        switch membership {
        case .only(let kinds): kinds.contains(kind)
        case .allExcept(let kinds): !kinds.contains(kind)
        }
    }

    /// The set with one kind more.
    public func inserting(_ kind: FailureKind) -> FailureKinds {
        switch membership {
        case .only(let kinds): .only(kinds.union([kind]))
        case .allExcept(let kinds): .allExcept(kinds.subtracting([kind]))
        }
    }

    /// The set with one kind less.
    public func removing(_ kind: FailureKind) -> FailureKinds {
        switch membership {
        case .only(let kinds): .only(kinds.subtracting([kind]))
        case .allExcept(let kinds): .allExcept(kinds.union([kind]))
        }
    }
}

extension FailureKinds: Codable {
    private enum CodingKeys: String, CodingKey {
        case only
        case allExcept = "all_except"
    }

    /// Reads `{"only": […]}` or `{"all_except": […]}`.
    ///
    /// - Throws: `DecodingError` unless exactly one of the two is there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let only = try container.decodeIfPresent(Set<FailureKind>.self, forKey: .only)
        let allExcept = try container.decodeIfPresent(Set<FailureKind>.self, forKey: .allExcept)
        switch (only, allExcept) {
        case (let kinds?, nil): membership = .only(kinds)
        case (nil, let kinds?): membership = .allExcept(kinds)
        default:
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "A set of failure kinds has either \"only\" or \"all_except\"."))
        }
    }

    /// Writes the members, or those left out, in the order of their names.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch membership {
        case .only(let kinds): try container.encode(kinds.sorted { $0.rawValue < $1.rawValue }, forKey: .only)
        case .allExcept(let kinds):
            try container.encode(kinds.sorted { $0.rawValue < $1.rawValue }, forKey: .allExcept)
        }
    }
}
