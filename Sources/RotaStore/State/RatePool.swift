package import Foundation

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
