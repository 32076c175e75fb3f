public import Foundation
public import Rota
import RotaCore
import Synchronization

/// A clock that only moves when a test advances it.
///
/// Tasks that sleep on the clock are registered. ``advance(by:driving:)`` moves from one deadline to the next and lets
/// the schedulers finish their due work at each, so a year passes as fast as its work can be done:
///
/// ```swift
/// let clock = ManualClock()
/// let scheduler = Scheduler(
///     store: InMemoryJobStore(), transport: ScriptedTransport(.status(200)), clock: clock)
/// try await scheduler.create(
///     .init(name: "hourly", schedule: .cron("0 * * * *"), action: .http(.get("https://example.com/"))))
/// async let running: Void = scheduler.run()
/// await clock.advance(by: .seconds(86_400), driving: [scheduler])
/// print(try await scheduler.executions(ExecutionQuery(limit: 1000)).items.count)  // 24
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
        /// Sleepers that were canceled before they were registered.
        var canceled: Set<Int> = []
        var nextID = 0
        /// The number of events that a settling test must consider, and the tasks waiting for the next one.
        var activity = 0
        var observers: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    /// Creates a clock.
    ///
    /// - Parameter now: The date that the clock shows, by default 1 January 2026, 00:00 UTC.
    public init(now: Date = Date(timeIntervalSince1970: 1_767_225_600)) {
        state = Mutex(State(now: now))
    }

    /// The current date of the clock.
    public var now: Date { state.withLock(\.now) }

    /// The time by which the clock was advanced, without steps of the wall clock.
    public var uptime: Duration { state.withLock(\.uptime) }

    /// A year, because every step of this clock wakes its sleepers.
    public var longestSleep: Duration { .seconds(86_400 * 365) }

    /// The number of tasks sleeping on the clock.
    public var sleeperCount: Int { state.withLock(\.sleepers.count) }

    /// The earliest deadline of a sleeping task.
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

    /// Sets the clock forward or back, and wakes the tasks whose deadline has come.
    ///
    /// Setting it forward simulates a suspended machine or a downtime: time passes at once, without the deadlines in
    /// between. Setting it back wakes schedulers too, which on a system clock see it after
    /// `WallClock.longestSleep` at the latest.
    public func set(to date: Date) {
        let due = state.withLock { state in
            let isBack = date < state.now
            if !isBack { state.uptime += date.elapsed(since: state.now) }
            state.now = date
            let due = state.sleepers.filter { $0.value.deadline <= date || isBack && $0.value.tag?.isScheduler == true }
            for id in due.keys { state.sleepers[id] = nil }
            return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }
        }
        for (_, sleeper) in due { sleeper.continuation.resume() }
    }

    /// Steps the wall clock without advancing the uptime, and wakes all sleeping tasks, as a system does.
    public func step(by duration: Duration) {
        let sleepers = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            defer { state.sleepers = [:] }
            return state.sleepers.sorted { $0.key < $1.key }
        }
        for (_, sleeper) in sleepers { sleeper.continuation.resume() }
    }

    /// The tags of the sleeping tasks that have one.
    var sleepers: Set<SleeperTag> { state.withLock { Set($0.sleepers.values.compactMap(\.tag)) } }

    /// The number of events so far.
    package var activity: Int { state.withLock(\.activity) }

    /// Records an event, and wakes the tests that wait for one.
    func noteActivity() {
        let observers = state.withLock { state in
            state.activity += 1
            defer { state.observers = [] }
            return state.observers
        }
        for observer in observers { observer.resume() }
    }

    /// Waits for an event after a count of ``activity``.
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

extension ManualClock {
    /// Suspends until the clock was advanced by a duration, whatever steps the wall clock makes.
    ///
    /// It fits `ScriptedTransport(sleep: clock.sleep(for:))`.
    ///
    /// - Throws: `CancellationError` if the task is canceled before.
    public func sleep(for duration: Duration) async throws {
        try await monotonic.sleep(until: monotonic.now.advanced(by: duration), tolerance: nil)
    }

