import Foundation

/// Spreads what is made up for after a downtime, so that a restart is no stampede.
struct CatchUp {
    /// The largest number of executions that become due within a second.
    let rate: Int
    /// The beginning of the last second in which an execution was given a place, and how many it has.
    private var second = Date.distantPast
    private var used = 0
    private var lastNow = Date.distantPast

    init(rate: Int) {
        self.rate = rate
    }

    /// The instant from which the next execution that is made up for may start: now, or the first second with room.
    mutating func place(at now: Date) -> Date {
        // After a step back of the clock the seconds that are planned lie as far ahead as before.
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
