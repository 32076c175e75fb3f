/// Which failures a rule is about: HTTP statuses, and kinds of everything else (row C-6).
///
/// A response of an unwanted status is judged by `statuses` alone, any other failure by `kinds` alone.
public struct FailureSet: Codable, Hashable, Sendable {
    /// The HTTP statuses in the set.
    public var statuses: FailureStatuses
    /// The failure kinds in the set; ``FailureKind/httpStatus`` is not looked up here.
    public var kinds: FailureKinds

    /// Puts statuses and kinds together.
    ///
    /// - Parameters:
    ///   - statuses: The HTTP statuses in the set.
    ///   - kinds: The kinds of failure in the set.
    public init(statuses: FailureStatuses = .default, kinds: FailureKinds = .retryable) {
        self.statuses = statuses
        self.kinds = kinds
    }

    /// Whether a failure is in the set.
    ///
    /// - Parameters:
    ///   - kind: What went wrong.
    ///   - status: The HTTP status, if a response came.
    public func contains(_ kind: FailureKind, status: Int? = nil) -> Bool {
        guard kind == .httpStatus else { return kinds.contains(kind) }
        guard let status else { return false }
        return statuses.contains(status)
    }

    /// The set with one kind more, such as ``FailureKind/responseMismatch``, which is left out by default (row T-80).
    public func inserting(_ kind: FailureKind) -> FailureSet {
        FailureSet(statuses: statuses, kinds: kinds.inserting(kind))
    }

    /// The set with one kind less.
    public func removing(_ kind: FailureKind) -> FailureSet {
        FailureSet(statuses: statuses, kinds: kinds.removing(kind))
    }
}

extension FailureKinds {
    /// What may pass by itself: everything but failures that another attempt would only repeat.
    ///
    /// Timeouts and connections (names and handshakes included) are in it (row T-79); a body mismatch is not
    /// (row T-80), nor is what Strait does not retry: client, auth, budget and out of memory (row SX-17).
    public static let retryable = FailureKinds.allExcept([
        .responseMismatch, .missingSecret, .forbiddenAddress, .tooLarge, .invalidRequest, .redirect, .canceled,
        .outOfMemory, .budget,
    ])
}

extension FailureSet {
    /// The default of rows T-38, T-79 and T-80: five statuses, and every kind that may pass by itself.
    public static let `default` = FailureSet()
    /// Any failure at all, as Krafter retries (row C-6).
    public static let any = FailureSet(statuses: .all, kinds: .allExcept([]))
    /// No failure.
    public static let none = FailureSet(statuses: .none, kinds: .only([]))
}
