#if Postgres
    import Foundation
    public import Rota
    import RotaCore
    public import RotaStore

    /// A statement for any PostgreSQL driver, with its parameters as text.
    ///
    /// ```swift
    /// let store = try await PostgresJobStore(PostgresConfiguration("postgres://app@db.example.com/app"))
    /// let enqueue = try await scheduler.enqueueStatement("send-receipt", payload: 7, in: store)
    /// // In the transaction of your own driver, beside your own rows:
    /// print(enqueue.sql, enqueue.parameters)
    /// ```
    public struct EnqueueStatement: Sendable, Hashable {
        /// The text, with `$1` and `$2` for the parameters.
        ///
        /// It returns no rows.
        public let sql: String
        /// The parameters.
        public let parameters: [String]
        /// The execution that it queues.
        public let executionID: ExecutionID
    }

    extension Scheduler {
        /// Returns a statement that enqueues work in a transaction of the app's own, on any driver.
        ///
        /// The work is queued if and when that transaction commits: an instance takes the request within about half a
        /// second, or a little later if the statement was made more than five seconds before. If it cannot be queued,
        /// for example because its queue was deleted meanwhile, it is kept in the table `refused` with the reason. A
        /// repeated idempotency key and unique work are found when it is taken.
        ///
        /// - Parameters:
        ///   - queue: The slug of the queue, or of any job that may be triggered.
        ///   - payload: The payload of the handler.
        ///   - request: Everything else: priority, keys, tags, time to live, date.
        ///   - store: The scheduler's store.
        /// - Throws: The errors of `enqueue(_:payload:after:_:)`, and `StoreError` with the code `skewedClock` if this
        ///   machine's clock is ahead of the server's by more than the store's ``PostgresJobStore/ClockCheck`` allows.
        public nonisolated func enqueueStatement(
            _ queue: String, payload: some Encodable, _ request: TriggerRequest = TriggerRequest(),
            in store: PostgresJobStore
        ) async throws -> EnqueueStatement {
            var request = request
            request.payload = try JSONPayload(payload)
            return try await enqueueStatement(queue, request, in: store)
        }

        /// Returns a statement that enqueues work without a payload, or with that of the request.
        ///
        /// See ``enqueueStatement(_:payload:_:in:)``.
        public nonisolated func enqueueStatement(
            _ queue: String, _ request: TriggerRequest = TriggerRequest(), in store: PostgresJobStore
        ) async throws -> EnqueueStatement {
            let execution = try await prepared(queue, request)
            try await store.checkClock(execution.createdAt)
            return try store.statement(for: execution)
        }
    }

    extension PostgresJobStore {
        nonisolated func statement(for execution: Execution) throws -> EnqueueStatement {
            EnqueueStatement(
                sql: """
                    INSERT INTO \(log.schema.table("inbox")) (id, record)
                    VALUES (CAST($1 AS uuid), decode(CAST($2 AS text), 'base64')) ON CONFLICT (id) DO NOTHING
                    """,
                parameters: [execution.id.description, Data(try EnqueueRecord.bytes(execution)).base64EncodedString()],
                executionID: execution.id)
        }
    }
#endif
