/// How much chance is mixed into a delay, so that clients that failed together do not come back together.
///
/// Measured with 100 contending clients, full jitter makes the fewest calls, equal jitter few more, and none at
/// all more than twice as many; so full is the default everywhere.
public enum Jitter: Hashable, Sendable {
    /// The nominal delay itself.
    case none
    /// Anything from nothing to the nominal delay.
    case full
    /// Half the nominal delay, and anything up to as much again.
    case equal
    /// The nominal delay, more or less by at most this proportion of it, from 0 to 1.
    case proportional(Double)

    /// The shortest and the longest delay this jitter can make of a nominal one, before any cap.
    ///
    /// - Parameter nominal: The delay without jitter; a negative one counts as zero.
    /// - Returns: The bounds, both included.
    public func bounds(of nominal: Duration) -> ClosedRange<Duration> {
        let (low, span) = range(of: max(0, Nanoseconds.from(nominal)))
        return Nanoseconds.duration(low)...Nanoseconds.duration(saturating(low, span))
    }

    /// A jittered delay, not yet capped.
    ///
    /// - Parameters:
    ///   - nominal: The delay without jitter in nanoseconds, not negative.
    ///   - random: One random number.
    func apply(to nominal: Int64, random: UInt64) -> Int64 {
        let (low, span) = range(of: nominal)
        return span == 0 ? low : saturating(low, Nanoseconds.uniform(through: span, random: random))
    }

    private func range(of nominal: Int64) -> (low: Int64, span: UInt64) {
        switch self {
        case .none:
            return (nominal, 0)
        case .full:
            return (0, UInt64(nominal))
        case .equal:
            let half = nominal / 2
            return (half, UInt64(nominal - half))
        case .proportional(let proportion):
            // A policy nobody validated may hold anything here, NaN included; `min` and `max` then choose a bound.
            let held = proportion > 0 ? min(proportion, 1) : 0
            let spread = min(nominal, Int64(exactly: (Double(nominal) * held).rounded()) ?? nominal)
            return (nominal - spread, UInt64(spread) &* 2)
        }
    }

    private func saturating(_ low: Int64, _ more: UInt64) -> Int64 {
        let (sum, overflow) = low.addingReportingOverflow(Int64(clamping: more))
        return overflow ? .max : sum
    }
}

extension Jitter: Codable {
    /// Reads `"none"`, `"full"`, `"equal"`, or `{"proportional": 0.2}`.
    ///
    /// - Throws: `DecodingError` if it is none of these.
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: CodingKeys.self) {
            self = .proportional(try container.decode(Double.self, forKey: .proportional))
            return
        }
        let container = try decoder.singleValueContainer()
        switch try container.decode(String.self) {
        case "none": self = .none
        case "full": self = .full
        case "equal": self = .equal
        case let name:
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(name)\" is no jitter; there are none, full, equal and {\"proportional\": p}.")
        }
    }

    /// Writes the name, or the proportion under its name.
    public func encode(to encoder: any Encoder) throws {
        if case .proportional(let proportion) = self {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(proportion, forKey: .proportional)
            return
        }
        var container = encoder.singleValueContainer()
        switch self {
        case .none, .proportional: try container.encode("none")
        case .full: try container.encode("full")
        case .equal: try container.encode("equal")
        }
    }

    private enum CodingKeys: String, CodingKey {
        case proportional
    }
}
