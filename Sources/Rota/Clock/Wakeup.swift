import Foundation
import Synchronization

/// The one sleep of a driver.
///
/// It raises the signal at a date, or earlier.
///
/// A driver that is woken by its workers usually goes back to sleep until the same date. The sleep under way is then
/// kept, which saves creating and canceling a task each time.
final class Alarm: Sendable {
    private struct State {
        /// The date the alarm is set for; `nil` once it has rung.
        var date: Date?
        /// Counts the settings, so that a sleep that was replaced does not ring.
        var number = 0
        var sleep: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let clock: any WallClock
    private let signal: Signal
    private let owner: String
    /// The driver's thread, on which the sleep ends even if the shared pool is blocked.
    private let thread: (any TaskExecutor)?

    init(clock: any WallClock, signal: Signal, owner: String, thread: (any TaskExecutor)?) {
        self.thread = thread
        self.clock = clock
        self.signal = signal
        self.owner = owner
    }

    /// Raises the signal at a date, or earlier.
    func set(for date: Date, at now: Date) {
        // A sleep that should have ended by now began before the clock was set forward. It cannot be relied on.
        let isKept = state.withLock { state in state.date.map { now < $0 && $0 <= date } ?? false }
        guard !isKept else { return }
        // Cancel the old sleep before the driver can be seen sleeping: test clocks count the sleeps they hold.
        cancel()
        state.withLock { state in
            state.date = date
            state.number += 1
            let number = state.number
            state.sleep = Task(executorPreference: thread) { @concurrent [self] in
                await SleeperTag.$current.withValue(.driver(owner)) {
                    try? await clock.sleep(until: date)
                }
                ring(number)
            }
        }
    }

    /// Cancels the setting.
    func cancel() {
        let sleep = state.withLock { state in
            defer { (state.date, state.sleep) = (nil, nil) }
            state.number += 1
            return state.sleep
        }
        sleep?.cancel()
    }

    private func ring(_ number: Int) {
        let isPresent = state.withLock { state in
            guard state.number == number else { return false }
            (state.date, state.sleep) = (nil, nil)
            return true
        }
        if isPresent { signal.raise() }
    }
}

/// A flag that one task waits for and any task may raise.
///
/// It stays up until the waiting task lowers it.
///
/// Because it stays up while the waiter wakes, a waiter that has been signaled never looks idle.
final class Signal: Sendable {
    /// The reason to raise the flag.
    enum Reason {
        /// Workers have results.
        case results
        /// Anything else: the store must be asked for due work.
        case news
    }

    private struct State {
        var isRaised = false
        var hasNews = false
        /// Whether the waiter sleeps on although the flag is up.
        var isHeld = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var isRaised: Bool { state.withLock(\.isRaised) }

    /// Raises the flag and wakes the waiter.
    func raise(_ reason: Reason = .news) {
        let waiter = state.withLock { state in
            state.isRaised = true
            if reason == .news { state.hasNews = true }
            return state.isHeld ? nil : state.waiter.take()
        }
        waiter?.resume()
    }

    /// Keeps the waiter asleep until ``release()``, even if the flag is raised.
    func hold() {
        state.withLock { $0.isHeld = true }
    }

    /// Ends a hold, and wakes the waiter if the flag was raised meanwhile.
    func release() {
        let waiter = state.withLock { state in
            state.isHeld = false
            return state.isRaised ? state.waiter.take() : nil
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

    /// Suspends until the flag is up.
    ///
    /// Only one task may wait at a time.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isAwake = state.withLock { state in
                let isAwake = state.isRaised && !state.isHeld
                if !isAwake { state.waiter = continuation }
                return isAwake
            }
            if isAwake { continuation.resume() }
        }
    }
}

/// A flag that can be set from anywhere, any number of times.
final class Flag: Sendable {
    private let flag = Mutex(false)

    var isSet: Bool { flag.withLock(\.self) }

    func set() {
        flag.withLock { $0 = true }
    }

    func clear() {
        flag.withLock { $0 = false }
    }
}
