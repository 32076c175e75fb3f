import Foundation
import RotaCore
import RotaRetry
import RotaStore
import Synchronization

/// Counts what a scheduler does, taking the lock once for each batch.
final class MetricsRecorder: Sendable {
    struct Counts: Sendable {
        var queued = LabeledCounts()
        var skipped = LabeledCounts()
        var succeeded = 0
        var failed = LabeledCounts()
        var ended = LabeledCounts()
        var retries = 0
        var released = 0
        var leasesLost = 0
        var breakersOpened = 0
        var lateness = QuantileSketch()
        var durations = QuantileSketch()
    }

    private let counts = Mutex(Counts())

    var snapshot: Counts { counts.withLock(\.self) }

    func queued(_ executions: [Execution], skips: [SkippedOccurrence]) {
        counts.withLock { counts in
            for execution in executions { counts.queued.add(execution.source.rawValue) }
            for skip in skips { counts.skipped.add(skip.reason.rawValue, skip.count ?? 1) }
        }
    }

    /// Counts completions by their outcomes, of which there is one for each.
    func finished(_ outcomes: [Completion.Outcome], of planned: [PlannedCompletion]) {
        counts.withLock { counts in
            // By their places, because a loop over them would copy each of them.
            for place in planned.indices {
                counts.count(planned[place].completion, recordedAs: outcomes[place].recordedStatus)
            }
        }
    }

    func ended(_ executions: [Execution]) {
        guard !executions.isEmpty else { return }
        counts.withLock { counts in
            for execution in executions { counts.ended.add(execution.progress.status.rawValue) }
        }
    }

    func changedBreaker(isOpen: Bool) {
        if isOpen { counts.withLock { $0.breakersOpened += 1 } }
    }
}

extension MetricsRecorder.Counts {
    /// - Parameter status: The status of the execution, or `nil` if the completion was refused.
    fileprivate mutating func count(_ completion: borrowing Completion, recordedAs status: ExecutionStatus?) {
        guard let status else {
            leasesLost += 1
            return
        }
        if let attempt = completion.attempt {
            if let failure = attempt.failure { failed.add(failure.kind.rawValue) } else { succeeded += 1 }
            durations.add(attempt.duration)
            if attempt.number == 1, let since = completion.lateSince {
                lateness.add(attempt.startedAt.elapsed(since: since))
            }
        }
        switch completion.next {
        case .retry where !status.isTerminal: retries += 1
        case .released where !status.isTerminal, .waiting where !status.isTerminal: released += 1
        default: ended.add(status.rawValue)
        }
    }
}

/// Counts by label.
///
/// Labels after the 64th count as `other`, which bounds the memory.
struct LabeledCounts: Sendable {
    private static let labelLimit = 64

    private var entered: [String: Int] = [:]
    /// The latest label and its count, not yet entered.
    ///
    /// Usually the next label is the same.
    private var latest: (label: String, number: Int)?

    var values: [String: Int] {
        var copy = self
        copy.enterLatest()
        return copy.entered
    }

    mutating func add(_ label: String, _ number: Int = 1) {
        if let latest, latest.label == label {
            self.latest = (label, latest.number &+ number)
        } else {
            enterLatest()
            latest = (label, number)
        }
    }

    private mutating func enterLatest() {
        guard let (label, number) = latest else { return }
        let isNew = entered[label] == nil && entered.count >= Self.labelLimit
        entered[isNew ? "other" : label, default: 0] &+= number
        latest = nil
    }
}

/// Counts durations in buckets that grow geometrically, so that any quantile is known within 1 %.
///
/// After Masson, Rim and Lee, "DDSketch" (VLDB 2019), with a fixed range: durations below a microsecond count as zero,
/// and durations above about 30 years as 30 years. Bucket i holds the durations in (γ^(i−1), γ^i], where γ = 1.01 /
/// 0.99. Takes at most 15 kB.
struct QuantileSketch: Sendable {
    /// The largest relative error of a quantile within the range.
    static let relativeError = 0.01

    private static let gamma = (1 + relativeError) / (1 - relativeError)
    private static let scale = 1 / log(gamma)
    private static let shortest = 1e-6
    private static let offset = Int((log(shortest) * scale).rounded(.up))
    /// The number of buckets, up to 1e9 seconds.
    private static let bucketCount = Int((log(1e9) * scale).rounded(.up)) - offset + 1

    private var buckets: [UInt64] = []
    private var zeros: UInt64 = 0
    /// The number of durations.
    private(set) var count: UInt64 = 0
    /// The sum of the durations, in seconds.
    private(set) var sum = 0.0

    /// Counts a duration.
    ///
    /// A negative one counts as zero.
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

    /// Returns the smallest duration that a part of the counted ones do not exceed, within the relative error.
    ///
    /// - Parameter part: The quantile, from 0 to 1. NaN counts as 0.
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
            // The value with the same relative distance to both ends of the bucket.
            return Duration(clamping: 2 * pow(Self.gamma, Double(index + Self.offset)) / (Self.gamma + 1))
        }
        return nil
    }
}
