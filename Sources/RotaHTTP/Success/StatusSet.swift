import RotaCore

/// A set of HTTP statuses from 100 to 599, kept as ranges.
public struct StatusSet: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
    private static let bounds = 100...599
    private let statuses: StatusRanges

    /// The ranges in ascending order.
    ///
    /// No two of them touch.
    public var ranges: [ClosedRange<Int>] { statuses.ranges }

    /// Creates a set of ranges.
    ///
    /// Statuses outside 100 to 599 are left out.
    public init(_ ranges: ClosedRange<Int>...) {
        self.init(ranges)
    }

    /// Creates a set of single statuses.
    ///
    /// Statuses outside 100 to 599 are left out.
    public init(arrayLiteral elements: Int...) {
        self.init(elements.map { $0...$0 })
    }

    /// Creates a set of ranges.
    ///
    /// Statuses outside 100 to 599 are left out.
    public init(_ ranges: some Sequence<ClosedRange<Int>>) {
        statuses = StatusRanges(ranges).clamped(to: Self.bounds)
    }

    /// Returns whether a status is in the set.
    public func contains(_ status: Int) -> Bool { statuses.contains(status) }

    /// The statuses, such as `200-202, 204`, or `none` for the empty set.
    public var description: String { ranges.isEmpty ? "none" : statuses.description }
}

extension StatusSet: Codable {
    /// Decodes an array of numbers and of strings such as `"200-299"` or `"2xx"`.
    ///
    /// - Throws: `DecodingError` for anything else, and for statuses outside 100 to 599.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        var ranges: [ClosedRange<Int>] = []
        while !container.isAtEnd {
            let range: ClosedRange<Int>?
            if let number = try? container.decode(Int.self) {
                range = number...number
            } else {
                range = StatusRanges.parse(try container.decode(String.self))
            }
            guard let range, Self.bounds.contains(range.lowerBound), Self.bounds.contains(range.upperBound) else {
                throw DecodingError.dataCorruptedError(
                    in: container,
                    debugDescription: "A status must be a number from 100 to 599, \"200-299\" or \"2xx\".")
            }
            ranges.append(range)
        }
        self.init(ranges)
    }

    /// Encodes ranges of more than three statuses as strings such as `"200-299"`, and the others as numbers.
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
}
