import Foundation
import Synchronization

/// The one sleep of a driver: it raises the signal at an instant, or earlier.
///
/// A driver that is woken by its workers mostly goes back to sleep until the same instant; then the sleep under way is
/// kept, and nothing has to be made or canceled.
final class Alarm: Sendable {
    private struct State {
        /// The instant for which it is set, unless it has rung.
        var instant: Date?
        /// Counts the settings, so that a sleep that was replaced does not pass for the present one.
        var number = 0
        var sleep: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let clock: any WallClock
    private let signal: Signal
    private let owner: String

    init(clock: any WallClock, signal: Signal, owner: String) {
        self.clock = clock
        self.signal = signal
        self.owner = owner
    }

    /// Has the signal raised at an instant at the latest.
    func set(for instant: Date, at now: Date) {
        // A sleep that should have ended by now was set before the clock was put forward: nobody knows when it ends.
        let isKept = state.withLock { state in state.instant.map { now < $0 && $0 <= instant } ?? false }
        guard !isKept else { return }
        // The old sleep is off the clock before anyone can see that the driver sleeps.
        cancel()
        state.withLock { state in
            state.instant = instant
            state.number += 1
            let number = state.number
            state.sleep = Task { @concurrent [self] in
                await SleeperTag.$current.withValue(.driver(owner)) {
                    try? await clock.sleep(until: instant)
                }
                ring(number)
            }
        }
    }

    /// Takes the setting back.
    func cancel() {
        let sleep = state.withLock { state in
            defer { (state.instant, state.sleep) = (nil, nil) }
            state.number += 1
            return state.sleep
        }
        sleep?.cancel()
    }

    private func ring(_ number: Int) {
        let isPresent = state.withLock { state in
            guard state.number == number else { return false }
            (state.instant, state.sleep) = (nil, nil)
            return true
        }
        if isPresent { signal.raise() }
    }
}

/// A flag that one task waits for and anyone may raise; it stays up until that task lowers it.
///
/// Because it stays up while the waiter wakes, whoever looks at it never takes a task that was told to work for one
/// that is idle.
final class Signal: Sendable {
    /// Why the flag is raised.
    enum Reason {
        /// Workers have results.
        case results
        /// Anything else: the store has to be asked what there is to do.
        case news
    }

    private struct State {
        var isRaised = false
        var hasNews = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var isRaised: Bool { state.withLock(\.isRaised) }

    /// Raises the flag, and wakes the waiter.
    func raise(_ reason: Reason = .news) {
        let waiter = state.withLock { state in
            state.isRaised = true
            if reason == .news { state.hasNews = true }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Lowers the flag.
    ///
    /// - Returns: Whether it was raised for more than results.
    func lower() -> Bool {
        state.withLock { state in
            defer { (state.isRaised, state.hasNews) = (false, false) }
            return state.hasNews
        }
    }

    /// Suspends until the flag is up; one task at a time may wait.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isRaised = state.withLock { state in
                if !state.isRaised { state.waiter = continuation }
                return state.isRaised
            }
            if isRaised { continuation.resume() }
        }
    }
}

/// Whether a scheduler was asked to shut down; it can be asked from anywhere, any number of times.
final class StopRequest: Sendable {
    private let flag = Mutex(false)

    var isMade: Bool { flag.withLock(\.self) }

    func make() {
        flag.withLock { $0 = true }
    }
}
