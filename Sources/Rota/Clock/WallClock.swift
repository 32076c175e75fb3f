public import Foundation
import RotaCore

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
