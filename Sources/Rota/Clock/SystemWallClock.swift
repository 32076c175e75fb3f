public import Foundation
import RotaCore

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
