import Foundation
import RotaTesting
import Synchronization

/// The elements that tasks recorded, in order.
final class Recorded<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func add(_ element: Element) {
        elements.withLock { $0.append(element) }
    }

    var all: [Element] { elements.withLock(\.self) }
}

/// A flag that stays set.
final class Latch: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .sequentiallyConsistent) }
    func set() { value.store(true, ordering: .sequentiallyConsistent) }
}

/// A gate at which tasks wait until it opens. Cancellation does not end the wait.
actor Gate {
    private var isOpen = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func open() {
        isOpen = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    func wait() async {
        guard !isOpen else { return }
        await withCheckedContinuation { waiters.append($0) }
    }
}

/// A record of what handlers did: which executions started, and how many ran at the same time.
final class ExecutionLog: Sendable {
    private struct State {
        var started: [ExecutionID: Int] = [:]
        var running: [JobID: [ExecutionID]] = [:]
        var most: [JobID: Int] = [:]
        var doubles = 0
        var early = 0
    }

    private let state = Mutex(State())

    /// How often an execution ran twice at the same time.
    var doubles: Int { state.withLock(\.doubles) }
    /// How often an execution started before its date.
    var early: Int { state.withLock(\.early) }

    func starts(of id: ExecutionID) -> Int { state.withLock { $0.started[id] ?? 0 } }
    /// The most executions of a job at the same time.
    func most(of id: JobID) -> Int { state.withLock { $0.most[id] ?? 0 } }

    func begin(_ execution: Execution, at now: Date) {
        state.withLock { state in
            if now < execution.scheduledFor { state.early += 1 }
            state.started[execution.id, default: 0] += 1
            if state.running[execution.jobID]?.contains(execution.id) == true { state.doubles += 1 }
            state.running[execution.jobID, default: []].append(execution.id)
            state.most[execution.jobID] = max(
                state.most[execution.jobID] ?? 0, state.running[execution.jobID]?.count ?? 0)
        }
    }

    func end(_ execution: Execution) {
        state.withLock { state in
            guard let index = state.running[execution.jobID]?.firstIndex(of: execution.id) else { return }
            state.running[execution.jobID]?.remove(at: index)
        }
    }
}
