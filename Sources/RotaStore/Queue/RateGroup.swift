package import Foundation

/// The jobs that share the same rates.
///
/// While the rates have no room, one entry blocks the whole group, however many jobs it has. When they have room, the
/// group publishes the first of its jobs' next executions, one at a time, until there is no room again.
struct RateGroup: Sendable {
    let rates: [SharedRateLimit]
    /// The number of jobs with these rates.
    var jobCount = 0
    /// The date until which the rates allow no start.
    var blockedUntil: Date?
    /// The execution that the group has in `ClaimQueue.ready`.
    var published: DueKey<ExecutionID>?
    /// The executions that its jobs publish.
    private var candidates = OrderedIndex<DueKey<ExecutionID>>()

    init(_ rates: [SharedRateLimit]) {
        self.rates = rates
    }

    /// The execution that may start next, if any may.
    var next: DueKey<ExecutionID>? { blockedUntil == nil ? candidates.first : nil }

    /// Whether none of its jobs has an execution that may start.
    var isEmpty: Bool { candidates.isEmpty }

    mutating func replace(_ old: DueKey<ExecutionID>?, with new: DueKey<ExecutionID>?) {
        if let old { candidates.remove(old) }
        if let new { candidates.insert(new) }
    }
}

/// A group's number, in the order of the dates until which groups are blocked.
struct BlockedGroup: Sendable, Comparable {
    let until: Date
    let number: Int

    static func < (lhs: BlockedGroup, rhs: BlockedGroup) -> Bool {
        lhs.until == rhs.until ? lhs.number < rhs.number : lhs.until < rhs.until
    }
}

/// The owner of a count of attempt starts: a job, or a name that jobs share.
package enum RatePool: Sendable, Hashable, Comparable, Codable {
    case job(JobID)
    case shared(String)
}

/// The start of an attempt, as rate limits count it.
///
/// It outlives its execution, so that removing history never lets an attempt start sooner.
package struct AttemptStart: Sendable, Hashable, Comparable {
    package let date: Date
    package let executionID: ExecutionID
    /// The fencing token of the attempt's lease.
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

    /// A key that precedes every start at a date.
    static func beginning(of date: Date) -> AttemptStart {
        AttemptStart(date: date, executionID: ExecutionID(bits: 0), token: .min)
    }
}

extension OrderedIndex<AttemptStart> {
    /// The date from which one more attempt may start.
    ///
    /// A start counts from its date up to, but not including, the date one window later. Starts in the future, after
    /// the clock was set back, count if one window could contain both them and `now`.
    ///
    /// - Returns: `nil` if an attempt may start now.
    func opening(of limit: RateLimit, at now: Date) -> Date? {
        let window = limit.window / .seconds(1)
        guard window > 0 else { return nil }
        // The start that has to leave the window before another one fits: the `maximum`-th from the end.
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
