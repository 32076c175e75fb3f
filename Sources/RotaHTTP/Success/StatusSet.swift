/// A set of HTTP statuses, kept as ranges from 100 to 599.
public struct StatusSet: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The ranges, in order, none touching another.
    public let ranges: [ClosedRange<Int>]

    /// Makes a set of ranges; what lies outside 100 to 599 is left out.
    ///
    /// - Parameter ranges: the ranges, in any order.
    public init(_ ranges: ClosedRange<Int>...) {
        self.init(ranges)
    }

    /// Makes a set of single statuses; what lies outside 100 to 599 is left out.
    ///
    /// - Parameter elements: the statuses, in any order.
    public init(arrayLiteral elements: Int...) {
        self.init(elements.map { $0...$0 })
    }

    /// Makes a set of ranges; what lies outside 100 to 599 is left out.
    ///
    /// - Parameter ranges: the ranges, in any order.
    public init(_ ranges: some Sequence<ClosedRange<Int>>) {
        var merged: [ClosedRange<Int>] = []
        let inside = ranges.filter { $0.overlaps(100...599) }.map { $0.clamped(to: 100...599) }
        for range in inside.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    /// Whether a status is in the set.
    ///
    /// - Parameter status: the status.
    /// - Returns: true if one of the ranges holds it.
    public func contains(_ status: Int) -> Bool {
        ranges.contains { $0.contains(status) }
    }

    /// The statuses, such as `200-202, 204`; `none` for the empty set.
    public var description: String {
        guard !ranges.isEmpty else { return "none" }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }
}

extension StatusSet: Codable {
    /// Decodes an array of numbers and of texts such as `"200-299"` or `"2xx"`.
    ///
    /// - Parameter decoder: where the set is read from.
    /// - Throws: `DecodingError` for anything else, and for statuses outside 100 to 599.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        var ranges: [ClosedRange<Int>] = []
        while !container.isAtEnd {
            let range: ClosedRange<Int>?
            if let number = try? container.decode(Int.self) {
                range = (100...599).contains(number) ? number...number : nil
            } else {
                range = Self.range(try container.decode(String.self))
            }
            guard let range else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "A status is a number from 100 to 599, \"200-299\" or \"2xx\".")
            }
            ranges.append(range)
        }
        self.init(ranges)
    }

    /// Encodes numbers for single statuses and texts such as `"200-299"` for ranges.
    ///
    /// - Parameter encoder: where the set is written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for range in ranges {
            if range.count <= 3 {
                for status in range { try container.encode(status) }
            } else {
                try container.encode("\(range.lowerBound)-\(range.upperBound)")
            }
        }
    }

    private static func range(_ text: String) -> ClosedRange<Int>? {
        if text.utf8.count == 3, text.lowercased().hasSuffix("xx"), let hundred = text.first?.wholeNumberValue,
            (1...5).contains(hundred)
        {
            return (hundred * 100)...(hundred * 100 + 99)
        }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low <= high,
            (100...599).contains(low), (100...599).contains(high)
        else { return nil }
        return low...high
    }
}
