public import Foundation

/// The time of day, and a way to wait for an instant of it.
///
/// The scheduler reads time and sleeps through its clock alone, so a test that passes a manual clock owns its time.
public protocol WallClock: Sendable {
    /// The present time; it may step in either direction between two readings.
    var now: Date { get }

    /// Time that passed since some fixed moment, for measuring durations; it never goes back.
    var uptime: Duration { get }

    /// The longest sleep after which the scheduler must read ``now`` again, because the clock may have been stepped or
    /// the machine suspended in the meantime.
    var longestSleep: Duration { get }

    /// Suspends until an instant.
    ///
    /// It may return early; whoever waits reads ``now`` and waits again.
    ///
    /// - Throws: `CancellationError` if the task is canceled before.
    func sleep(until deadline: Date) async throws
}

extension WallClock {
    /// The present time since 2001, for clocks that are never stepped.
    public var uptime: Duration { Duration(clamping: now.timeIntervalSinceReferenceDate) }

    /// 30 seconds.
    public var longestSleep: Duration { .seconds(30) }
}

extension Duration {
    /// A duration of so many seconds, at most 10,000 years either way; the initialiser of the library traps beyond.
    package init(clamping seconds: Double) {
        let limit = 3.2e11
        self = seconds.isNaN ? .zero : .seconds(min(max(seconds, -limit), limit))
    }

    /// The duration in seconds, at most 10,000 years either way; `components` traps far beyond.
    package var inSeconds: Double {
        let limit = Duration.seconds(320_000_000_000)
        let clamped = min(max(self, .zero - limit), limit)
        return Double(clamped.components.seconds) + Double(clamped.components.attoseconds) / 1e18
    }
}

extension Date {
    /// The instant a duration after this one.
    package func advanced(by duration: Duration) -> Date {
        addingTimeInterval(duration.inSeconds)
    }

    /// The duration from another instant to this one.
    package func elapsed(since other: Date) -> Duration {
        Duration(clamping: timeIntervalSince(other))
    }
}
