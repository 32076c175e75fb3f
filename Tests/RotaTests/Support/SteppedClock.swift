import Foundation
import RotaTesting
import Synchronization

/// A wall clock that can be stepped without waking sleepers, as if they slept by the uptime.
final class SteppedClock: VirtualClock {
    /// Twenty years.
    static let lead = 630_720_000.0

    let base: ManualClock
    /// So far ahead of the underlying clock that it stays ahead after every step.
    private let offset = Mutex(SteppedClock.lead)

    init(_ base: ManualClock) { self.base = base }

    var now: Date { base.now.addingTimeInterval(offset.withLock(\.self)) }
    var uptime: Duration { base.uptime }
    var longestSleep: Duration { .seconds(30) }

    func step(by seconds: Double) { offset.withLock { $0 += seconds } }

    func sleep(until deadline: Date) async throws {
        try await base.sleep(until: deadline.addingTimeInterval(-offset.withLock(\.self)))
    }
}
