import RotaCore

/// A set of failures: the ones a policy retries, or the ones a circuit breaker counts.
///
/// Failures of kind ``FailureKind/httpStatus`` are matched by status alone, all others by kind alone.
///
/// ```swift
/// let retryable = FailureSet(statuses: [409, 503]).inserting(.responseMismatch).removing(.dns)
/// print(retryable.contains(.httpStatus, status: 409))  // true
/// print(retryable.contains(.dns))                      // false
/// let policy = RetryPolicy.exponential(maxAttempts: 5, retrying: retryable)
/// try policy.validate()
/// ```
public struct FailureSet: Codable, Hashable, Sendable {
    /// The HTTP statuses in the set.
    public var statuses: Statuses
    /// The kinds in the set.
    ///
    /// ``FailureKind/httpStatus`` is not looked up here.
    public var kinds: Kinds

    private enum CodingKeys: String, CodingKey {
        case statuses, kinds
    }

    /// Creates a set of statuses and kinds.
    ///
    /// - Parameters:
    ///   - statuses: The HTTP statuses in the set.
    ///   - kinds: The kinds of all other failures in the set.
    public init(statuses: Statuses = .default, kinds: Kinds = .retryable) {
        self.statuses = statuses
        self.kinds = kinds
    }

    /// Whether a failure is in the set.
    ///
    /// - Parameters:
    ///   - kind: The kind of failure.
    ///   - status: The HTTP status, if there was a response.
    public func contains(_ kind: FailureKind, status: Int? = nil) -> Bool {
        guard kind == .httpStatus else { return kinds.contains(kind) }
        guard let status else { return false }
        return statuses.contains(status)
    }

    /// Returns the set with a kind added.
    public func inserting(_ kind: FailureKind) -> FailureSet {
        FailureSet(statuses: statuses, kinds: kinds.inserting(kind))
    }

    /// Returns the set with a kind removed.
    public func removing(_ kind: FailureKind) -> FailureSet {
        FailureSet(statuses: statuses, kinds: kinds.removing(kind))
    }
}

extension FailureSet {
    /// The failures that are retried by default: ``Statuses/default`` and ``Kinds/retryable``.
    public static let `default` = FailureSet()
    /// Every failure.
    public static let any = FailureSet(statuses: .all, kinds: .allExcept([]))
    /// The failures after which a request goes to its fallback: too many requests (429), a server or gateway that is
    /// briefly unavailable (408, 425, 502, 503 and 504), a timeout, and a connection that failed.
    public static let fallback = FailureSet(
        statuses: [408, 425, 429, 502, 503, 504], kinds: .only([.timeout, .connection, .dns, .tls, .proxy]))
    /// No failure.
    public static let none = FailureSet(statuses: .none, kinds: .only([]))
}

extension FailureSet {
    /// A set of failure kinds, given by its members or by what it excludes.
    ///
    /// Apps can add kinds, so "all except these" cannot be written as a list of members.
    public struct Kinds: Hashable, Sendable {
        /// Whether ``known`` and ``custom`` list the kinds that are *not* in the set.
        private var isComplement: Bool
        /// One bit for each kind in `FailureKind.known`, at the position of its code.
        private var known: UInt32 = 0
        /// Kinds that apps have added.
        private var custom: Set<FailureKind> = []

        private init(_ kinds: Set<FailureKind>, isComplement: Bool) {
            self.isComplement = isComplement
            for kind in kinds { mark(kind, true) }
        }

        /// Creates the set of these kinds and no others.
        public static func only(_ kinds: Set<FailureKind>) -> Kinds {
            Kinds(kinds, isComplement: false)
        }

        /// Creates the set of all kinds except these.
        ///
        /// It includes the kinds that apps add.
        public static func allExcept(_ kinds: Set<FailureKind>) -> Kinds {
            Kinds(kinds, isComplement: true)
        }

        /// Every kind that another attempt may not repeat: timeouts, lost connections, thrown errors and so on.
        public static let retryable = Kinds.allExcept([
            .responseMismatch, .missingSecret, .forbiddenAddress, .tooLarge, .invalidRequest, .redirect, .canceled,
            .outOfMemory, .budget,
        ])

        /// Whether a kind is in the set.
        public func contains(_ kind: FailureKind) -> Bool {
            guard let code = kind.code else { return custom.contains(kind) != isComplement }
            return (known & 1 << UInt32(code) != 0) != isComplement
        }

        /// Returns the set with a kind added.
        public func inserting(_ kind: FailureKind) -> Kinds {
            var copy = self
            copy.mark(kind, !isComplement)
            return copy
        }

