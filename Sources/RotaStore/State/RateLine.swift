import Foundation

/// The jobs that share the same rates, in line for them.
///
/// While the rates have no room, the whole line is held by one entry, whatever its length; when they have, the line
/// offers the first of what its jobs offer, one after the other, until there is no room again.
struct RateLine: Sendable {
    let rates: [SharedRateLimit]
    /// How many jobs have these rates.
    var jobCount = 0
    /// The instant until which the rates hold all of them back.
    var heldUntil: Date?
    /// The key that is in ``ClaimQueue/ready``.
    var offer: DueKey<ExecutionID>?
    /// What the jobs offer.
    private var offers = OrderedIndex<DueKey<ExecutionID>>()

    init(_ rates: [SharedRateLimit]) {
        self.rates = rates
    }

    /// The key that may be offered, if any.
    var candidate: DueKey<ExecutionID>? { heldUntil == nil ? offers.first : nil }

    /// Whether there is nobody in it.
    var isEmpty: Bool { offers.isEmpty }

    mutating func replace(_ old: DueKey<ExecutionID>?, with new: DueKey<ExecutionID>?) {
        if let old { offers.remove(old) }
        if let new { offers.insert(new) }
    }
}

/// When a line, by its number, may be let go.
struct HeldLine: Sendable, Comparable {
    let instant: Date
    let number: Int

    static func < (lhs: HeldLine, rhs: HeldLine) -> Bool {
        lhs.instant == rhs.instant ? lhs.number < rhs.number : lhs.instant < rhs.instant
    }
}
