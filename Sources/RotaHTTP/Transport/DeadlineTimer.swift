package import Dispatch
import RotaCore
import Synchronization

/// The deadlines of many exchanges on one system timer.
///
/// A timer of its own for each request would stay in the system's queue until it fires, even after the response: thirty
/// seconds' worth of requests. Here a canceled deadline is dropped at once.
package final class DeadlineTimer: Sendable {
    /// Identifies a deadline.
    package struct Ticket: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    private struct State {
        let timer: any DispatchSourceTimer
        var actions: [UInt64: @Sendable () -> Void] = [:]
        /// The deadlines with the numbers of their actions.
        var heap = DeadlineHeap<UInt64>()
        var last: UInt64 = 0
        /// The time for which the system timer is set.
        var armed: ContinuousClock.Instant?
    }

    private let state: Mutex<State>
    private let leeway: DispatchTimeInterval

    /// Creates a timer without deadlines.
    ///
    /// - Parameters:
    ///   - label: The name of its queue in debuggers.
    ///   - leeway: How late the system may be, to save power.
    package init(label: String, leeway: DispatchTimeInterval = .milliseconds(1)) {
        self.leeway = leeway
        state = Mutex(State(timer: DispatchSource.makeTimerSource(queue: DispatchQueue(label: label))))
        state.withLock {
            $0.timer.setEventHandler { [weak self] in self?.fire() }
            $0.timer.activate()
        }
    }

    deinit {
        state.withLock { $0.timer.cancel() }
    }

    /// The number of tickets in the heap, including canceled ones.
    var pendingCount: Int { state.withLock { $0.heap.count } }

    /// Runs an action after a delay on the timer's own queue, unless its ticket is canceled before.
    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Ticket {
        state.withLock { state in
            state.last &+= 1
            state.actions[state.last] = action
            state.heap.push(.init(date: .now + delay, ticket: state.last))
            arm(&state)
            return Ticket(number: state.last)
        }
    }

    /// Cancels a deadline.
    ///
    /// Its action does not run, unless it is running already.
    package func cancel(_ ticket: Ticket) {
        state.withLock { state in
            state.actions[ticket.number] = nil
            let actions = state.actions
            state.heap.compact(live: actions.count) { actions[$0] != nil }
        }
    }

    private func fire() {
        let due = state.withLock { state -> [@Sendable () -> Void] in
            let now = ContinuousClock.now
            var due: [@Sendable () -> Void] = []
            while let first = state.heap.first, first.date <= now || state.actions[first.ticket] == nil {
                state.heap.removeFirst()
                if let action = state.actions.removeValue(forKey: first.ticket) { due.append(action) }
            }
            state.armed = nil
            arm(&state)
            return due
        }
        for action in due { action() }
    }

    /// Sets the system timer to the earliest deadline, unless it is set to that or an earlier one.
    private func arm(_ state: inout State) {
        guard let first = state.heap.first, state.armed.map({ first.date < $0 }) ?? true else { return }
        state.armed = first.date
        let (seconds, attoseconds) = (first.date - .now).components
        let nanoseconds = max(0, min(seconds, 86_400)) * 1_000_000_000 + max(0, attoseconds / 1_000_000_000)
        state.timer.schedule(deadline: .now() + .nanoseconds(Int(clamping: nanoseconds)), leeway: leeway)
    }
}
