public import Foundation
public import Rota
import RotaCore
import Synchronization

/// A clock that stands still until it is told to go on, so that a test owns its time.
///
/// Whoever sleeps on it is registered, and ``advance(by:driving:)`` goes from one deadline to the next, letting the
/// schedulers finish what is due at each before time moves on. A year passes as fast as its work can be done:
///
/// ```swift
/// let clock = ManualClock()
/// let scheduler = Scheduler(store: InMemoryJobStore(), transport: transport, clock: clock)
/// async let running: Void = scheduler.run()
/// await clock.advance(by: .seconds(86_400 * 365), driving: [scheduler])
/// scheduler.beginShutdown()
/// try await running
/// ```
public final class ManualClock: WallClock {
    private struct Sleeper {
        let deadline: Date
        let tag: SleeperTag?
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Date
        var uptime = Duration.zero
        var sleepers: [Int: Sleeper] = [:]
        /// Sleepers that were canceled before they could be registered.
        var canceled: Set<Int> = []
        var nextID = 0
        /// How often anything happened that a settling test must look at, and those who wait for the next time.
        var activity = 0
        var observers: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    /// Makes a clock that stands at an instant; 1 January 2026, 00:00 UTC, by default.
    public init(now: Date = Date(timeIntervalSince1970: 1_767_225_600)) {
        state = Mutex(State(now: now))
    }

    /// The time at which the clock stands.
    public var now: Date { state.withLock(\.now) }

    /// How far the clock was advanced; steps of the wall clock do not count.
    public var uptime: Duration { state.withLock(\.uptime) }

    /// A year: nobody steps this clock without waking those who sleep on it.
    public var longestSleep: Duration { .seconds(86_400 * 365) }

    /// The number of tasks that sleep on the clock.
    public var sleeperCount: Int { state.withLock(\.sleepers.count) }

    /// The earliest instant for which a task sleeps.
    public var nextDeadline: Date? { state.withLock { $0.sleepers.values.lazy.map(\.deadline).min() } }

    /// Suspends until the clock is set to the deadline or beyond.
    ///
    /// - Throws: `CancellationError` if the task is canceled before.
    public func sleep(until deadline: Date) async throws {
        let tag = SleeperTag.current
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                register(Sleeper(deadline: deadline, tag: tag, continuation: continuation), as: id)
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                if let sleeper = state.sleepers.removeValue(forKey: id) { return Sleeper?.some(sleeper) }
                state.canceled.insert(id)
                return nil
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
        state.withLock { _ = $0.canceled.remove(id) }
    }

    private func register(_ sleeper: Sleeper, as id: Int) {
        enum Entry {
            case registered
            case due
            case canceled
        }
        let entry = state.withLock { state -> Entry in
            if state.canceled.remove(id) != nil { return .canceled }
            if sleeper.deadline <= state.now { return .due }
            state.sleepers[id] = sleeper
            return .registered
        }
        switch entry {
        case .registered: noteActivity()
        case .due: sleeper.continuation.resume()
        case .canceled: sleeper.continuation.resume(throwing: CancellationError())
        }
    }

    /// Sets the clock, in either direction, and wakes those whose deadline has come.
    ///
    /// This is how a test steps the wall clock, or suspends the machine: time passes, and nobody sees it pass.
    public func set(to instant: Date) {
        let due = state.withLock { state in
            if instant > state.now { state.uptime += instant.elapsed(since: state.now) }
            state.now = instant
            let due = state.sleepers.filter { $0.value.deadline <= instant }
            for id in due.keys { state.sleepers[id] = nil }
            return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }
        }
        for (_, sleeper) in due { sleeper.continuation.resume() }
    }

    /// Steps the wall clock without time passing, and wakes everyone who sleeps, as a system does.
    public func step(by duration: Duration) {
        let sleepers = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            defer { state.sleepers = [:] }
            return state.sleepers.sorted { $0.key < $1.key }
        }
        for (_, sleeper) in sleepers { sleeper.continuation.resume() }
    }

    /// Who sleeps on the clock, as far as it is known.
    var sleepers: Set<SleeperTag> { state.withLock { Set($0.sleepers.values.compactMap(\.tag)) } }

    /// How often anything happened so far.
    package var activity: Int { state.withLock(\.activity) }

    /// Wakes the tests that wait for something to happen.
    func noteActivity() {
        let observers = state.withLock { state in
            state.activity += 1
            defer { state.observers = [] }
            return state.observers
        }
        for observer in observers { observer.resume() }
    }

    /// Waits until something has happened since a count was taken.
    package func nextActivity(after count: Int) async {
        await withCheckedContinuation { continuation in
            let isPast = state.withLock { state in
                if state.activity == count { state.observers.append(continuation) }
                return state.activity != count
            }
            if isPast { continuation.resume() }
        }
    }
}
