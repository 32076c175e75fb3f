import Foundation
import RotaCore

/// Dates at equal distances after an anchor.
struct Interval {
    /// The shortest and the longest distance, in seconds.
    static let supported = 0.001...3_155_760_000.0

    let seconds: Double
    let anchor: Date

    /// Creates an interval, or returns `nil` if it is too short or too long, or its anchor is not a usable date.
    init?(_ duration: Duration, anchor: Date) {
        seconds = duration.inSeconds
        self.anchor = anchor
        guard Self.supported.contains(seconds), abs(anchor.timeIntervalSince1970) < 1e12 else { return nil }
    }

    /// Returns the nth date.
    private func date(_ count: Double) -> Date {
        anchor.addingTimeInterval(count * seconds)
    }

    /// Returns a date if it is within the years 1–9999.
    private func supported(_ date: Date) -> Date? {
        let seconds = date.timeIntervalSince1970
        let years = WholeSeconds.supported
        return seconds >= Double(years.lowerBound) && seconds <= Double(years.upperBound) ? date : nil
    }

    /// The first date.
    var first: Date? { supported(date(1)) }

    /// Returns the first date after another.
    func next(after date: Date) -> Date? {
        let elapsed = date.timeIntervalSince(anchor)
        guard elapsed < 1e12 else { return nil }
        var count = max(1, (elapsed / seconds).rounded(.down))
        // The quotient may be rounded across a whole number, so step to the first later date.
        while self.date(count) <= date { count += 1 }
        while count > 1, self.date(count - 1) > date { count -= 1 }
        return supported(self.date(count))
    }

    /// Returns the last date before another.
    func previous(before date: Date) -> Date? {
        // Start within the supported years: counting from further away would take forever.
        let date = min(date, Date(wholeSeconds: WholeSeconds.supported.upperBound + 1))
        let elapsed = date.timeIntervalSince(anchor)
        guard elapsed > 0 else { return nil }
        var count = (elapsed / seconds).rounded(.up)
        while count >= 1, self.date(count) >= date { count -= 1 }
        while self.date(count + 1) < date { count += 1 }
        return count >= 1 ? supported(self.date(count)) : nil
    }
}
