import Foundation
import RotaStore
import Synchronization

/// A queue between the driver and its workers, which wait while it is empty.
///
/// Waiting workers are woken one after another, each by the previous one, as long as there is work. Short work is done
/// by the few workers that are awake, and long work finds a worker for each element.
final class WorkQueue<Element: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Void, Never>

    /// The answer to a worker that asks for work.
    private enum Supply {
        case element(Element, isLast: Bool)
        case empty
        case closed
    }

    private struct State {
        var elements: [Element] = []
        var head = 0
        var waiters: [Waiter] = []
        /// Whether a worker was woken and has not yet looked.
        var isWaking = false
        var isClosed = false

        mutating func push(_ new: [Element]) {
            // Drop the elements that were taken once they are more than half. Amortized, a push stays O(1).
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

        /// The worker to wake, if there is work and no other worker is waking.
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

    /// Takes the oldest element, or waits for one.
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

    private func take(wasWoken: Bool) -> Supply {
        let (supply, waiter) = state.withLock { state -> (Supply, Waiter?) in
            if wasWoken { state.isWaking = false }
            guard let element = state.pop() else { return (state.isClosed ? .closed : .empty, nil) }
            return (.element(element, isLast: state.elements.isEmpty), state.wake())
        }
        waiter?.resume()
        return supply
    }

    /// Suspends until there may be an element.
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

    /// Closes the queue.
    ///
    /// Workers get the remaining elements, then `nil`.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The number of elements that no worker has taken.
    var count: Int { state.withLock { $0.elements.count - $0.head } }

    /// The last elements, at most `limit`, that no worker has taken.
    func suffix(_ limit: Int) -> [Element] {
        state.withLock { Array($0.elements[$0.head...].suffix(limit)) }
    }

    /// Takes all elements that no worker has taken.
    func drain() -> [Element] {
        state.withLock { state in
            var drained: [Element] = []
            while let element = state.pop() { drained.append(element) }
            return drained
        }
    }
}

/// The results of workers that the driver has not yet recorded.
///
/// A commit of one result costs as much as a commit of many, so the driver is signaled only when a batch is full, when
/// no work is left to begin, or after an attempt that took long.
final class Outbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Whether the driver was signaled about the current elements.
        var isAnnounced = false
    }

    private let state = Mutex(State())
    private let signal: Signal

    /// The number of results after which the driver is signaled.
    private static var batch: Int { 32 }

    init(signal: Signal) {
        self.signal = signal
    }

    /// Adds a result.
    ///
    /// Unless the batch is full, the caller must call ``flush()`` later.
    ///
    /// - Parameter isUrgent: Whether to signal the driver in any case.
    func push(_ element: Element, isUrgent: Bool) {
        let isDue = state.withLock { state in
            state.elements.append(element)
            guard !state.isAnnounced, isUrgent || state.elements.count >= Self.batch else { return false }
            state.isAnnounced = true
            return true
        }
        if isDue { signal.raise(.results) }
    }

    /// Signals the driver about the current elements, if it was not signaled yet.
    func flush() {
        let isDue = state.withLock { state in
            guard !state.isAnnounced, !state.elements.isEmpty else { return false }
            state.isAnnounced = true
            return true
        }
        if isDue { signal.raise(.results) }
    }

    /// The elements that were not taken.
    var elements: [Element] { state.withLock(\.elements) }

    /// Takes all elements.
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

/// The result of an attempt, before it is decided what follows.
struct AttemptResult: Sendable {
    let work: ClaimedWork
    let startedAt: Date
    let duration: Duration
    private let shared: SharedReport
    /// The reason this one attempt was canceled, if it was.
    var canceledBecause: AttemptCancellation?
    /// Whether this is no result but the end of an abandoned handler, which frees its slot.
    let isLate: Bool

    // The report is large, and the result changes hands several times.
    private final class SharedReport: Sendable {
        let report: AttemptReport

        init(_ report: AttemptReport) {
            self.report = report
        }
    }

    init(work: ClaimedWork, startedAt: Date, duration: Duration, report: AttemptReport, isLate: Bool = false) {
        (self.work, self.startedAt, self.duration, self.isLate) = (work, startedAt, duration, isLate)
        shared = SharedReport(report)
    }

    var report: AttemptReport { shared.report }
}
