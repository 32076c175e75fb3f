/// A set of failure kinds, said by what is in it or by what is not.
///
/// Kinds are open, so "all but these" is a set of its own: it also holds kinds nobody has invented yet.
public struct FailureKinds: Hashable, Sendable {
    /// Whether ``known`` and ``own`` say what is not in the set.
    private var isComplement: Bool
    /// One bit for every kind that is known here.
    private var known: UInt32 = 0
    /// The kinds that apps have invented.
    private var own: Set<FailureKind> = []

    private init(_ kinds: Set<FailureKind>, isComplement: Bool) {
        self.isComplement = isComplement
        for kind in kinds { mark(kind, true) }
    }

    /// These kinds and no others.
    ///
    /// - Parameter kinds: The members.
    public static func only(_ kinds: Set<FailureKind>) -> FailureKinds {
        FailureKinds(kinds, isComplement: false)
    }

    /// All kinds but these, those an app invents included.
    ///
    /// - Parameter kinds: The kinds that are no members.
    public static func allExcept(_ kinds: Set<FailureKind>) -> FailureKinds {
        FailureKinds(kinds, isComplement: true)
    }

    /// Whether a kind is in the set.
    ///
    /// - Complexity: O(1).
    public func contains(_ kind: FailureKind) -> Bool {
        guard let code = kind.code else { return own.contains(kind) != isComplement }
        return (known & 1 << UInt32(code) != 0) != isComplement
    }

    /// The set with one kind more.
    public func inserting(_ kind: FailureKind) -> FailureKinds {
        var copy = self
        copy.mark(kind, !isComplement)
        return copy
    }

    /// The set with one kind less.
    public func removing(_ kind: FailureKind) -> FailureKinds {
        var copy = self
        copy.mark(kind, isComplement)
        return copy
    }

    private mutating func mark(_ kind: FailureKind, _ isMarked: Bool) {
        if let code = kind.code {
            known = isMarked ? known | 1 << UInt32(code) : known & ~(1 << UInt32(code))
        } else if isMarked {
            own.insert(kind)
        } else {
            own.remove(kind)
        }
    }

    /// What is in the set, or what is not, in the order of the names.
    private var marked: [FailureKind] {
        let kinds = FailureKind.known.filter { contains($0) != isComplement } + own
        return kinds.sorted { $0.rawValue < $1.rawValue }
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
        case (let kinds?, nil): self = .only(kinds)
        case (nil, let kinds?): self = .allExcept(kinds)
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
        try container.encode(marked, forKey: isComplement ? .allExcept : .only)
    }
}
