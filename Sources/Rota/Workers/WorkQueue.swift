import Foundation
import RotaStore
import Synchronization

/// A queue between the driver and its workers: whoever takes from it when it is empty waits.
///
/// Waiting workers are woken one after the other, each by the one before it, for as long as there is work: a batch of
/// short work is done by the few that are awake, and work that takes long finds a worker for each.
final class WorkQueue<Element: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Void, Never>

    private enum Turn {
        case element(Element, isLast: Bool)
        case empty
        case closed
    }

    private struct State {
        var elements: [Element] = []
        var head = 0
        var waiters: [Waiter] = []
        /// Whether a worker was woken that has not yet looked.
        var isWaking = false
        var isClosed = false

        mutating func push(_ new: [Element]) {
            // What was taken is let go of at the latest when it is half of what is there.
            if head > elements.count / 2 {
                elements.removeFirst(head)
                head = 0
            }
            elements += new
        }

        mutating func pop() -> Element? {
            guard head < elements.count else { return nil }
            defer {
                head += 1
                if head == elements.count {
                    elements.removeAll(keepingCapacity: true)
                    head = 0
                }
            }
            return elements[head]
        }

        /// The worker to wake, if there is work and none is being woken for it.
        mutating func wake() -> Waiter? {
            guard head < elements.count, !isWaking, let waiter = waiters.popLast() else { return nil }
            isWaking = true
            return waiter
        }
    }

    private let state = Mutex(State())

    /// Adds elements.
    func push(_ elements: [Element]) {
        let waiter = state.withLock { state in
            state.push(elements)
            return state.wake()
        }
        waiter?.resume()
    }

    /// Takes the oldest element, waiting for one if there is none.
    ///
    /// - Parameter isDrained: Called when the last element was taken, and before waiting.
    /// - Returns: `nil` once the queue is closed and empty.
    func next(isDrained: () -> Void) async -> Element? {
        var wasWoken = false
        while true {
            switch take(wasWoken: wasWoken) {
            case .element(let element, let isLast):
                if isLast { isDrained() }
                return element
            case .closed:
                isDrained()
                return nil
            case .empty:
                isDrained()
                wasWoken = await wait()
            }
        }
    }

    private func take(wasWoken: Bool) -> Turn {
        let (turn, waiter) = state.withLock { state -> (Turn, Waiter?) in
            if wasWoken { state.isWaking = false }
            guard let element = state.pop() else { return (state.isClosed ? .closed : .empty, nil) }
            return (.element(element, isLast: state.elements.isEmpty), state.wake())
        }
        waiter?.resume()
        return turn
    }

    /// Suspends until there may be something to take.
    ///
    /// - Returns: Whether it had to wait.
    private func wait() async -> Bool {
        var hasWaited = true
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                guard state.elements.isEmpty, !state.isClosed else { return true }
                state.waiters.append(continuation)
                return false
            }
            guard isReady else { return }
            hasWaited = false
            continuation.resume()
        }
        return hasWaited
    }

    /// Ends the queue: workers get what is left, then `nil`.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Takes all elements that no worker has begun.
    func drain() -> [Element] {
        state.withLock { state in
            var drained: [Element] = []
            while let element = state.pop() { drained.append(element) }
            return drained
        }
    }
}

/// What the workers have finished and the driver has not yet recorded.
///
/// The driver is told of results many at a time, because a commit of one costs as much as a commit of a batch: when a
/// batch is full, or no work is left to begin, or a result was long in coming.
final class Outbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Whether the driver was told of what is there.
        var isAnnounced = false
    }

    private let state = Mutex(State())
    private let signal: Signal

    /// The number of results of which the driver is told at once.
    private static var batch: Int { 32 }

    init(signal: Signal) {
        self.signal = signal
    }

    /// Adds a result; unless the batch is full, the caller sees to it that ``flush()`` follows.
    ///
    /// - Parameter isUrgent: Whether the driver is told in any case.
    func push(_ element: Element, isUrgent: Bool) {
        let isDue = state.withLock { state in
            state.elements.append(element)
            guard !state.isAnnounced, isUrgent || state.elements.count >= Self.batch else { return false }
            state.isAnnounced = true
            return true
        }
        if isDue { signal.raise(.results) }
    }

    /// Tells the driver of what is there, if it does not know.
    func flush() {
        let isDue = state.withLock { state in
            guard !state.isAnnounced, !state.elements.isEmpty else { return false }
            state.isAnnounced = true
            return true
        }
        if isDue { signal.raise(.results) }
    }

    /// Takes everything.
    func drain() -> [Element] {
        state.withLock { state in
            guard !state.elements.isEmpty else { return [] }
            state.isAnnounced = false
            var drained: [Element] = []
            drained.reserveCapacity(max(Self.batch, state.elements.count))
            swap(&drained, &state.elements)
            return drained
        }
    }
}

/// An execution on its way from the driver through a worker and back; it is passed on, never copied.
final class Work: Sendable {
    let claim: Claim
    /// The place that the driver keeps for it, unless it is dead.
    let slot: Int?

    init(_ claim: Claim, slot: Int?) {
        self.claim = claim
        self.slot = slot
    }
}

/// What came of an attempt, before it is decided what follows.
struct AttemptResult: Sendable {
    let work: Work
    let startedAt: Date
    let duration: Duration
    let report: AttemptReport
    /// Why the attempt was canceled, if it alone was.
    var canceledBecause: AttemptCancellation?
}
