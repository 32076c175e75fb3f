package import Foundation

/// A key that orders records by a date, and records with one date by their identifiers.
package struct DueKey<ID: RecordID>: Comparable, Hashable, Sendable {
    // Three words of eight bytes: with a whole identifier, which lies on a boundary of 16, it would take four.
    private let seconds: Double
    private let high: UInt64
    private let low: UInt64

    package init(date: Date, id: ID) {
        seconds = date.inOrder.timeIntervalSinceReferenceDate
        high = UInt64(truncatingIfNeeded: id.bits >> 64)
        low = UInt64(truncatingIfNeeded: id.bits)
    }

    package var date: Date { Date(timeIntervalSinceReferenceDate: seconds) }

    package var id: ID { ID(bits: UInt128(high) << 64 | UInt128(low)) }

    package static func < (lhs: DueKey, rhs: DueKey) -> Bool {
        if lhs.seconds != rhs.seconds { return lhs.seconds < rhs.seconds }
        return lhs.high == rhs.high ? lhs.low < rhs.low : lhs.high < rhs.high
    }

    /// A key that follows every key with the date.
    package static func end(of date: Date) -> DueKey {
        DueKey(date: date, id: ID(bits: .max))
    }
}

extension Date {
    /// The date itself, or infinity if it is not a number.
    ///
    /// NaN compares with nothing, so an index could find neither it nor the keys behind it.
    var inOrder: Date { timeIntervalSinceReferenceDate.isNaN ? Date(timeIntervalSinceReferenceDate: .infinity) : self }
}

extension DueKey: CustomStringConvertible {
    package var description: String { "\(seconds) \(id)" }
}

/// A key, ordered by its expiry date.
package struct ExpiringKey: Sendable, Hashable, Comparable {
    package let date: Date
    package let key: JobOperationKey

    init(date: Date, key: JobOperationKey) {
        self.date = date.inOrder
        self.key = key
    }

    package static func < (lhs: ExpiringKey, rhs: ExpiringKey) -> Bool {
        lhs.date == rhs.date ? lhs.key < rhs.key : lhs.date < rhs.date
    }
}
