import Foundation
import RotaTesting
import Synchronization

/// A wall clock that can be stepped without anyone who sleeps being woken, as when only the uptime counts for sleeping.
final class SteppedClock: WallClock {
    /// Twenty years.
    static let lead = 630_720_000.0

    let base: ManualClock
    /// So far ahead of the clock below that it stays ahead after every step.
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
