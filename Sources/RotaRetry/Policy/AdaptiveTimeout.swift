import RotaCore

/// A timeout of attempts that follows how long attempts have taken.
///
/// It is a quantile of the durations of the latest successful attempts times a factor, and never outside the bounds.
/// The attempt after one that timed out gets the longest, in case the work has become slower for good.
///
/// Too short a fixed timeout fails work that is only slow, and too long a one lets work that hangs hold its place.
///
/// ```swift
/// var draft = JobDraft(name: "report", schedule: try .cron("0 6 * * *"), action: .handler("report"))
/// draft.adaptiveTimeout = AdaptiveTimeout(quantile: 0.99, factor: 3, within: .seconds(5) ... .seconds(300))
/// ```
public struct AdaptiveTimeout: Sendable, Hashable {
    /// The part of the measured attempts that took at most as long as the duration to multiply: more than 0, at most 1.
    public var quantile: Double
    /// The factor by which that duration is multiplied, from 1 to 100.
    public var factor: Double
    /// The shortest and the longest timeout: more than zero, at most 366 days.
    public var bounds: ClosedRange<Duration>

    /// The largest number of attempts that are measured: the latest successful ones.
    package static let sampleSize = 100
    /// The number of measured attempts below which the timeout is the longest.
    package static let smallestSample = 10

    /// Describes a timeout.
    ///
    /// - Parameters:
    ///   - quantile: The part of the measured attempts that took at most as long as the duration to multiply: more than
    ///     0, at most 1.
    ///   - factor: The factor by which that duration is multiplied, from 1 to 100.
    ///   - bounds: The shortest and the longest timeout: more than zero, at most 366 days. The longest also holds while
    ///     fewer than ten attempts have succeeded.
    public init(quantile: Double = 0.99, factor: Double = 3, within bounds: ClosedRange<Duration>) {
        self.quantile = quantile
        self.factor = factor
        self.bounds = bounds
    }

    /// Checks that every setting is in its range.
    ///
    /// - Throws: ``RetryPolicyError`` with the code `timeout` for the first setting that is out of its range.
    public func validate() throws(RetryPolicyError) {
        guard quantile > 0, quantile <= 1 else {
            throw RetryPolicyError(
                .timeout, "The quantile of an adaptive timeout must be more than 0 and at most 1.", value: "\(quantile)"
            )
        }
        guard factor >= 1, factor <= 100 else {
            throw RetryPolicyError(
                .timeout, "The factor of an adaptive timeout must be 1 to 100.", value: "\(factor)")
        }
        guard bounds.lowerBound > .zero, bounds.upperBound <= Backoff.longestDelay else {
            throw RetryPolicyError(
                .timeout, "The bounds of an adaptive timeout must be more than 0 seconds and at most 366 days.",
                value: "\(bounds)")
        }
    }

    /// Returns the timeout of an attempt.
    ///
    /// - Parameter durations: How long the latest successful attempts took, in any order.
    /// - Complexity: O(n log n) in their number.
    package func timeout(after durations: [Duration]) -> Duration {
        guard durations.count >= Self.smallestSample else { return bounds.upperBound }
        let sorted = durations.sorted()
        // The smallest rank that covers the quantile. The product may be a trace above a whole number: 0.07 × 100.
        let rank = (quantile * Double(sorted.count) - 1e-9).rounded(.up)
        let index = rank < 1 ? 0 : rank <= Double(sorted.count) ? Int(rank) - 1 : sorted.count - 1
        let seconds = Double(max(Nanoseconds.from(sorted[index]), 0)) / 1e9
        let scaled = Nanoseconds.duration(Nanoseconds.from(seconds: seconds * factor))
        return min(max(scaled, bounds.lowerBound), bounds.upperBound)
    }
}

extension AdaptiveTimeout: Codable {
    private enum CodingKeys: String, CodingKey {
        case quantile
        case factor
        case minimum
        case maximum
    }

    /// Decodes a timeout.
    ///
    /// The bounds are seconds.
    ///
    /// - Throws: `DecodingError` if a key is missing or a value is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let shortest = try container.decode(Duration.self, forKey: .minimum)
        let longest = try container.decode(Duration.self, forKey: .maximum)
        guard shortest <= longest else {
            throw RetryPolicyError(
                .timeout, "The minimum of an adaptive timeout must not exceed its maximum.", value: "\(shortest)"
            ).decodingError(at: decoder.codingPath)
        }
        self.init(
            quantile: try container.decode(Double.self, forKey: .quantile),
            factor: try container.decode(Double.self, forKey: .factor), within: shortest...longest)
        do { try validate() } catch { throw error.decodingError(at: decoder.codingPath) }
    }

    /// Encodes the timeout.
    ///
    /// The bounds are seconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(quantile, forKey: .quantile)
        try container.encode(factor, forKey: .factor)
        try container.encode(bounds.lowerBound, forKey: .minimum)
        try container.encode(bounds.upperBound, forKey: .maximum)
    }
}
