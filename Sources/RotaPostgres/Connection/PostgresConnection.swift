#if Postgres
    import CLibPQ
    import Foundation
    import RotaCore

    /// A session with a PostgreSQL server, for one thread at a time.
    ///
    /// Its calls block until the server has answered or their deadline has passed. So it belongs to an actor on an
    /// executor that may block, and is not `Sendable`. No call traps: after an error that breaks it, ``isBroken`` is
    /// `true` and every further call throws `connectionLost`.
    ///
    /// Past a deadline the connection is closed, but the server learns it only when it next writes to it. Set the
    /// server's `statement_timeout` in each transaction too.
    package final class PostgresConnection {
        /// Where it comes from.
        package let configuration: PostgresConfiguration
        /// The version of the server, such as 150004 for 15.4.
        package private(set) var serverVersion: Int = 0
        /// The number of the server's process that serves the session, or of the pooler's client.
        package private(set) var processID: Int32 = 0

        /// libpq's connection, or `nil` after it was closed.
        private(set) var handle: OpaquePointer?
        /// Why it was closed.
        private var ending: String?
        var cache: StatementCache

        /// The oldest server that it works with.
        package static let oldestServerVersion = 140_000

        private init(_ handle: OpaquePointer, _ configuration: PostgresConfiguration) {
            self.handle = handle
            self.configuration = configuration
            cache = StatementCache(isPreparing: configuration.preparesStatements)
        }

        deinit {
            if let handle { PQfinish(handle) }
        }

        /// Whether the connection cannot be used any more.
        package var isBroken: Bool { handle == nil }

        /// Whether a transaction is open, failed ones included.
        package var isInTransaction: Bool {
            guard let handle else { return false }
            let status = PQtransactionStatus(handle)
            return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
        }

        /// Whether a transaction is open in which a statement has failed, so that it can only be rolled back.
        var isInFailedTransaction: Bool { handle.map { PQtransactionStatus($0) == PQTRANS_INERROR } ?? false }

        /// The number of statements that the session keeps prepared.
        package var preparedStatements: Int { cache.count }

        /// Whether the session prepares statements; `false` also after a pooler was found to share sessions.
        package var preparesStatements: Bool { cache.isPreparing }

        /// The socket, for tests.
        package var socket: Int32 { handle.map { PQsocket($0) } ?? -1 }

        /// Connects to the first server of the configuration that accepts the connection.
        ///
        /// libpq resolves host names within this call, which blocks beyond the deadline if the resolver does. The
        /// parameter `hostaddr` of the connection string avoids that.
        ///
        /// - Parameters:
        ///   - configuration: The configuration.
        ///   - deadline: When to give up; `nil` is after the configuration's `connectTimeout`.
        /// - Throws: ``PostgresError``, which says what to check.
        package static func open(
            _ configuration: PostgresConfiguration, deadline: ContinuousClock.Instant? = nil
        ) throws(PostgresError) -> PostgresConnection {
            try configuration.validate()
            let deadline = deadline ?? .now.advanced(by: configuration.connectTimeout)
            let connection = PostgresConnection(try start(configuration), configuration)
            do {
                try connection.connect(until: deadline)
            } catch {
                connection.close()
                throw error
            }
            return connection
        }

        /// Ends the session.
        ///
        /// It does nothing the second time.
        package func close() {
            drop("it was closed before")
        }

        /// Closes the connection after an error.
        func drop(_ reason: String) {
            guard let handle else { return }
            self.handle = nil
            ending = reason
            // The socket does not block, so neither does the farewell.
            PQfinish(handle)
        }

        /// libpq's connection.
        ///
        /// - Throws: ``PostgresError`` with the code `connectionLost` if it was closed.
        func live() throws(PostgresError) -> OpaquePointer {
            guard let handle else {
                throw PostgresError(
                    .connectionLost,
                    "The connection to PostgreSQL cannot be used: \(ending ?? "it is closed"). Connect again.")
            }
            return handle
        }

        /// The text of libpq on the last failure, without passwords.
        func lastMessage(_ handle: OpaquePointer) -> String {
            let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
            return ConnectionString.redact(
                text.trimmingCharacters(in: .whitespacesAndNewlines), configuration.parameters)
        }

        private static func start(_ configuration: PostgresConfiguration) throws(PostgresError) -> OpaquePointer {
            let parameters = configuration.resolved().sorted { $0.key < $1.key }
            let keywords: [UnsafeMutablePointer<CChar>?] = parameters.map { strdup($0.key) } + [nil]
            let values: [UnsafeMutablePointer<CChar>?] = parameters.map { strdup($0.value) } + [nil]
            defer { for text in keywords + values { free(text) } }
            guard
                let handle = PQconnectStartParams(
                    keywords.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 0)
            else {
                throw PostgresError(.cannotConnect, "libpq could not allocate a connection. The process needs memory.")
            }
            rota_silence(handle)
            // Errors then carry their code, which is the same in every language.
            PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
            return handle
        }

        private func connect(until deadline: ContinuousClock.Instant) throws(PostgresError) {
            let handle = try live()
            guard PQstatus(handle) != CONNECTION_BAD else { throw connectFailure(handle) }
            var status = PGRES_POLLING_WRITING
            while status != PGRES_POLLING_OK {
                guard status != PGRES_POLLING_FAILED else { throw connectFailure(handle) }
                let outcome = SocketWait.wait(
                    PQsocket(handle), read: status == PGRES_POLLING_READING, write: status == PGRES_POLLING_WRITING,
                    until: deadline)
                switch outcome {
                case .ready: status = PQconnectPoll(handle)
                case .failed(let errno):
                    throw PostgresError(.cannotConnect, "Waiting for PostgreSQL failed (errno \(errno)).")
                case .timedOut, .woken: throw connectTimeout(handle)
                }
            }
            PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
            serverVersion = Int(PQserverVersion(handle))
            processID = PQbackendPID(handle)
            try Self.check(version: serverVersion)
            guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
                throw PostgresError(.cannotConnect, "libpq could not enter the pipeline mode: \(lastMessage(handle)).")
            }
        }

        /// Checks the version of the server.
        static func check(version: Int) throws(PostgresError) {
            guard version >= oldestServerVersion else {
                let number = "\(version / 10_000).\(version % 10_000)"
                throw PostgresError(
                    .invalidConfiguration, "PostgreSQL must be version 14 or newer, not \(number). Upgrade the server.")
            }
        }

        private func connectFailure(_ handle: OpaquePointer) -> PostgresError {
            ConnectFailure.error(lastMessage(handle), configuration)
        }

        private func connectTimeout(_ handle: OpaquePointer) -> PostgresError {
            let earlier = lastMessage(handle)
            return PostgresError(
                .timedOut,
                "PostgreSQL did not accept the connection in time (\(ConnectFailure.place(configuration))). Check host "
                    + "and port, firewalls, and connectTimeout." + (earlier.isEmpty ? "" : " libpq: \(earlier)"))
        }
    }
#endif
