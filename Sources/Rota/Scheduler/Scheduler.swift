package import Foundation
import RotaCore
public import RotaHTTP
public import RotaStore

/// Fires jobs on time, delivers them, retries them, and records the results.
///
/// ```swift
/// let folder = URL(fileURLWithPath: "/var/lib/my-app/jobs")
/// let scheduler = Scheduler(store: try await FileJobStore(directory: folder), transport: .automatic)
/// try await scheduler.declare(
///     [
///         .init(
///             name: "daily-report",
///             schedule: .cron("30 9 * * 1-5", in: "America/New_York"),
///             action: .http(.post("https://api.example.com/report")),
///             retry: .exponential(maxAttempts: 5))
///     ], owner: "my-app")
/// try await scheduler.run()
/// ```
///
/// Jobs can be created and changed at any time, before and during ``run()``. Several schedulers, in one process or
/// many, can share a store that supports it. Each occurrence fires once.
public actor Scheduler {
    let context: SchedulerContext
    let handlers = HandlerRegistry()
    package nonisolated let transport: any HTTPTransport
    package nonisolated let secrets: any SecretProvider
    let random: any RandomNumberGenerator & Sendable
    let middleware: [any AttemptMiddleware]

    /// Creates a scheduler.
    ///
    /// It does nothing until ``run()``.
    ///
    /// - Parameters:
    ///   - store: The store of jobs and executions.
    ///   - transport: The transport that delivers requests. The default is the platform's. It opens nothing until a job
    ///     sends a request, so an app that has only handlers can ignore it.
    ///   - secrets: The source of the values of `secret://name` references. There are none by default.
    ///   - configuration: The settings.
    ///   - clock: The source of time, and of sleep.
    ///   - ids: The source of identifiers.
    ///   - random: The source of the jitter of retries.
    ///   - observers: Observers to call for everything that happens.
    ///   - middleware: The middleware around every attempt, the outermost first.
    ///   - carrier: Captures metadata to travel with an execution, such as a trace context, when the execution is
    ///     triggered or its job is created. Metadata that is given explicitly wins.
    public init(
        store: some JobStore,
        transport: some HTTPTransport = .automatic,
        secrets: some SecretProvider = NoSecrets(),
        configuration: SchedulerConfiguration = SchedulerConfiguration(),
        clock: some WallClock = SystemWallClock(),
        ids: some IDGenerator = TimeOrderedIDGenerator(),
        random: some RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        observers: [any SchedulerObserver] = [],
        middleware: [any AttemptMiddleware] = [],
        carrier: @escaping @Sendable () -> [String: String] = { [:] }
    ) {
        let unique = JobID(bits: ids.makeID(at: clock.now))
        context = SchedulerContext(
            store: store, clock: clock, ids: ids, configuration: configuration,
            owner: "\(configuration.name)/\(unique)", carrier: carrier)
        for observer in observers { context.events.observers.add(observer) }
        self.middleware = middleware
        self.transport = transport
        self.secrets = secrets
        self.random = random
    }

    /// The scheduler's store.
    public nonisolated var store: any JobStore { context.store }

    /// Creates a stream of the events from now on.
    ///
    /// - Parameter capacity: The number of events to keep for a slow reader, at least 1. Older ones are dropped.
    public nonisolated func events(keeping capacity: Int = 1024) -> SchedulerEvent.Stream {
        context.events.subscribe(keeping: capacity)
    }

    /// Begins a log that records events from now on, for as long as the scheduler lives.
    ///
    /// - Parameter capacity: The least number of latest events to keep, at least 1. Up to twice as many may be kept.
    public nonisolated func eventLog(keeping capacity: Int = 1_000) -> SchedulerEvent.Log {
        let log = SchedulerEvent.Log(id: UInt64(truncatingIfNeeded: makeID()), keeping: capacity)
        context.events.add(log)
        return log
    }

    /// The log that all HTTP APIs of the scheduler share.
    package nonisolated var sharedEventLog: SchedulerEvent.Log {
        context.events.sharedLog { SchedulerEvent.Log(id: UInt64(truncatingIfNeeded: makeID()), keeping: 1_000) }
    }

    /// Adds an observer, which is called for everything from now on.
    public nonisolated func observe(_ observer: some SchedulerObserver) {
        context.events.observers.add(observer)
    }

    /// The settings, for handlers that must agree with them.
    package nonisolated var configuration: SchedulerConfiguration { context.configuration }

    /// The state of the driver, for test clocks.
    package nonisolated var status: DriverStatus { context.status }

    /// Whether the scheduler was asked to stop and has not yet.
    package nonisolated var isStopping: Bool { context.stop.isSet }

    /// The present, by the scheduler's clock.
    package nonisolated var now: Date { context.clock.now }

    /// Sleeps by the scheduler's clock.
    package nonisolated func sleep(for duration: Duration) async throws {
        let deadline = context.clock.now.advanced(by: duration)
        while context.clock.now < deadline { try await context.clock.sleep(until: deadline) }
    }

    /// Creates an identifier, such as that of a request.
    package nonisolated func makeID() -> UInt128 { context.ids.makeID(at: context.clock.now) }

    /// The name under which the scheduler holds leases.
    package nonisolated var owner: String { context.owner }

    /// Keeps the driver asleep until ``release()``, for test clocks.
    package nonisolated func hold() { context.signal.hold() }

    /// Ends a hold, and wakes the driver if there is anything to do.
    package nonisolated func release() { context.signal.release() }

    /// Whether the driver was signaled and has not yet looked.
    package nonisolated var isSignaled: Bool { context.signal.isRaised }
}

extension Scheduler {
    /// Returns a snapshot of the scheduler's metrics.
    ///
    /// - Throws: The store's error.
    public func metrics() async throws -> SchedulerMetrics {
        SchedulerMetrics(
            context.events.metrics.snapshot, store: try await context.store.counts(), at: context.clock.now)
    }
}
