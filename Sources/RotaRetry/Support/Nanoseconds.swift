/// Durations as whole nanoseconds, saturating, so that no delay can overflow or trap.
///
/// A decision does its arithmetic on one machine word; `Duration` appears only at the door.
enum Nanoseconds {
    static let perSecond: Int64 = 1_000_000_000

    /// The longest delay any policy may ask for: 366 days.
    static let longest: Int64 = 366 * 86_400 * perSecond

    /// A duration in nanoseconds, cut towards zero and held within `Int64`.
    static func from(_ duration: Duration) -> Int64 {
        // `components` traps on seconds that do not fit `Int64`, which a `Duration` may hold.
        guard duration > .nanoseconds(Int64.min) else { return .min }
        guard duration < .nanoseconds(Int64.max) else { return .max }
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: perSecond)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / perSecond)
        guard !carried else { return seconds < 0 ? .min : .max }
        return sum
    }

    /// Seconds in nanoseconds, rounded to the nearest; what is no number is zero, what is too long saturates.
    static func from(seconds: Double) -> Int64 {
        let scaled = (seconds * 1e9).rounded()
        guard !scaled.isNaN else { return 0 }
        return Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max)
    }

    static func duration(_ nanoseconds: Int64) -> Duration {
        .nanoseconds(nanoseconds)
    }

    /// `first × second`, saturating; both must be non-negative.
    static func product(_ first: Int64, _ second: Int64) -> Int64 {
        let (value, overflow) = first.multipliedReportingOverflow(by: second)
        return overflow ? .max : value
    }

    /// A number from 0 through `span`, each equally likely but for a bias below 2⁻⁶⁴ × span.
    static func uniform(through span: UInt64, random: UInt64) -> UInt64 {
        guard span < .max else { return random }
        return (span &+ 1).multipliedFullWidth(by: random).high
    }
}

/// A duration in a file or a message: a number of seconds, or nanoseconds as text where a number would round.
///
/// Seconds are what the JSON of all four systems carries (rows S-45, S-76, S-77). A `Double` holds every
/// nanosecond up to some fifty days; the rare value beyond is written as `"<count>ns"`, so nothing is lost.
struct SecondsCoding: Codable {
    let nanoseconds: Int64

    init(_ nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let seconds = try? container.decode(Double.self) {
            guard seconds.isFinite, abs(seconds) < 9e9 else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "\(seconds) seconds are beyond what a delay can be.")
            }
            nanoseconds = Nanoseconds.from(seconds: seconds)
            return
        }
        let text = try container.decode(String.self)
        guard text.hasSuffix("ns"), let count = Int64(text.dropLast(2)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is neither a number of seconds nor text like \"250ns\".")
        }
        nanoseconds = count
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let seconds = Double(nanoseconds) / 1e9
        if abs(seconds) < 9e9, Nanoseconds.from(seconds: seconds) == nanoseconds {
            try container.encode(seconds)
        } else {
            try container.encode("\(nanoseconds)ns")
        }
    }
}
