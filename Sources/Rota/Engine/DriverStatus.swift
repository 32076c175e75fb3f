package import Foundation
import Synchronization

/// The state of a scheduler's driver, for test clocks that must know when it has nothing left to do.
package final class DriverStatus: Sendable {
    /// The phase of a driver.
    package enum Phase: Sendable, Equatable {
        /// `run()` was not called yet.
        case new
        /// The driver is working.
        case awake
        /// The driver sleeps until a date, while the tagged attempts are in flight.
        case asleep(until: Date, busy: [SleeperTag])
        /// `run()` has returned.
        case ended
    }

    private struct State {
        var phase = Phase.new
        var observer: (@Sendable () -> Void)?
        var returned: (@Sendable () -> Set<SleeperTag>)?
    }

    private let state = Mutex(State())

    package init() {}

    /// The current phase.
    package var phase: Phase { state.withLock(\.phase) }

    /// Whether `run()` was called and has not returned.
    var isRunning: Bool {
        switch phase {
        case .awake, .asleep: true
        case .new, .ended: false
        }
    }

    /// Sets a closure to call after every change of the phase, replacing any earlier one.
    package func onChange(_ observer: @escaping @Sendable () -> Void) {
        state.withLock { $0.observer = observer }
    }

    /// The attempts that have ended and whose results the driver has not taken.
    package var returned: Set<SleeperTag> { state.withLock(\.returned)?() ?? [] }

    /// Sets how to find the attempts whose results the driver has not taken.
    func setReturned(_ returned: (@Sendable () -> Set<SleeperTag>)?) {
        state.withLock { $0.returned = returned }
    }

    /// Marks the beginning of `run()`.
    ///
    /// - Returns: `false` if it is already running.
    func begin() -> Bool {
        let isFirst = state.withLock { state in
            switch state.phase {
            case .awake, .asleep: return false
            case .new, .ended:
                state.phase = .awake
                return true
            }
        }
        return isFirst
    }

    func change(to phase: Phase) {
        let observer = state.withLock { state in
            state.phase = phase
            return state.observer
        }
        observer?()
    }
}
