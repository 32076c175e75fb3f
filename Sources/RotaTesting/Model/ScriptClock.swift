package import Foundation

/// The clock of a ``StoreScript``, which sometimes jumps ahead and is corrected later.
///
/// A store may forget a start two windows after it and cannot count it when the same dates come again. So the clock is
/// corrected before that, and stays correct until it has passed every date it showed. A store may also ignore a step
/// back of less than a second, so the clock never shows a date within a second before one it showed when it was ahead.
package struct ScriptClock: Sendable {
    package private(set) var now = Date(timeIntervalSince1970: 1_750_000_000)
    /// The number of seconds by which it is ahead.
    package private(set) var jump = 0.0
    private var aheadSince = Date.distantPast
    private var steadyUntil = Date.distantPast
    /// The dates it showed while it was ahead and has not passed since.
    private var shown: [Date] = []

    /// Twice the shortest rate window of a script, in seconds.
    private static let longestAhead = 40.0

    package init() {}

    /// Advances by up to ten seconds.
    package mutating func move(using random: inout some RandomNumberGenerator) {
        now += Double.random(in: 0...40, using: &random).rounded(.down) / 4
        let percent = Int.random(in: 0..<100, using: &random)
        if jump == 0, now > steadyUntil, percent < 1 {
            jump = Double(Int.random(in: 20...200, using: &random))
            now += jump
            aheadSince = now
        } else if jump > 0, percent < 20 || now >= aheadSince + Self.longestAhead {
            steadyUntil = now + Self.longestAhead
            now -= jump
            jump = 0
        }
        if jump > 0 { return shown.append(now) }
        for instant in shown where now >= instant - 1 && now < instant { now = instant }
        shown.removeAll { $0 <= now }
    }
}
