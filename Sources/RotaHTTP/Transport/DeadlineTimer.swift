import Dispatch
import RotaCore
import Synchronization

/// The deadlines of many exchanges on one system timer.
///
/// A timer of its own for each request would stay in the system's queue until it fires, even after the response: thirty
/// seconds' worth of requests. Here a canceled deadline is dropped at once.
final class DeadlineTimer: Sendable {
    /// Identifies a deadline by its time and a number.
    struct Ticket: Sendable, Hashable, Comparable {
        let instant: ContinuousClock.Instant
        let number: UInt64

        static func < (left: Ticket, right: Ticket) -> Bool {
            (left.instant, left.number) < (right.instant, right.number)
        }
    }

    private struct State {
        let timer: any DispatchSourceTimer
        var actions: [UInt64: @Sendable () -> Void] = [:]
        /// A heap of tickets.
        ///
        /// Canceled ones stay until they reach the top or outnumber the others.
        var heap: [Ticket] = []
        var last: UInt64 = 0
        /// The time for which the system timer is set.
        var armed: ContinuousClock.Instant?
    }

    private let state: Mutex<State>

    init(label: String) {
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
    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Ticket {
        state.withLock { state in
            state.last &+= 1
            let ticket = Ticket(instant: .now + delay, number: state.last)
            state.actions[ticket.number] = action
            state.heap.push(ticket)
            arm(&state)
            return ticket
        }
    }

    /// Cancels a deadline.
    ///
    /// Its action does not run, unless it is running already.
    func cancel(_ ticket: Ticket) {
        state.withLock { state in
            state.actions[ticket.number] = nil
            if state.heap.count > 64, state.heap.count > 2 * state.actions.count {
                state.heap = state.heap.filter { state.actions[$0.number] != nil }.sorted()
            }
        }
    }

    private func fire() {
        let due = state.withLock { state -> [@Sendable () -> Void] in
            let now = ContinuousClock.now
            var due: [@Sendable () -> Void] = []
            while let first = state.heap.first, first.instant <= now || state.actions[first.number] == nil {
                state.heap.pop()
                if let action = state.actions.removeValue(forKey: first.number) { due.append(action) }
            }
            state.armed = nil
            arm(&state)
            return due
        }
        for action in due { action() }
    }

    /// Sets the system timer to the earliest deadline, unless it is set to that or an earlier one.
    private func arm(_ state: inout State) {
        guard let first = state.heap.first, state.armed.map({ first.instant < $0 }) ?? true else { return }
        state.armed = first.instant
        let (seconds, attoseconds) = (first.instant - .now).components
        let nanoseconds = max(0, min(seconds, 86_400)) * 1_000_000_000 + max(0, attoseconds / 1_000_000_000)
        state.timer.schedule(deadline: .now() + .nanoseconds(Int(clamping: nanoseconds)), leeway: .milliseconds(1))
    }
}

extension [DeadlineTimer.Ticket] {
    fileprivate mutating func push(_ ticket: Element) {
        append(ticket)
        var child = count - 1
        while child > 0, self[child] < self[(child - 1) / 2] {
            swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    fileprivate mutating func pop() {
        guard count > 1 else { return removeAll() }
        swapAt(0, count - 1)
        removeLast()
        var parent = 0
        while let child = [2 * parent + 1, 2 * parent + 2].filter({ $0 < count }).min(by: { self[$0] < self[$1] }),
            self[child] < self[parent]
        {
            swapAt(child, parent)
            parent = child
        }
    }
}
