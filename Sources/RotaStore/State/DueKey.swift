package import Foundation

/// A record in the order of an instant; records of one instant are in the order of their identifiers.
package struct DueKey<ID: RecordID>: Comparable, Sendable {
    /// The instant in seconds since 2001: comparing numbers calls nothing.
    private let seconds: Double
    package let id: ID

    package init(instant: Date, id: ID) {
        seconds = instant.timeIntervalSinceReferenceDate
        self.id = id
    }

    package var instant: Date { Date(timeIntervalSinceReferenceDate: seconds) }

    package static func < (lhs: DueKey, rhs: DueKey) -> Bool {
        lhs.seconds == rhs.seconds ? lhs.id.bits < rhs.id.bits : lhs.seconds < rhs.seconds
    }

    /// The key that follows every key of an instant.
    package static func end(of instant: Date) -> DueKey {
        DueKey(instant: instant, id: ID(bits: .max))
    }
}
