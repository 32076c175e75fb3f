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
public final class ManualClock: WallClock, VirtualClock {
    private struct Sleeper {
        let deadline: Date
        let tag: SleeperTag?
        /// Whether the task sleeps for a time of the uptime, and will look whether that has passed.
        let isMonotonic: Bool
        let continuation: CheckedContinuation<Void, any Error>

        /// The place among the tasks that wake at one date.
        var order: WakeOrder { WakeOrder(tag) }
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

    /// The longest sleep of a scheduler.
    ///
    /// As on the system's clock, that is how late a scheduler sees what another one left in the store.
    public let longestSleep: Duration

    /// Creates a clock.
    ///
    /// - Parameters:
    ///   - now: The date that the clock shows, by default 1 January 2026, 00:00 UTC.
    ///   - longestSleep: The longest sleep of a scheduler, by default 30 seconds. With a longer one, years of a single
    ///     scheduler pass faster.
    public init(
        now: Date = Date(timeIntervalSince1970: 1_767_225_600), longestSleep: Duration = .seconds(30)
    ) {
        self.longestSleep = longestSleep
        state = Mutex(State(now: now))
    }

    /// The current date of the clock.
    public var now: Date { state.withLock(\.now) }

    /// The time by which the clock was advanced, without steps of the wall clock.
    public var uptime: Duration { state.withLock(\.uptime) }

    /// The number of tasks sleeping on the clock.
    public var sleeperCount: Int { state.withLock(\.sleepers.count) }

    /// The earliest deadline of a sleeping task.
    public var nextDeadline: Date? { state.withLock { $0.sleepers.values.lazy.map(\.deadline).min() } }

    /// Suspends until the clock is set to the deadline or beyond.
    ///
    /// - Throws: `CancellationError` if the task is canceled before.
    public func sleep(until deadline: Date) async throws {
        try await sleep(until: deadline, isMonotonic: false)
    }

    private func sleep(until deadline: Date, isMonotonic: Bool) async throws {
        let tag = SleeperTag.current
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                register(
                    Sleeper(deadline: deadline, tag: tag, isMonotonic: isMonotonic, continuation: continuation), as: id)
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
    /// `WallClock.longestSleep` at the latest. It neither ends nor prolongs a ``sleep(for:)``.
    public func set(to date: Date) {
        let due = state.withLock { state in
            let isBack = date < state.now
            if !isBack { state.uptime += date.elapsed(since: state.now) }
            state.now = date
            // A monotonic sleep lasts as long as before, so that it ends earlier by the wall clock.
            let due = state.sleepers.filter { _, sleeper in
                sleeper.deadline <= date || isBack && (sleeper.isMonotonic || sleeper.tag?.isScheduler == true)
            }
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

    /// Sets the clock forward to a date, without waking the tasks whose deadline has come.
    func move(to date: Date) {
        state.withLock { state in
            state.uptime += date.elapsed(since: state.now)
            state.now = date
        }
    }

    /// Wakes the first of the tasks whose deadline has come, in the order of their turns.
    ///
    /// - Parameter isIncluded: Which tasks to consider, by their tags.
    /// - Returns: Its tag; `nil` if no such task is left.
    func wakeNext(where isIncluded: (SleeperTag?) -> Bool) -> SleeperTag?? {
        let next = state.withLock { state in
            let due = state.sleepers.filter { $0.value.deadline <= state.now && isIncluded($0.value.tag) }
            let next = due.min {
                ($0.value.order, $0.value.deadline, $0.key) < ($1.value.order, $1.value.deadline, $1.key)
            }
            return next.flatMap { state.sleepers.removeValue(forKey: $0.key) }
        }
        guard let next else { return nil }
        next.continuation.resume()
        return .some(next.tag)
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

    /// Waits for an event after a count of ``activity``, or for the cancellation of the task.
    package func nextActivity(after count: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isPast = state.withLock { state in
                    if state.activity == count { state.observers.append(continuation) }
                    return state.activity != count
                }
                if isPast { continuation.resume() }
            }
        } onCancel: {
            noteActivity()
        }
    }
}

extension ManualClock {
    /// Suspends until the clock was advanced by a duration.
    ///
    /// Steps of the wall clock do not count. It fits `ScriptedTransport(sleep: clock.sleep(for:))`.
    ///
    /// - Throws: `CancellationError` if the task is canceled before.
    public func sleep(for duration: Duration) async throws {
        try await monotonic.sleep(until: monotonic.now.advanced(by: duration), tolerance: nil)
    }

    /// Waits until so many tasks sleep on the clock.
    ///
    /// With it, a test knows that code outside a scheduler has come to its next sleep, and can advance the clock. It
    /// returns early if the task is canceled.
    ///
    /// - Parameter count: The number of tasks, 1 or more.
    public func waitForSleepers(_ count: Int = 1) async {
        while true {
            let seen = activity
            if sleeperCount >= count || Task.isCancelled { return }
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
                try await base.sleep(until: base.now.advanced(by: rest), isMonotonic: true)
            }
            try Task.checkCancellation()
        }
    }
}
