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