    /// Waits until so many tasks sleep on the clock.
    ///
    /// With it, a test knows that code outside a scheduler has come to its next sleep, and can advance the clock.
    ///
    /// - Parameter count: The number of tasks, 1 or more.
    public func waitForSleepers(_ count: Int = 1) async {
        while true {
            let seen = activity
            if sleeperCount >= count { return }
            await nextActivity(after: seen)
        }
    }

    /// This clock as a `Clock`, for `retry` and for everything else that takes one.
    ///
    /// ```swift
    /// import RotaRetry
    ///
    /// let clock = ManualClock()
    /// async let answer = retry(.fixed(.seconds(60)), clock: clock.monotonic) { context in
    ///     if context.attempt == 1 { throw URLError(.timedOut) }
    ///     return context.attempt
    /// }
    /// await clock.waitForSleepers()
    /// await clock.advance(by: .seconds(60), driving: [])
    /// print(try await answer)  // 2
    /// ```
    public var monotonic: Monotonic { Monotonic(base: self) }

    /// A `Clock` that shows the time by which a manual clock was advanced.
    public struct Monotonic: Clock {
        /// A time on the clock.
        public struct Instant: InstantProtocol {
            /// The time by which the clock was advanced until then.
            public let uptime: Duration

            /// Returns the time that is later by a duration.
            public func advanced(by duration: Duration) -> Instant { Instant(uptime: uptime + duration) }

            /// Returns the duration until another time.
            public func duration(to other: Instant) -> Duration { other.uptime - uptime }

            /// Whether a time is earlier than another.
            public static func < (left: Instant, right: Instant) -> Bool { left.uptime < right.uptime }
        }

        fileprivate let base: ManualClock

        /// The current time.
        public var now: Instant { Instant(uptime: base.uptime) }

        /// One nanosecond.
        public var minimumResolution: Duration { .nanoseconds(1) }

        /// Suspends until the clock shows a time or a later one.
        ///
        /// - Parameters:
        ///   - deadline: The time.
        ///   - tolerance: Has no effect.
        /// - Throws: `CancellationError` if the task is canceled before.
        public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
            while now < deadline {
                // A date has no room for a shorter sleep, which would not move the clock at all.
                let rest = max(now.duration(to: deadline), .microseconds(1))
                try await base.sleep(until: base.now.advanced(by: rest))
            }
            try Task.checkCancellation()
        }
    }
}

extension ManualClock {
    /// Advances the clock, stopping at each deadline until the schedulers have finished their due work.
    ///
    /// The schedulers must be running on this clock, and their handlers must wait only for this clock or for real input
    /// and output.
    ///
    /// - Parameters:
    ///   - duration: The time to advance, 0 or more.
    ///   - schedulers: The schedulers that use this clock.
    public func advance(by duration: Duration, driving schedulers: [Scheduler]) async {
        await advance(to: now.advanced(by: max(.zero, duration)), driving: schedulers)
    }

    /// Advances the clock to a date, like ``advance(by:driving:)``.
    public func advance(to target: Date, driving schedulers: [Scheduler]) async {
        await settle(schedulers)
        while let deadline = nextDeadline, deadline <= target {
            set(to: max(deadline, now))
            await settle(schedulers)
        }
        if target > now { set(to: target) }
        await settle(schedulers)
    }

    /// Waits until the schedulers have nothing left to do at the current date.
    ///
    /// A scheduler has settled when its driver sleeps until a later date, it has no pending signal, and its running work
    /// sleeps on the clock too. This method waits for schedulers whose `run()` has not started yet, and ignores those
    /// whose `run()` has returned.
    public func settle(_ schedulers: [Scheduler]) async {
        for scheduler in schedulers { scheduler.status.onChange { [weak self] in self?.noteActivity() } }
        while true {
            let count = activity
            if isSettled(schedulers) { return }
            await nextActivity(after: count)
        }
    }

    private func isSettled(_ schedulers: [Scheduler]) -> Bool {
        var expected: Set<SleeperTag> = []
        for scheduler in schedulers {
            switch scheduler.status.phase {
            case .ended: continue
            case .new, .awake: return false
            case .asleep(let deadline, let busy):
                guard deadline > now, !scheduler.isSignaled else { return false }
                expected.formUnion(busy)
                expected.insert(.driver(scheduler.owner))
            }
        }
        return expected.isSubset(of: sleepers)
    }
}
