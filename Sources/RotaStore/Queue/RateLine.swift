package import Foundation

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

/// What the starts of attempts are counted by: a job, or a name that jobs share.
package enum RatePool: Sendable, Hashable, Comparable, Codable {
    case job(JobID)
    case shared(String)
}

/// The start of an attempt, as the limits of rates remember it.
///
/// It outlives its execution, so that removing history lets nothing start sooner.
package struct AttemptStart: Sendable, Hashable, Comparable {
    package let date: Date
    package let executionID: ExecutionID
    /// The token of the attempt's lease.
    package let token: Int

    package init(date: Date, executionID: ExecutionID, token: Int) {
        self.date = date.inOrder
        self.executionID = executionID
        self.token = token
    }

    package static func < (lhs: AttemptStart, rhs: AttemptStart) -> Bool {
        if lhs.date != rhs.date { return lhs.date < rhs.date }
        return lhs.executionID == rhs.executionID ? lhs.token < rhs.token : lhs.executionID < rhs.executionID
    }

    /// The start that precedes all those of an instant.
    static func beginning(of date: Date) -> AttemptStart {
        AttemptStart(date: date, executionID: ExecutionID(bits: 0), token: .min)
    }
}

extension OrderedIndex<AttemptStart> {
    /// The instant from which one more attempt may start.
    ///
    /// A start counts from its date up to, and without, the instant one window later. Starts that lie ahead, because
    /// the clock was set back, count if a window could hold both.
    ///
    /// - Returns: `nil` if it may start now.
    func opening(of limit: RateLimit, at now: Date) -> Date? {
        let window = limit.window / .seconds(1)
        guard window > 0 else { return nil }
        let others = max(1, limit.maximum) - 1
        let horizon = now.addingTimeInterval(window)
        let start: AttemptStart?
        if let last, last.date >= horizon {
            start = prefixReversed(before: .beginning(of: horizon)).dropFirst(others).first { _ in true }
        } else {
            start = key(fromEnd: others)
        }
        guard let end = start?.date.addingTimeInterval(window), end > now else { return nil }
        return end
    }
}
