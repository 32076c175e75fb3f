import Dispatch
public import Foundation
import RotaCore
import RotaHTTP
package import RotaStore
import Synchronization

/// The time of day, and a way to wait for it.
///
/// A scheduler reads time and sleeps only through its clock, so a test that passes a manual clock controls its time. An
/// app can pass a clock of its own:
///
/// ```swift
/// struct OffsetClock: WallClock {
///     let base = SystemWallClock()
///     let offset: TimeInterval
///
///     var now: Date { base.now.addingTimeInterval(offset) }
///     var uptime: Duration { base.uptime }
///
///     func sleep(until deadline: Date) async throws {
///         try await base.sleep(until: deadline.addingTimeInterval(-offset))
///     }
/// }
/// ```
public protocol WallClock: Sendable {
    /// The current date. It may jump in either direction between two readings.
    var now: Date { get }

    /// The time since some fixed moment, for measuring durations. It never goes back.
    var uptime: Duration { get }

    /// The longest sleep after which the scheduler must read ``now`` again.
    ///
    /// The clock may have been set, or the machine suspended, in the meantime.
    var longestSleep: Duration { get }

    /// Suspends until a date. May return early: the caller reads ``now`` and sleeps again.
    ///
    /// - Throws: `CancellationError` if the task is canceled first.
    func sleep(until deadline: Date) async throws
}

/// A clock whose time a program moves, not the world.
///
/// A scheduler by such a clock needs no thread of its own: while its handlers block, its leases do not run out.
package protocol VirtualClock: WallClock {}

extension WallClock {
    /// The time since 2001, for clocks that are never set.
    public var uptime: Duration { Duration(clamping: now.timeIntervalSinceReferenceDate) }

    /// 30 seconds.
    public var longestSleep: Duration { .seconds(30) }
}

/// The system's clock.
public struct SystemWallClock: WallClock {
    private let origin = ContinuousClock().now

    /// Creates the clock.
    public init() {}

    /// The current date of the system.
    public var now: Date { Date() }

    /// The time since the clock was created, including time the machine was suspended.
    public var uptime: Duration { ContinuousClock().now - origin }

    /// Suspends until a date, for at most ``WallClock/longestSleep``.
    ///
    /// Time that the machine is suspended does not count.
    public func sleep(until deadline: Date) async throws {
        let remaining = min(deadline.elapsed(since: now), longestSleep)
        guard remaining > .zero else { return try Task.checkCancellation() }
        let pause = Pause()
        let ticket = Self.timer.schedule(after: remaining) { pause.end() }
        await withTaskCancellationHandler {
            await pause.wait()
        } onCancel: {
            Self.timer.cancel(ticket)
            pause.end()
        }
        try Task.checkCancellation()
    }

    /// Rings although all threads of the shared pool are blocked, as `Task.sleep` does not.
    private static let timer = DeadlineTimer(label: "rota.clock", leeway: .nanoseconds(0))
}

/// A wait for an end that may come first.
private final class Pause: Sendable {
    private enum State {
        case running(CheckedContinuation<Void, Never>?)
        case over
    }

    private let state = Mutex(State.running(nil))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard case .running = state else { return true }
                state = .running(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    func end() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .running(let waiter) = state else { return nil }
            state = .over
            return waiter
        }
        waiter?.resume()
    }
}

/// Identifies a task that sleeps on a clock, for test clocks that must know which tasks to wait for.
///
/// The tag is inherited by child tasks. A test clock does not advance for a sleep without a tag.
package enum SleeperTag: Hashable, Sendable {
    /// The driver of a scheduler, by its owner name.
    case driver(String)
    /// An attempt of an execution, by its fencing token.
    case run(ExecutionID, token: Int)
    /// The timeout and heartbeat watch over an attempt.
    case watch(ExecutionID, token: Int)

    /// Whether the scheduler itself sleeps, and not an attempt.
    package var isScheduler: Bool {
        switch self {
        case .driver, .watch: true
        case .run: false
        }
    }

    /// The tag of the current task.
    @TaskLocal package static var current: SleeperTag?
}
