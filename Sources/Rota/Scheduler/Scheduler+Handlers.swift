import RotaStore

extension Scheduler {
    /// Registers a Swift handler for jobs whose action is `.handler(name)`.
    ///
    /// If a handler is not registered here, its executions wait for a scheduler on the same store that has it, and
    /// ``SchedulerObserver/handlerMissing(_:jobs:at:)`` is called.
    ///
    /// ```swift
    /// try await scheduler.handle("cleanup") { context in
    ///     print("cleaning up for \(context.scheduledFor), attempt \(context.attempt)")
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - body: The work. If it throws, the attempt fails, and the job's retry policy decides what follows, unless the
    ///     error is ``RetryLater``, ``DoNotRetry`` or ``WaitForCompletion``. It must end soon after its task is
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

    /// Registers a Swift handler that returns a value, which becomes the execution's output.
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - body: The work. If its output cannot be encoded as JSON or exceeds the configured limit, the attempt fails
    ///     and is not retried.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Output: Encodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (HandlerContext) async throws -> Output
    ) throws {
        try add(name) { context in
            let output = try await body(context)
            do { return try JSONPayload(output) } catch {
                throw PayloadError("The output of handler \"\(name)\" cannot be encoded as JSON: \(error)")
            }
        }
    }

    /// Registers a Swift handler that takes a payload, for jobs whose action is `.handler(name, payload: value)`.
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - type: The type of the payload. If the payload cannot be decoded as that type, the attempt fails.
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

    /// Registers a Swift handler that takes a payload and returns a value, which becomes the execution's output.
    ///
    /// ```swift
    /// struct Order: Codable { let id: Int }
    /// struct Receipt: Codable { let order: Int }
    ///
    /// try await scheduler.handle("charge", payload: Order.self) { order, context in
    ///     Receipt(order: order.id)
    /// }
    /// try await scheduler.trigger(job.id, payload: JSONPayload(Order(id: 42)))
    /// ```
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - type: The type of the payload. If the payload cannot be decoded as that type, the attempt fails.
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
                "A handler named \"\(name)\" is already registered. Give this one another name.", value: name)
        }
    }
}

extension HandlerContext {
    fileprivate func value<Value: Decodable>(of type: Value.Type, for name: String) throws -> Value {
        guard let payload else {
            throw PayloadError(
                "Handler \"\(name)\" takes a \(type), but neither the job nor the execution has a payload.")
        }
        do { return try payload.decode(type) } catch {
            throw PayloadError("The payload cannot be decoded as the \(type) that handler \"\(name)\" takes: \(error)")
        }
    }
}
