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
    ///   - thread: Where the handler runs. A handler that blocks needs a thread of its own.
    ///   - body: The work. If it throws, the attempt fails, and the job's retry policy decides what follows, unless the
    ///     error is ``RetryLater``, ``DoNotRetry`` or ``WaitForCompletion``. It must end soon after its task is
    ///     canceled.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle(
        _ name: String, on thread: HandlerThread = .shared,
        _ body: @escaping @Sendable (HandlerContext) async throws -> Void
    ) throws {
        try add(name, on: thread) { context in
            try await body(context)
            return nil
        }
    }

    /// Registers a Swift handler that returns a value, which becomes the execution's output.
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - thread: Where the handler runs. A handler that blocks needs a thread of its own.
    ///   - body: The work. If its output cannot be encoded as JSON or exceeds the configured limit, the attempt fails
    ///     and is not retried.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Output: Encodable & Sendable>(
        _ name: String, on thread: HandlerThread = .shared,
        _ body: @escaping @Sendable (HandlerContext) async throws -> Output
    ) throws {
        try add(name, on: thread) { context in try JSONPayload(output: await body(context), of: name) }
    }

    /// Registers a Swift handler that takes a payload, for jobs whose action is `.handler(name, payload: value)`.
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - type: The type of the payload. If the payload cannot be decoded as that type, the attempt fails.
    ///   - thread: Where the handler runs. A handler that blocks needs a thread of its own.
    ///   - body: The work.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Value: Decodable & Sendable>(
        _ name: String, payload type: Value.Type, on thread: HandlerThread = .shared,
        _ body: @escaping @Sendable (Value, HandlerContext) async throws -> Void
    ) throws {
        try add(name, takes: type, on: thread) { context in
            try await body(context.value(of: type, for: name), context)
            return nil
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
    ///   - thread: Where the handler runs. A handler that blocks needs a thread of its own.
    ///   - body: The work.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Value: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String, payload type: Value.Type, on thread: HandlerThread = .shared,
        _ body: @escaping @Sendable (Value, HandlerContext) async throws -> Output
    ) throws {
        try add(name, takes: type, on: thread) { context in
            try JSONPayload(output: await body(context.value(of: type, for: name), context), of: name)
        }
    }

    private func add<Value: Decodable & Sendable>(
        _ name: String, takes type: Value.Type, on thread: HandlerThread, _ handler: @escaping HandlerRegistry.Handler
    ) throws {
        try add(name, on: thread, check: { HandlerContext.flaw(in: $0, for: name, as: type) }, handler)
    }

    private func add(
        _ name: String, on thread: HandlerThread, check: @escaping HandlerRegistry.PayloadCheck = { _ in nil },
        _ handler: @escaping HandlerRegistry.Handler
    ) throws {
        guard handlers.add(name, check: check, thread.running(handler, named: name)) else {
            throw SchedulerError(
                .duplicateHandler,
                "A handler named \"\(name)\" is already registered. Give this one another name.", value: name)
        }
    }
}

extension Scheduler {
    /// Registers the handler of a payload type.
    ///
    /// - Parameters:
    ///   - type: The type of the payload, which names the handler. If the payload of a stored job cannot be decoded as
    ///     that type, ``run()`` says so when it starts, and its attempts fail.
    ///   - thread: Where the handler runs. A handler that blocks needs a thread of its own.
    ///   - body: The work.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Payload: HandlerPayload>(
        _ type: Payload.Type, on thread: HandlerThread = .shared,
        _ body: @escaping @Sendable (Payload, HandlerContext) async throws -> Void
    ) throws {
        try handle(Payload.handlerName, payload: type, on: thread, body)
    }

    /// Registers the handler of a payload type, which returns a value that becomes the execution's output.
    ///
    /// - Parameters:
    ///   - type: The type of the payload, which names the handler.
    ///   - thread: Where the handler runs. A handler that blocks needs a thread of its own.
    ///   - body: The work.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Payload: HandlerPayload, Output: Encodable & Sendable>(
        _ type: Payload.Type, on thread: HandlerThread = .shared,
        _ body: @escaping @Sendable (Payload, HandlerContext) async throws -> Output
    ) throws {
        try handle(Payload.handlerName, payload: type, on: thread, body)
    }

    /// Registers a job type: its executions are decoded and run.
    ///
    /// - Parameter type: The type of the job, which names the handler. If the payload of a stored job cannot be decoded
    ///   as that type, ``run()`` says so when it starts, and its attempts fail.
    /// - Throws: ``SchedulerError`` with code `duplicateHandler` if the name is taken.
    public func handle<Work: ScheduledJob>(_ type: Work.Type) throws {
        try handle(type, on: Work.thread) { work, context in try await work.run(context) }
    }
}

extension JSONPayload {
    fileprivate init(output: some Encodable, of name: String) throws {
        do { self = try JSONPayload(output) } catch {
            throw PayloadError("The output of handler \"\(name)\" cannot be encoded as JSON: \(error)")
        }
    }
}

extension HandlerContext {
    fileprivate func value<Value: Decodable>(of type: Value.Type, for name: String) throws -> Value {
        guard let payload else {
            throw PayloadError(
                "Handler \"\(name)\" takes a \(type), but neither the job nor the execution has a payload. Pass one: "
                    + "`.handler(\"\(name)\", payload: …)` for a job, or `payload:` when it is triggered or enqueued.")
        }
        do { return try payload.decode(type) } catch { throw Self.error(error, for: name, as: type) }
    }

    /// Says why a payload cannot be passed to a handler, or returns `nil` if it can.
    fileprivate static func flaw<Value: Decodable>(
        in payload: JSONPayload, for name: String, as type: Value.Type
    ) -> String? {
        do {
            _ = try payload.decode(type)
            return nil
        } catch { return Self.error(error, for: name, as: type).description }
    }

    private static func error(_ error: any Error, for name: String, as type: Any.Type) -> PayloadError {
        PayloadError(
            "The payload cannot be decoded as the \(type) that handler \"\(name)\" takes: \(error). Change the payload, or "
                + "make members that it may lack optional.")
    }
}
