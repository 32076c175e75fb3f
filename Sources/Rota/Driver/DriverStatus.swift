package import Foundation
import Synchronization

/// What a scheduler's driver is doing, for tools that own its time and must know when it has nothing left to do.
package final class DriverStatus: Sendable {
    /// What a driver is doing.
    package enum Phase: Sendable, Equatable {
        /// `run()` has not been called.
        case new
        /// It works.
        case awake
        /// It sleeps until an instant, while workers are busy with executions.
        case asleep(until: Date, busy: [SleeperTag])
        /// `run()` has returned.
        case ended
    }

    private struct State {
        var phase = Phase.new
        var observer: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    /// What the driver is doing.
    package var phase: Phase { state.withLock(\.phase) }

    /// Has a closure called after every change of the phase, in place of the one given before.
    package func onChange(_ observer: @escaping @Sendable () -> Void) {
        state.withLock { $0.observer = observer }
    }

    /// Marks the beginning of `run()`.
    ///
    /// - Returns: `false` if it is under way already.
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
