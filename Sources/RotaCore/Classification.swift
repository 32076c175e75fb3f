/// A set of HTTP statuses, stored as sorted ranges with gaps between them.
package struct StatusRanges: Hashable, Sendable {
    package let ranges: [ClosedRange<Int>]

    /// Creates a set of ranges, which may overlap and be in any order.
    package init(_ ranges: some Sequence<ClosedRange<Int>>) {
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

    /// Whether a status is in the set.
    ///
    /// - Complexity: O(*n*) in the number of ranges.
    @inlinable
    package func contains(_ status: Int) -> Bool {
        for range in ranges where range.contains(status) { return true }
        return false
    }

    /// Returns the part of the set that lies within bounds.
    package func clamped(to bounds: ClosedRange<Int>) -> StatusRanges {
        StatusRanges(ranges.filter { $0.overlaps(bounds) }.map { $0.clamped(to: bounds) })
    }

    /// The statuses as text, such as `200-202, 204`.
    package var description: String {
        ranges.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }

    /// Parses a status or a range: `204`, `200-299`, or `2xx` for a whole class.
    ///
    /// - Returns: `nil` for any other text, and for ranges whose end lies before their start.
    package static func parse(_ text: String) -> ClosedRange<Int>? {
        if text.utf8.count == 3, text.lowercased().hasSuffix("xx"), let hundred = text.first?.wholeNumberValue,
            (1...9).contains(hundred)
        {
            return (hundred * 100)...(hundred * 100 + 99)
        }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low <= high else { return nil }
        return low...high
    }
}

/// An error of a module that does not know `RotaRetry`, with everything that a retry decision depends on.
///
/// `AttemptFailure(classifying:)` reads it, so `retry` knows a transport's errors although neither module imports the
/// other.
package protocol ClassifiedError: Error {
    /// The name of the failure's kind, such as `connection`.
    var failureName: String { get }
    /// The status of the response, if its header arrived before the failure.
    var status: Int? { get }
    /// The value of the response's `Retry-After`, if it has one.
    var retryAfter: String? { get }
    /// The value of the response's `Date`, if it has one.
    var responseDate: String? { get }
    /// Whether the server may have received the request.
    var mayHaveBeenSent: Bool { get }
}
