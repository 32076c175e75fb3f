/// The randomness added to delays, so that clients that failed together do not retry together.
///
/// Full jitter is the default. In a simulation of 100 contending clients it needs the fewest calls; without jitter they
/// need more than twice as many.
///
/// ```swift
/// let jitter = Jitter.proportional(0.2)
/// print(jitter.bounds(of: .seconds(10)))  // 8.0 seconds...12.0 seconds
/// ```
public enum Jitter: Hashable, Sendable {
    /// Exactly the nominal delay.
    case none
    /// Anything from zero to the nominal delay.
    case full
    /// Anything from half the nominal delay to all of it.
    case equal
    /// The nominal delay plus or minus up to this fraction of it, from 0 to 1.
    case proportional(Double)

    /// Returns the shortest and the longest delay that can result from a nominal delay.
    ///
    /// - Parameter nominal: The delay without jitter. Negative delays count as zero.
    public func bounds(of nominal: Duration) -> ClosedRange<Duration> {
        let (low, span) = range(of: max(0, Nanoseconds.from(nominal)))
        return Nanoseconds.duration(low)...Nanoseconds.duration(saturating(low, span))
    }

    /// Returns a delay with jitter, in nanoseconds.
    ///
    /// The part of the range that exceeds the limit is left out before the draw. If delays were cut to the limit after
    /// it, many clients would come back at exactly the same time.
    ///
    /// - Parameters:
    ///   - nominal: The delay without jitter, in nanoseconds, from 0 to the limit.
    ///   - limit: The longest delay, in nanoseconds.
    ///   - random: A random number, uniform over all values.
    func apply(to nominal: Int64, limit: Int64, random: UInt64) -> Int64 {
        let (low, span) = range(of: nominal)
        let room = min(span, UInt64(max(0, limit - low)))
        return room == 0 ? min(low, limit) : saturating(low, Nanoseconds.uniform(through: room, random: random))
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
            // The proportion may be out of range, or NaN, if the policy was not validated.
            let clamped = proportion > 0 ? min(proportion, 1) : 0
            let spread = min(nominal, Int64(exactly: (Double(nominal) * clamped).rounded()) ?? nominal)
            return (nominal - spread, UInt64(spread) &* 2)
        }
    }

    private func saturating(_ low: Int64, _ more: UInt64) -> Int64 {
        let (sum, overflow) = low.addingReportingOverflow(Int64(clamping: more))
        return overflow ? .max : sum
    }
}

extension Jitter {
    /// Checks that a proportion is from 0 to 1.
    ///
    /// - Throws: ``RetryPolicyError`` if it is not.
    public func validate() throws(RetryPolicyError) {
        guard case .proportional(let proportion) = self else { return }
        guard proportion >= 0, proportion <= 1 else {
            throw RetryPolicyError(.jitter, "The proportion of a jitter must be 0 to 1.", value: "\(proportion)")
        }
    }
}

extension Jitter: Codable {
    /// Decodes `"none"`, `"full"`, `"equal"` or `{"proportional": 0.2}`.
    ///
    /// - Throws: `DecodingError` for anything else.
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
                debugDescription:
                    "A jitter must be \"none\", \"full\", \"equal\" or {\"proportional\": 0.2}, not \"\(name)\".")
        }
    }

    /// Encodes the name, or an object with the proportion.
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
