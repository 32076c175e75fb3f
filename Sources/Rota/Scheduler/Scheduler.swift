public import RotaHTTP
public import RotaStore

/// Fires jobs on time, delivers them, retries them, and records what became of them.
///
/// ```swift
/// let scheduler = Scheduler(store: try await FileJobStore(directory: folder), transport: URLSessionTransport())
/// try await scheduler.create(
///     .init(
///         name: "daily-report",
///         schedule: .cron("30 9 * * 1-5", in: "America/New_York"),
///         action: .http(.post("https://api.example.com/report")),
///         retry: .exponential(maxAttempts: 5),
///         idempotencyKey: "daily-report"))
/// try await scheduler.run()
/// ```
///
/// Jobs can be created and changed at any time, before ``run()`` and during it. Several schedulers, in one process or in
/// several, may share a store that allows it: each occurrence fires once.
public actor Scheduler {
    let context: SchedulerContext
    let handlers = HandlerRegistry()
    let transport: any HTTPTransport
    let secrets: any SecretProvider
    let random: any RandomNumberGenerator & Sendable
    let middleware: [any AttemptMiddleware]

    /// Makes a scheduler; nothing happens until ``run()``.
    ///
    /// - Parameters:
    ///   - store: Where jobs and executions are remembered.
    ///   - transport: How requests are delivered.
    ///   - secrets: Where the values of `secret://name` come from; by default there are none.
    ///   - configuration: The numbers to work with.
    ///   - clock: Where time comes from, and how the scheduler sleeps.
    ///   - ids: Where identifiers come from.
    ///   - random: Where the jitter of retries comes from.
    ///   - observers: Who is told at once of everything that happens.
    ///   - middleware: What wraps every attempt, the outermost first.
    ///   - carrier: Captures what is to travel with an execution, such as a trace's context, when one is asked for or a
    ///     job is created; it becomes part of the execution's metadata, under what is given there.
    public init(
        store: some JobStore,
        transport: some HTTPTransport,
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

    /// The store that the scheduler was made with.
    public nonisolated var store: any JobStore { context.store }

    /// The events from now on.
    ///
    /// - Parameter capacity: The number of events kept for a slow reader, at least 1; the oldest beyond are dropped.
    public nonisolated func events(keeping capacity: Int = 1024) -> EventStream {
        context.events.subscribe(keeping: capacity)
    }

    /// Has an observer told of everything from now on.
    public nonisolated func observe(_ observer: some SchedulerObserver) {
        context.events.observers.add(observer)
    }

    /// What the driver is doing, for tools that own the scheduler's time.
    package nonisolated var status: DriverStatus { context.status }

    /// The name under which the scheduler holds leases.
    package nonisolated var owner: String { context.owner }

    /// Whether the driver was told to look again and has not yet done so.
    package nonisolated var isSignaled: Bool { context.signal.isRaised }
}
