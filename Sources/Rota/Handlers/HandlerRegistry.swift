import RotaStore
import Synchronization

/// The Swift handlers of a scheduler, by name.
final class HandlerRegistry: Sendable {
    typealias Handler = @Sendable (HandlerContext) async throws -> JSONPayload?

    private let handlers = Mutex<[String: Handler]>([:])

    /// Adds a handler.
    ///
    /// - Returns: Whether the name was free.
    func add(_ name: String, _ handler: @escaping Handler) -> Bool {
        handlers.withLock { handlers in
            guard handlers[name] == nil else { return false }
            handlers[name] = handler
            return true
        }
    }

    subscript(name: String) -> Handler? {
        handlers.withLock { $0[name] }
    }

    var names: [String] {
        handlers.withLock { $0.keys.sorted() }
    }
}