        /// Returns the set with a kind removed.
        public func removing(_ kind: FailureKind) -> Kinds {
            var copy = self
            copy.mark(kind, isComplement)
            return copy
        }

        private mutating func mark(_ kind: FailureKind, _ isMarked: Bool) {
            if let code = kind.code {
                known = isMarked ? known | 1 << UInt32(code) : known & ~(1 << UInt32(code))
            } else if isMarked {
                custom.insert(kind)
            } else {
                custom.remove(kind)
            }
        }

        /// The listed kinds, sorted by name.
        private var marked: [FailureKind] {
            let kinds = FailureKind.known.filter { contains($0) != isComplement } + custom
            return kinds.sorted { $0.rawValue < $1.rawValue }
        }
    }
}

extension FailureSet.Kinds: Codable {
    private enum CodingKeys: String, CodingKey {
        case only
        case allExcept = "all_except"
    }

    /// Decodes `{"only": […]}` or `{"all_except": […]}`.
    ///
    /// - Throws: `DecodingError` unless exactly one of the two keys is present.
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
                    debugDescription: "A set of failure kinds must have either \"only\" or \"all_except\"."))
        }
    }

    /// Encodes the listed kinds, sorted by name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(marked, forKey: isComplement ? .allExcept : .only)
    }
}

extension FailureSet {
    /// A set of HTTP statuses.
    ///
    /// In JSON it is an array such as `[429,500,502,503,504]`. Long ranges are text: `["400-499"]`.
    public struct Statuses: Hashable, Sendable {
        private let members: StatusRanges

        /// The members as sorted ranges with gaps between them.
        public var ranges: [ClosedRange<Int>] { members.ranges }

        /// Creates a set of ranges, which may overlap and be in any order.
        ///
        /// - Parameter ranges: The ranges, within 100–999. `RetryPolicy.validate()` checks the bounds.
        public init(ranges: some Sequence<ClosedRange<Int>>) {
            members = StatusRanges(ranges)
        }

        /// Creates a set of single statuses.
        ///
        /// - Parameter statuses: The statuses, in any order, from 100 to 999.
        public init(_ statuses: some Sequence<Int>) {
            self.init(ranges: statuses.map { $0...$0 })
        }

        /// Whether a status is in the set.
        ///
        /// - Complexity: O(*n*) in the number of ranges.
        public func contains(_ status: Int) -> Bool {
            members.contains(status)
        }

        /// Returns the statuses that are in this set, in another, or in both.
        public func union(_ other: Statuses) -> Statuses {
            Statuses(ranges: ranges + other.ranges)
        }
    }
}

extension FailureSet.Statuses {
    /// The statuses that are retried by default: 429, 500, 502, 503 and 504.
    public static let `default` = Self([429, 500, 502, 503, 504])
    /// The statuses of servers that may recover: 408, 425, 429 and 5xx.
    public static let transient = Self(ranges: [408...408, 425...425, 429...429, 500...599])
    /// Every status except 2xx and 410 Gone, following Standard Webhooks 1.0.
    public static let standardWebhooks = Self(ranges: [100...199, 300...409, 411...999])
    /// Every status.
    public static let all = Self(ranges: [100...999])
    /// No status.
    public static let none = Self([])
}

extension FailureSet.Statuses: ExpressibleByArrayLiteral {
    /// Creates a set from a literal such as `[429, 503]`.
    public init(arrayLiteral elements: Int...) {
        self.init(elements)
    }
}

extension FailureSet.Statuses: CustomStringConvertible {
    /// The statuses as text, such as `429, 500, 502-504`.
    public var description: String { members.description }
}

extension FailureSet.Statuses: Codable {
    /// Decodes an array of statuses and of text such as `"400-499"`.
    ///
    /// - Throws: `DecodingError` if an element is neither.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        var ranges: [ClosedRange<Int>] = []
        while !container.isAtEnd {
            if let status = try? container.decode(Int.self) {
                ranges.append(status...status)
                continue
            }
            let text = try container.decode(String.self)
            let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low <= high else {
                throw DecodingError.dataCorruptedError(
                    in: container,
                    debugDescription:
                        "A status must be a number, or a range in text such as \"400-499\", not \"\(text)\"."
                )
            }
            ranges.append(low...high)
        }
        self.init(ranges: ranges)
    }

    /// Encodes statuses as numbers, and ranges of more than 16 as text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for range in ranges {
            let (span, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
            if !overflow, span < 16 {
                for status in range { try container.encode(status) }
            } else {
                try container.encode("\(range.lowerBound)-\(range.upperBound)")
            }
        }
    }
}
