public import RotaRetry
public import RotaSchedule
public import RotaStore

/// A payload that names the handler that takes it, so that a job and its handler cannot disagree.
///
/// ```swift
/// struct Invoice: HandlerPayload {
///     static let handlerName = "send-invoice"
///     var number: Int
/// }
/// try await scheduler.handle(Invoice.self) { invoice, context in
///     print("sending invoice \(invoice.number)")
/// }
/// let action = try JobAction.handler(Invoice(number: 7))
/// ```
public protocol HandlerPayload: Codable, Sendable {
    /// The name under which the handler is registered, and which stored jobs bear.
    ///
    /// Do not change it while jobs with it are stored. The type may be renamed.
    static var handlerName: String { get }
}

/// A job in one type: its name, its payload, and what it does.
///
/// ```swift
/// struct Backup: ScheduledJob {
///     static let handlerName = "backup"
///     var bucket: String
///
///     func run(_ context: HandlerContext) async throws {
///         print("backing up \(bucket) for \(context.scheduledFor)")
///     }
/// }
/// try await scheduler.handle(Backup.self)
/// try await scheduler.declare(
///     [.init(Backup(bucket: "main"), schedule: .cron("0 3 * * *", in: "Europe/Berlin"))], owner: "my-app")
/// ```
///
/// A job that needs a database or a client takes it from a closure instead: see ``HandlerPayload``.
public protocol ScheduledJob: HandlerPayload {
    /// Does the work of one attempt.
    ///
    /// - Throws: Any error, which fails the attempt, as in ``Scheduler/handle(_:_:)-(String,_)``.
    func run(_ context: HandlerContext) async throws
}

extension JobAction {
    /// Calls the handler that a payload names.
    ///
    /// - Parameters:
    ///   - payload: The value that every execution passes to the handler, encoded as JSON.
    ///   - timeout: The longest an attempt may take, or `nil` for no limit.
    ///   - heartbeatLimit: The longest time between two heartbeats, or `nil` for no limit.
    /// - Throws: The encoder's error if the payload cannot be encoded as JSON.
    public static func handler<Payload: HandlerPayload>(
        _ payload: Payload, timeout: Duration? = nil, heartbeatLimit: Duration? = nil
    ) throws -> JobAction {
        try .handler(Payload.handlerName, payload: payload, timeout: timeout, heartbeatLimit: heartbeatLimit)
    }
}

extension JobDraft {
    /// Describes a job that calls the handler its payload names.
    ///
    /// - Parameters:
    ///   - payload: The value that every execution passes to the handler.
    ///   - name: The job's name, from 1 to 255 characters; `nil` for the handler's.
    ///   - schedule: When the job fires.
    ///   - timeout: The longest an attempt may take, or `nil` for no limit.
    ///   - retry: Whether and when a failed attempt is repeated. The default is three attempts in all.
    ///   - misfire: The policy for missed occurrences. The default runs the latest one.
    ///   - overlap: The policy for an occurrence that is due while an earlier execution has not ended.
    /// - Throws: The encoder's error if the payload cannot be encoded as JSON.
    public init<Payload: HandlerPayload>(
        _ payload: Payload, name: String? = nil, schedule: Schedule, timeout: Duration? = nil,
        retry: RetryPolicy = .default, misfire: MisfirePolicy = .latest, overlap: OverlapPolicy = .allow
    ) throws {
        self.init(
            name: name ?? Payload.handlerName, schedule: schedule, action: try .handler(payload, timeout: timeout),
            retry: retry, misfire: misfire, overlap: overlap)
    }
}

extension Scheduler {
    /// Registers the handler of a payload type.
    ///
    /// - Parameters:
    ///   - type: The type of the payload, which names the handler. If the payload of a stored job cannot be decoded as
    ///     that type, ``run()`` says so when it starts, and its attempts fail.
    ///   - body: The work.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Payload: HandlerPayload>(
        _ type: Payload.Type, _ body: @escaping @Sendable (Payload, HandlerContext) async throws -> Void
    ) throws {
        try handle(Payload.handlerName, payload: type, body)
    }

    /// Registers a job type: its executions are decoded and run.
    ///
    /// - Parameter type: The type of the job, which names the handler. If the payload of a stored job cannot be decoded
    ///   as that type, ``run()`` says so when it starts, and its attempts fail.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Work: ScheduledJob>(_ type: Work.Type) throws {
        try handle(type) { work, context in try await work.run(context) }
    }
}
