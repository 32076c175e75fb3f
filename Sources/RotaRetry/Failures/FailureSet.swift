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

/// A set of HTTP statuses, kept as ranges: small to store, quick to ask, and short to read.
///
/// As JSON it is the array of row T-38, `[429,500,502,503,504]`; a long run is one text, `["400-499"]`.
public struct FailureStatuses: Hashable, Sendable {
    /// Sorted, and with a gap between each and the next.
    let ranges: [ClosedRange<Int>]

    /// Collects ranges of statuses, which may overlap and come in any order.
    ///
    /// - Parameter ranges: The ranges; a valid status lies in 100–999, which `RetryPolicy.validate()` checks.
    public init(ranges: some Sequence<ClosedRange<Int>>) {
        var merged: [ClosedRange<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound &+ 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    /// Collects single statuses.
    ///
    /// - Parameter statuses: The statuses, in any order; a valid one lies in 100–999.
    public init(_ statuses: some Sequence<Int>) {
        self.init(ranges: statuses.map { $0...$0 })
    }

    /// Whether a status is in the set.
    ///
    /// - Parameter status: An HTTP status.
    /// - Complexity: O(*n*) in the number of ranges.
    public func contains(_ status: Int) -> Bool {
        for range in ranges where range.contains(status) { return true }
        return false
    }

    /// The statuses of this set and of another.
    public func union(_ other: FailureStatuses) -> FailureStatuses {
        FailureStatuses(ranges: ranges + other.ranges)
    }
}

extension FailureStatuses {
    /// The default of row T-38: 429, 500, 502, 503 and 504.
    public static let `default` = FailureStatuses([429, 500, 502, 503, 504])
    /// The statuses of a server that may recover: 408, 425, 429 and 5xx.
    public static let transient = FailureStatuses(ranges: [408...408, 425...425, 429...429, 500...599])
    /// Every status but 2xx and 410 Gone, as Standard Webhooks 1.0 says.
    public static let standardWebhooks = FailureStatuses(ranges: [100...199, 300...409, 411...999])
    /// Every status.
    public static let all = FailureStatuses(ranges: [100...999])
    /// No status.
    public static let none = FailureStatuses([])
}

extension FailureStatuses: ExpressibleByArrayLiteral {
    /// Collects the statuses of a literal such as `[429, 503]`.
    public init(arrayLiteral elements: Int...) {
        self.init(elements)
    }
}

extension FailureStatuses: CustomStringConvertible {
    /// The statuses as a person would list them: `429, 500, 502-504`.
    public var description: String {
        ranges.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(
            separator: ", ")
    }
}

extension FailureStatuses: Codable {
    /// Reads an array of statuses and of texts such as `"400-499"`.
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
                    debugDescription: "\"\(text)\" is no range of statuses; write a number, or text like \"400-499\".")
            }
            ranges.append(low...high)
        }
        self.init(ranges: ranges)
    }

    /// Writes single statuses as numbers, and runs of more than sixteen as one text.
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
