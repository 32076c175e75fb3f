#if Postgres
    import Foundation
    public import Rota
    import RotaCore
    public import RotaStore

    /// A transaction in which an app changes its own tables and the store together: all of it happens, or nothing.
    ///
    /// ```swift
    /// let store = try await PostgresJobStore(PostgresConfiguration("postgres://app@db.example.com/app"))
    /// try await store.withTransaction { transaction in
    ///     try await transaction.execute("INSERT INTO orders (id, total) VALUES ($1, $2)", [.int8(7), .int8(1200)])
    ///     try await scheduler.enqueue("send-receipt", payload: 7, in: transaction)
    /// }
    /// ```
    ///
    /// The changes of the store are made at the end, right before the commit, because they wait for the commits of
    /// other instances.
    public actor PostgresTransaction {
        typealias Operation = @Sendable (inout StoreState, inout ChangeLog, PostgresJobStore.Facts) throws -> Void

        private let executor = SerialQueueExecutor(label: "rota.postgres.transaction")
        private let session: PostgresSession
        private let timeout: Duration
        /// The longest time of a statement in the server, in milliseconds.
        private let statementTimeout: Int64
        private var operations: [Operation] = []
        private var endings: [@Sendable () -> Void] = []
        /// The latest date of the caller's clock in the operations.
        private var latestDate: Date?
        private var isOver = false

        /// The transaction's own serial queue, which may block on the network.
        public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        init(_ configuration: PostgresConfiguration) {
            session = PostgresSession()
            timeout = configuration.statementTimeout
            // A little less than the client waits, so that the server's answer says what took so long.
            statementTimeout = max(1, (timeout * 4 / 5).millisecondsRoundedUp)
        }

        private var deadline: ContinuousClock.Instant { .now.advanced(by: timeout) }

        func begin(_ configuration: PostgresConfiguration) throws {
            let connection = try PostgresConnection.open(configuration)
            session.connection = connection
            // Without a limit the server would continue a statement, and keep its locks, after the client has given up.
            try connection.perform(
                [
                    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
                    PostgresStatement("SET LOCAL statement_timeout = \(statementTimeout)"),
                ], deadline: deadline)
        }

        /// Executes a statement, which must not end the transaction.
        ///
        /// - Parameters:
        ///   - sql: The text, with `$1`, `$2`, … for the parameters.
        ///   - parameters: The parameters.
        /// - Returns: The number of rows that it changed.
        /// - Throws: ``PostgresError``. The transaction can then only end without effect.
        @discardableResult
        public func execute(_ sql: String, _ parameters: [PostgresValue] = []) throws -> Int {
            guard !isOver, let connection = session.connection else {
                throw PostgresError(
                    .connectionLost, "The transaction has ended. Use it only within the body of `withTransaction`.")
            }
            return try connection.perform([PostgresStatement(sql, parameters)], deadline: deadline)[0].affectedRows
        }

        /// Adds a change of the store.
        ///
        /// - Parameter date: The latest date of the caller's clock in it.
        func add(
            by date: Date? = nil, _ operation: @escaping @Sendable (inout StoreState, inout ChangeLog) throws -> Void
        ) throws {
            try add(by: date) { state, log, _ in try operation(&state, &log) }
        }

        /// Adds a change of the store that depends on the server's clock, and something to do once it is committed.
        ///
        /// - Parameter date: The latest date of the caller's clock in it.
        func add(
            by date: Date? = nil, dated operation: @escaping Operation,
            onCommit ending: @escaping @Sendable () -> Void = {}
        ) throws {
            guard !isOver else {
                throw PostgresError(
                    .connectionLost, "The transaction has ended. Use it only within the body of `withTransaction`.")
            }
            if let date { latestDate = max(latestDate ?? date, date) }
            operations.append(operation)
            endings.append(ending)
        }

        /// Commits everything, by the store if that changes too.
        func commit(in store: PostgresJobStore) async throws {
            isOver = true
            defer { session.close() }
            try checkStatements()
            guard session.connection?.isInTransaction != false else {
                throw PostgresError(
                    .invalidValue,
                    "A statement of the body has ended the transaction, so what came after it is not part of it. Let "
                        + "`withTransaction` commit, and throw from its body to roll back.")
            }
            if operations.isEmpty {
                try session.connection?.perform(["COMMIT"], deadline: deadline)
            } else {
                try await store.commit(session, operations, by: latestDate)
            }
            for ending in endings { ending() }
        }

        /// Checks that no statement of the body has failed, which the server would answer by a rollback.
        private func checkStatements() throws {
            guard session.connection?.isInFailedTransaction == true else { return }
            throw PostgresError(
                .server,
                "A statement of the body has failed, so nothing of the transaction can be committed. Let its error leave "
                    + "the body, or use a SAVEPOINT.", sqlState: "25P02")
        }

        func rollback() {
            isOver = true
            session.close()
        }
    }

    /// The connection of a transaction, which one executor after the other uses.
    final class PostgresSession: @unchecked Sendable {
        var connection: PostgresConnection?

        func close() {
            connection?.close()
            connection = nil
        }
    }

    extension PostgresJobStore {
        /// Runs statements of the app and changes of the store in one transaction, on a connection of its own.
        ///
        /// - Parameter body: Uses the transaction. If it throws, everything is rolled back.
        /// - Returns: The result of the body, once everything is committed.
        /// - Throws: The error of the body; ``PostgresError`` if the server cannot be reached; `StoreError` if the
        ///   changes of the store cannot be made, with the code `outcomeUnknown` if the answer of the commit was lost.
        public nonisolated func withTransaction<Value: Sendable>(
            _ body: @Sendable (PostgresTransaction) async throws -> Value
        ) async throws -> Value {
            let transaction = PostgresTransaction(configuration)
            do {
                try await transaction.begin(configuration)
                let value = try await body(transaction)
                try await transaction.commit(in: self)
                return value
            } catch {
                await transaction.rollback()
                throw error
            }
        }
    }

    extension Scheduler {
        /// Enqueues work in a transaction of the app.
        ///
        /// - Parameters:
        ///   - queue: The slug of the queue, or of any job that may be triggered.
        ///   - payload: The payload of the handler.
        ///   - request: Everything else: priority, keys, tags, time to live, date.
        ///   - transaction: A transaction of this scheduler's store.
        /// - Returns: The execution that the commit queues, unless its idempotency key or its uniqueness names an
        ///   earlier one.
        /// - Throws: The errors of `enqueue(_:payload:after:_:)`.
        @discardableResult
        public nonisolated func enqueue(
            _ queue: String, payload: some Encodable, _ request: TriggerRequest = TriggerRequest(),
            in transaction: PostgresTransaction
        ) async throws -> Execution {
            var request = request
            request.payload = try JSONPayload(payload)
            return try await enqueue(queue, request, in: transaction)
        }

        /// Enqueues work without a payload, or with that of the request, in a transaction of the app.
        ///
        /// See ``enqueue(_:payload:_:in:)``.
        @discardableResult
        public nonisolated func enqueue(
            _ queue: String, _ request: TriggerRequest = TriggerRequest(), in transaction: PostgresTransaction
        ) async throws -> Execution {
            let execution = try await prepared(queue, request)
            try await transaction.add(by: execution.createdAt) { state, log in
                _ = try state.enqueue([execution], log: &log)
            }
            return execution
        }
    }

    extension HandlerContext {
        /// Completes the execution in a transaction of the app: its rows and the success are committed together.
        ///
        /// The success is fenced: if another scheduler has claimed the execution meanwhile, nothing is committed. After
        /// the commit the execution has succeeded, even if the handler throws.
        ///
        /// - Parameters:
        ///   - transaction: A transaction of the scheduler's store.
        ///   - output: The output of the execution.
        /// - Throws: ``PostgresError`` if the transaction has ended. The commit throws `SchedulerError` with the code
        ///   `illegalState` if the lease was lost.
        public func complete(in transaction: PostgresTransaction, output: JSONPayload? = nil) async throws {
            let completion = success(output: output)
            let recorded = RecordedExecution()
            try await transaction.add { state, log, facts in
                let end = facts.dated([completion], mayRepeat: false)
                guard case .recorded(let execution)? = state.finish(end, log: &log).first,
                    execution.status == .succeeded
                else {
                    throw SchedulerError(
                        .illegalState,
                        "The attempt has lost its lease, so its transaction was rolled back: the execution has ended, or "
                            + "another attempt may be running. End the handler.")
                }
                recorded.execution = execution
            } onCommit: { [self] in
                if let execution = recorded.execution { didRecord(completion, as: execution) }
            }
        }
    }

    /// The execution as a transaction left it, which is written before the commit and read after it.
    private final class RecordedExecution: @unchecked Sendable {
        var execution: Execution?
    }
#endif
