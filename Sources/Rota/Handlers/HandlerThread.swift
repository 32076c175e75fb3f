import RotaCore
import RotaStore

/// The threads on which a handler runs.
///
/// Swift runs all tasks of a process on a few shared threads, one for each core. A handler that blocks one of them, in a
/// database driver or a long computation, holds up the other handlers and the app itself. Give such a handler a thread
/// of its own:
///
/// ```swift
/// try await scheduler.handle("resize", on: .own) { context in
///     let photo = try Data(contentsOf: URL(filePath: "/mnt/archive/photo.raw"))  // blocks until the disk answers
///     print("resizing \(photo.count) bytes for \(context.scheduledFor)")
/// }
/// ```
///
/// The scheduler itself fires, records and renews leases on a thread of its own, whatever handlers do.
public enum HandlerThread: Sendable, Hashable {
    /// The threads that all tasks of the process share. The handler must not block.
    case shared
    /// A thread for each attempt, which ends with it. The handler may block.
    ///
    /// A thread takes about 50 µs to start. At most ``SchedulerConfiguration/maximumConcurrency`` of them run at once,
    /// besides those of abandoned attempts.
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
