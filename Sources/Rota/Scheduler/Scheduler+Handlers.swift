import RotaStore

extension Scheduler {
    /// Registers a Swift handler, for jobs whose action is `.handler(name)`.
    ///
    /// A job whose handler is not registered here is left to a scheduler on the same store that has it, or waits until
    /// one has; ``SchedulerObserver/handlerMissing(_:jobs:at:)`` tells of it.
    ///
    /// - Parameters:
    ///   - name: The name that jobs call it by.
    ///   - body: The work. An error that it throws fails the attempt, and the job's retry policy decides what follows;
    ///     ``RetryLater``, ``DoNotRetry`` and ``WaitForCompletion`` decide it themselves. It must end soon when its task is
    ///     canceled.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle(
        _ name: String, _ body: @escaping @Sendable (HandlerContext) async throws -> Void
    ) throws {
        try add(name) { context in
            try await body(context)
            return nil
        }
    }

    /// Registers a Swift handler that returns a value, which is stored as the execution's output (S-57).
    ///
    /// - Parameters:
    ///   - name: The name that jobs call it by.
    ///   - body: The work. An output that cannot be written as JSON, or is larger than the configuration allows, fails
    ///     the attempt for good.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Output: Encodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (HandlerContext) async throws -> Output
    ) throws {
        try add(name) { context in
            let output = try await body(context)
            do { return try JSONPayload(output) } catch {
                throw PayloadError("The output of handler “\(name)” cannot be written as JSON: \(error)")
            }
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
            try await body(context.value(of: type, for: name), context)
        }
    }

    /// Registers a Swift handler that takes a value and returns one, which is stored as the execution's output.
    ///
    /// - Parameters:
    ///   - name: The name that jobs call it by.
    ///   - type: The type of the value; an attempt whose payload cannot be decoded as it fails.
    ///   - body: The work.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Value: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String, payload type: Value.Type,
        _ body: @escaping @Sendable (Value, HandlerContext) async throws -> Output
    ) throws {
        try handle(name) { context -> Output in
            try await body(context.value(of: type, for: name), context)
        }
    }

    private func add(_ name: String, _ handler: @escaping HandlerRegistry.Handler) throws {
        guard handlers.add(name, handler) else {
            throw SchedulerError(
                .duplicateHandler,
                "A handler is registered under “\(name)” already; give this one another name.", value: name)
        }
    }
}

extension HandlerContext {
    fileprivate func value<Value: Decodable>(of type: Value.Type, for name: String) throws -> Value {
        guard let payload else {
            throw PayloadError("Handler “\(name)” takes a \(type), but neither the job nor the run has a payload.")
        }
        do { return try payload.decode(type) } catch {
            throw PayloadError("The payload is not the \(type) that handler “\(name)” takes: \(error)")
        }
    }
}
