import RotaCore
import Synchronization

/// A clock that stands still until it is advanced.
///
/// Every sleep registers; a test awaits the registration it expects and then advances. Nothing is ever waited for
/// by yielding or by real time.
final class TestClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        var deadline: Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var registered = 0
        var isAbandoned = false
        var sleepers: [Int: Sleeper] = [:]
        var canceled: Set<Int> = []
        var nextID = 0
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var slept: [Duration] = []
    }

    private let state = Mutex(State())

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .zero }
    /// What each sleep asked for, in order.
    var slept: [Duration] { state.withLock { $0.slept } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (outcome, waiters) = state.withLock {
                    state -> (Result<Void, any Error>?, [CheckedContinuation<Void, Never>]) in
                    if state.canceled.remove(id) != nil { return (.failure(CancellationError()), []) }
                    state.slept.append(state.now.duration(to: deadline))
                    state.registered += 1
                    let ready = state.waiters.filter { $0.count <= state.registered }.map(\.continuation)
                    state.waiters.removeAll { $0.count <= state.registered }
                    if deadline <= state.now { return (.success(()), ready) }
                    state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
                    return (nil, ready)
                }
                if let outcome { continuation.resume(with: outcome) }
                for waiter in waiters { waiter.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                if let sleeper = state.sleepers.removeValue(forKey: id) { return Optional(sleeper) }
                state.canceled.insert(id)
                return nil
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Waits until so many sleeps have registered since the clock was made, or the test is out of time.
    func registrations(_ count: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.registered >= count || state.isAbandoned { return true }
                    state.waiters.append((count, continuation))
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            let waiters = state.withLock { state in
                state.isAbandoned = true
                defer { state.waiters = [] }
                return state.waiters.map(\.continuation)
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    /// Advances the time and wakes the sleepers that are due.
    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }
}

/// A clock whose sleeps return immediately and advance the time, for tests without concurrency.
final class LeapingClock: Clock {
    private let state = Mutex((now: TestClock.Instant(offset: .zero), slept: [Duration]()))

    var now: TestClock.Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .zero }
    var slept: [Duration] { state.withLock { $0.slept } }

    func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.slept.append(state.now.duration(to: deadline))
            state.now = max(state.now, deadline)
        }
    }

    /// Lets time pass, as an operation that works does.
    func spend(_ duration: Duration) {
        state.withLock { $0.now = $0.now.advanced(by: duration) }
    }
}

/// A clock on which every sleep takes longer than it should, as on a machine that was suspended.
final class OversleepingClock: Clock {
    private let state = Mutex(TestClock.Instant(offset: .zero))
    private let delay: Duration

    init(by delay: Duration) { self.delay = delay }

    var now: TestClock.Instant { state.withLock { $0 } }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws {
        state.withLock { $0 = deadline.advanced(by: delay) }
    }
}

/// A clock that stands still and cannot sleep.
struct BrokenClock: Clock {
    struct Broken: Error {}

    var now: TestClock.Instant { .init(offset: .zero) }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws { throw Broken() }
}

extension Task where Failure == any Error {
    /// The task's value; a test that is out of time cancels the task, so that nothing is left hanging.
    var awaited: Success {
        get async throws {
            try await withTaskCancellationHandler {
                try await value
            } onCancel: {
                cancel()
            }
        }
    }
}
