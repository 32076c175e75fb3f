import RotaCore

/// Saturating arithmetic on whole nanoseconds, which cannot overflow or trap.
///
/// Decisions compute with one machine word. `Duration`, which is twice as large, only appears in the API.
enum Nanoseconds {
    static let perSecond: Int64 = 1_000_000_000

    /// The longest delay of any policy: `Duration.longestSpan`, 366 days.
    static let longest: Int64 = 366 * 86_400 * perSecond

    /// Returns a duration in nanoseconds, rounded toward zero and clamped to `Int64`.
    static func from(_ duration: Duration) -> Int64 {
        // `components` traps on durations whose seconds do not fit `Int64`.
        guard duration > .nanoseconds(Int64.min) else { return .min }
        guard duration < .nanoseconds(Int64.max) else { return .max }
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: perSecond)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / perSecond)
        guard !carried else { return seconds < 0 ? .min : .max }
        return sum
    }

    /// Returns seconds in nanoseconds, rounded to the nearest and clamped to `Int64`.
    ///
    /// NaN is zero.
    static func from(seconds: Double) -> Int64 {
        let scaled = (seconds * 1e9).rounded()
        guard !scaled.isNaN else { return 0 }
        return Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max)
    }

    static func duration(_ nanoseconds: Int64) -> Duration {
        .nanoseconds(nanoseconds)
    }

    /// Returns `first × second`, saturating.
    ///
    /// Neither may be negative.
    static func product(_ first: Int64, _ second: Int64) -> Int64 {
        let (value, overflow) = first.multipliedReportingOverflow(by: second)
        return overflow ? .max : value
    }

    /// Maps a random number to 0 through `span`, uniformly except for a bias below 2⁻⁶⁴ × span.
    static func uniform(through span: UInt64, random: UInt64) -> UInt64 {
        guard span < .max else { return random }
        return (span &+ 1).multipliedFullWidth(by: random).high
    }
}

/// The JSON form of nanoseconds: that of a duration.
struct SecondsCoding: Codable {
    let nanoseconds: Int64

    init(_ nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    init(from decoder: any Decoder) throws {
        nanoseconds = Nanoseconds.from(try JSONDuration(from: decoder).duration)
    }

    func encode(to encoder: any Encoder) throws {
        try JSONDuration(Nanoseconds.duration(nanoseconds)).encode(to: encoder)
    }
}
