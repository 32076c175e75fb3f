public import Foundation

extension Schedule {
    /// The schedule without the instants before one.
    public func starting(at instant: Date) -> Schedule {
        var copy = self
        copy.start = instant
        return copy
    }

    /// The schedule without the instants at or after one.
    public func ending(at instant: Date) -> Schedule {
        var copy = self
        copy.end = instant
        return copy
    }

    /// The schedule for a number of runs; the scheduler counts them.
    /// - Parameter runs: at least 1; ``validate()`` refuses others.
    public func limited(toRuns runs: Int) -> Schedule {
        var copy = self
        copy.maximumRuns = runs
        return copy
    }

    /// The schedule with each occurrence moved later by an amount that depends on a key alone.
    ///
    /// The nominal instants stay; ``nextOccurrence(after:)`` gives both.
    ///
    /// - Parameters:
    ///   - window: the amounts lie in `0 ..< window`, in whole milliseconds; up to 7 days.
    ///   - key: what tells this job from others, such as its name; the same key always gives the same amount.
    public func smoothed(over window: Duration, key: String) -> Schedule {
        var copy = self
        copy.smoothing = Smoothing(window: window, key: key)
        return copy
    }

    /// The delay after a run's end, for a schedule made by ``afterCompletion(_:)``, and `nil` for every other.
    public var completionDelay: Duration? {
        if case .afterCompletion(let delay, _) = rule { delay } else { nil }
    }

    /// How much later than its nominal instant each occurrence starts.
    public var smoothingOffset: Duration {
        guard let smoothing, let window = smoothing.window.wholeMilliseconds, window > 0 else { return .zero }
        return .milliseconds(Int64(StableHash.hash(smoothing.key) % UInt64(window)))
    }
}
