package import Foundation

/// A record in the order of an instant; records of one instant are in the order of their identifiers.
package struct DueKey<ID: RecordID>: Comparable, Sendable {
    package let instant: Date
    package let id: ID

    package init(instant: Date, id: ID) {
        self.instant = instant
        self.id = id
    }

    package static func < (lhs: DueKey, rhs: DueKey) -> Bool {
        lhs.instant == rhs.instant ? lhs.id < rhs.id : lhs.instant < rhs.instant
    }

    /// The key that follows every key of an instant.
    package static func end(of instant: Date) -> DueKey {
        DueKey(instant: instant, id: ID(bits: .max))
    }
}
