package import Foundation

/// The clock of a ``StoreScript``: now and then it runs far ahead, and is set right.
///
/// A store may forget a start two windows after it, by the clock as it is, and could not count it again when the same
/// instants come back. So the clock is set right before that, and stays right until it has passed all that it showed.
/// A store may also take a step back of a second for none, so the clock never shows what lies that little before an
/// instant it showed when it was ahead.
package struct ScriptClock: Sendable {
    package private(set) var now = Date(timeIntervalSince1970: 1_750_000_000)
    /// By how many seconds it is ahead.
    package private(set) var jump = 0.0
    private var aheadSince = Date.distantPast
    private var steadyUntil = Date.distantPast
    /// What it showed when it was last ahead, as far as it has not yet come there again.
    private var shown: [Date] = []

    /// Two of the shortest windows that a script limits rates by, in seconds.
    private static let longestAhead = 40.0

    package init() {}

    /// Lets up to ten seconds pass.
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
