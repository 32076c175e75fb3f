import Foundation

/// Spreads late executions after downtime, so that a restart does not start them all at once.
struct CatchUp {
    /// The number of executions that become due in one second.
    let rate: Int
    /// The second in which the last execution was placed, and how many it has.
    private var second = Date.distantPast
    private var used = 0
    private var lastNow = Date.distantPast

    init(rate: Int) {
        self.rate = rate
    }

    /// Returns the date from which the next late execution may start: now, or the first second with room.
    mutating func place(at now: Date) -> Date {
        // After the clock is set back, the planned seconds must lie as far ahead as before.
        if now < lastNow { second = second.addingTimeInterval(now.timeIntervalSince(lastNow)) }
        lastNow = now
        if second.addingTimeInterval(1) <= now {
            (second, used) = (now, 0)
        } else if used >= rate {
            (second, used) = (second.addingTimeInterval(1), 0)
        }
        used += 1
        return max(now, second)
    }
}
