extension Scheduler {
    /// Registers a Swift handler, for jobs whose action is `.handler(name)`.
    ///
    /// - Parameters:
    ///   - name: The name that jobs call it by.
    ///   - body: The work. An error that it throws fails the attempt, and the job's retry policy decides what follows.
    ///     It must end soon when its task is canceled.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle(
        _ name: String, _ body: @escaping @Sendable (HandlerContext) async throws -> Void
    ) throws {
        guard handlers.add(name, body) else {
            throw SchedulerError(
                .duplicateHandler,
                "A handler is registered under “\(name)” already; give this one another name.", value: name)
        }
    }

    /// Registers a Swift handler that takes a value, for jobs whose action is `.handler(name, payload: value)`.
    ///
    /// - Parameters:
    ///   - name: The name that jobs call it by.
    ///   - type: The type of the value; an attempt whose payload cannot be decoded as it fails.
    ///   - body: The work.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Value: Decodable & Sendable>(
        _ name: String, payload type: Value.Type,
        _ body: @escaping @Sendable (Value, HandlerContext) async throws -> Void
    ) throws {
        try handle(name) { context in
            guard let payload = context.payload else {
                throw PayloadError("Handler “\(name)” takes a \(type), but neither the job nor the run has a payload.")
            }
            let value: Value
            do { value = try payload.decode(type) } catch {
                throw PayloadError("The payload is not the \(type) that handler “\(name)” takes: \(error)")
            }
            try await body(value, context)
        }
    }
}
