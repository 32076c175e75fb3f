package import Foundation

/// A key that orders records by a date, and records with one date by their identifiers.
package struct DueKey<ID: RecordID>: Comparable, Hashable, Sendable {
    package let date: Date
    package let id: ID

    package init(date: Date, id: ID) {
        self.date = date.inOrder
        self.id = id
    }

    package static func < (lhs: DueKey, rhs: DueKey) -> Bool {
        lhs.date == rhs.date ? lhs.id < rhs.id : lhs.date < rhs.date
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
    package var description: String { "\(date.timeIntervalSinceReferenceDate) \(id)" }
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
