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
    /// - Throws: Any error, which fails the attempt. The job's retry policy decides what follows, unless the error is
    ///   ``RetryLater``, ``DoNotRetry`` or ``WaitForCompletion``.
    func run(_ context: HandlerContext) async throws

    /// Where the work is done: on the shared threads unless a job says otherwise.
    static var thread: Scheduler.HandlerThread { get }
}

extension ScheduledJob {
    /// The shared threads.
    public static var thread: Scheduler.HandlerThread { .shared }
}

extension Scheduler {
    /// The threads on which a handler runs.
    ///
    /// Swift runs all tasks of a process on a few shared threads, one for each core. A handler that blocks one of them,
    /// in a database driver or a long computation, holds up the other handlers and the app itself. Give such a handler
    /// a thread of its own:
    ///
    /// ```swift
    /// try await scheduler.handle("resize", on: .own) { context in
    ///     let photo = try Data(contentsOf: URL(filePath: "/mnt/archive/photo.raw"))  // blocks until the disk answers
    ///     print("resizing \(photo.count) bytes for \(context.scheduledFor)")
    /// }
    /// ```
    ///
    /// The scheduler itself fires, records and renews leases on a thread of its own, which no handler can block. Only
    /// with the manual clock of a test does it share the threads of all tasks.
    public enum HandlerThread: Sendable, Hashable {
        /// The threads that all tasks of the process share. The handler must not block.
        case shared
        /// A thread for each attempt, which ends with it. The handler may block.
        ///
        /// A thread takes about 50 µs to start. At most ``SchedulerConfiguration/maximumConcurrency`` of them run at
        /// once, in addition to those of abandoned attempts.
        case own

        /// The handler as it runs on these threads.
        func running(_ handler: @escaping HandlerRegistry.Handler, named name: String) -> HandlerRegistry.Handler {
            switch self {
            case .shared: handler
            case .own:
                { context in
                    try await withOwnThread(named: "rota.\(name)") { @concurrent in try await handler(context) }
                }
            }
        }
    }
}
