public import Foundation
import RotaCore
package import RotaStore

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

/// The clock of the machine.
public struct SystemWallClock: WallClock {
    private let origin = ContinuousClock().now

    /// Makes the clock.
    public init() {}

    /// The present time of the machine.
    public var now: Date { Date() }

    /// Time since the value was made, suspended time included.
    public var uptime: Duration { ContinuousClock().now - origin }

    /// Suspends until an instant, for at most ``WallClock/longestSleep``.
    public func sleep(until deadline: Date) async throws {
        let remaining = min(deadline.elapsed(since: now), longestSleep)
        guard remaining > .zero else { return try Task.checkCancellation() }
        try await Task.sleep(for: remaining, tolerance: .zero, clock: .continuous)
    }
}

/// Who sleeps on a clock, for clocks that own their time and must know whom they wait for.
///
/// It travels with the task, also into its child tasks. A sleep without a tag is nobody's reason to let time
/// pass.
package enum SleeperTag: Hashable, Sendable {
    /// The driver of a scheduler, by its owner name.
    case driver(String)
    /// The work on an execution under a lease's token.
    case run(ExecutionID, token: Int)
    /// The watch over the time that the work on an execution takes.
    case watch(ExecutionID, token: Int)

    /// The tag of the task at hand.
    @TaskLocal package static var current: SleeperTag?
}
