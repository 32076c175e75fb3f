import Foundation
import RotaCore

/// Counts of durations in buckets that grow geometrically, from which any quantile can be told within 1 %.
///
/// After Masson, Rim and Lee, "DDSketch" (VLDB 2019), with a fixed range: what is shorter than a microsecond counts as
/// zero, and what is longer than about 30 years as that. It takes at most 15 kB, however much is counted.
struct QuantileSketch: Sendable {
    /// The largest relative error of a quantile between a microsecond and the upper end.
    static let relativeError = 0.01

    private static let gamma = (1 + relativeError) / (1 - relativeError)
    private static let scale = 1 / log(gamma)
    private static let shortest = 1e-6
    private static let offset = Int((log(shortest) * scale).rounded(.up))
    /// Up to 1e9 seconds.
    private static let bucketCount = Int((log(1e9) * scale).rounded(.up)) - offset + 1

    private var buckets: [UInt64] = []
    private var zeros: UInt64 = 0
    /// How many durations were counted.
    private(set) var count: UInt64 = 0
    /// Their sum in seconds.
    private(set) var sum = 0.0

    /// Counts a duration; a negative one counts as zero.
    mutating func add(_ duration: Duration) {
        let seconds = max(0, duration.inSeconds)
        count &+= 1
        sum += seconds
        guard seconds >= Self.shortest else {
            zeros &+= 1
            return
        }
        let index = min(max(Int((log(seconds) * Self.scale).rounded(.up)) - Self.offset, 0), Self.bucketCount - 1)
        if index >= buckets.count { buckets += repeatElement(0, count: index + 1 - buckets.count) }
        buckets[index] &+= 1
    }

    /// The smallest duration that is not exceeded by a part of those counted, within the relative error.
    ///
    /// - Parameter part: From 0 to 1; what is no number counts as 0.
    /// - Returns: `nil` if nothing was counted.
    func quantile(_ part: Double) -> Duration? {
        guard count > 0 else { return nil }
        let clamped = part.isNaN ? 0 : min(max(part, 0), 1)
        let rank = clamped == 1 ? count : min(count, max(1, UInt64(min((clamped * Double(count)).rounded(.up), 9e18))))
        var seen = zeros
        guard seen < rank else { return .zero }
        for (index, number) in buckets.enumerated() where number > 0 {
            seen &+= number
            guard seen >= rank else { continue }
            // The value from which both ends of the bucket are equally far, relative to themselves.
            return Duration(clamping: 2 * pow(Self.gamma, Double(index + Self.offset)) / (Self.gamma + 1))
        }
        return nil
    }
}
