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
        /// Of several hosts, each has its share of the time that is left, so that one that says nothing leaves some
        /// to the others. The addresses of a host share its time until one takes the connection, which then has all
        /// of it. Like libpq, it does not try the next one if a server refuses the user.
        ///
        /// Host names are resolved within this call, which blocks as long as the resolver does: its time is not
        /// counted. The parameter `hostaddr` of the connection string avoids that.
        ///
        /// - Parameters:
        ///   - configuration: The configuration.
        ///   - deadline: When to give up; `nil` is after the configuration's `connectTimeout`.
        /// - Throws: ``PostgresError``, which says what to check.
        package static func open(
            _ configuration: PostgresConfiguration, deadline: ContinuousClock.Instant? = nil
        ) throws(PostgresError) -> PostgresConnection {
            try open(configuration, deadline: deadline) { host throws(AttemptFailure) in try host.resolved() }
        }

        /// Connects, and finds the addresses of each host by a function.
        static func open(
            _ configuration: PostgresConfiguration, deadline: ContinuousClock.Instant? = nil,
            resolvingWith resolve: (ConnectionTargets.Target) throws(AttemptFailure) -> [ConnectionTargets.Target]
        ) throws(PostgresError) -> PostgresConnection {
            try configuration.validate()
            var deadline = deadline ?? .now.advanced(by: configuration.connectTimeout)
            let parameters = configuration.resolved()
            let list = try targets(parameters, configuration)
            guard !list.targets.isEmpty else {
                do { return try attempt(parameters, configuration, opening: deadline, until: deadline) } catch {
                    throw error.whole(after: [], configuration)
                }
            }
            var texts: [String] = []
            var last = AttemptFailure.timedOut("")
            for (pass, attributes) in list.attributes.enumerated() {
                let hosts = list.isShuffled ? list.targets.shuffled() : list.targets
                for (place, host) in hosts.enumerated() {
                    let began = ContinuousClock.now
                    guard began < deadline else { throw last.whole(after: texts.dropLast(), configuration) }
                    let found = Result { () throws(AttemptFailure) in try resolve(host) }
                    deadline = deadline.advanced(by: .now - began)
                    var servers: [ConnectionTargets.Target] = []
                    switch found {
                    case .success(let found): servers = list.isShuffled ? found.shuffled() : found
                    case .failure(let failure):
                        guard failure.allowsNext else { throw failure.whole(after: texts, configuration) }
                        last = failure
                        texts.append(failure.text(of: host))
                    }
                    let hostsLeft = (list.attributes.count - pass) * hosts.count - place
                    let hostEnd = share(of: deadline, among: hostsLeft)
                    for (place, server) in servers.enumerated() where place == 0 || .now < hostEnd {
                        do {
                            return try attempt(
                                server.parameters(in: parameters, attributes: attributes), configuration,
                                opening: share(of: hostEnd, among: servers.count - place), until: hostEnd)
                        } catch {
                            guard error.allowsNext else { throw error.whole(after: texts, configuration) }
                            last = error
                            texts.append(error.text(of: server))
                        }
                    }
                }
            }
            throw last.whole(after: texts.dropLast(), configuration)
        }

        /// When an attempt ends that leaves the same time to each of those that follow it.
        private static func share(
            of deadline: ContinuousClock.Instant, among count: Int
        ) -> ContinuousClock.Instant {
            let now = ContinuousClock.now
            return now.advanced(by: (deadline - now) / max(1, count))
        }

        /// The servers of a configuration.
        private static func targets(
            _ parameters: [String: String], _ configuration: PostgresConfiguration
        ) throws(PostgresError) -> ConnectionTargets {
            let environment = ProcessInfo.processInfo.environment
            guard parameters["service"] != nil || environment["PGSERVICE"].map({ !$0.isEmpty }) ?? false else {
                return ConnectionTargets(parameters, environment: environment)
            }
            return ConnectionTargets(
                try withService(parameters), environment: environment, hasService: true)
        }

        /// Parameters with what libpq adds to them from the service file.
        ///
        /// Only a connection tells that, so it begins one that libpq refuses before it looks up or calls a server.
        static func withService(_ parameters: [String: String]) throws(PostgresError) -> [String: String] {
            var refused = parameters
            refused["sslmode"] = "only-read"
            let handle = try start(refused)
            defer { PQfinish(handle) }
            var (known, option) = (parameters, PQconninfo(handle))
            let first = option
            defer { PQconninfoFree(first) }
            while let keyword = option?.pointee.keyword {
                let name = String(cString: keyword)
                if name != "sslmode", let value = option?.pointee.val { known[name] = String(cString: value) }
                option = option.map { $0 + 1 }
            }
            return known
        }

        /// Connects by parameters of libpq.
        ///
        /// - Parameters:
        ///   - parameters: The parameters.
        ///   - configuration: The configuration.
        ///   - opening: When to give up unless the server's machine has taken the connection.
        ///   - deadline: When to give up.
        private static func attempt(
            _ parameters: [String: String], _ configuration: PostgresConfiguration,
            opening: ContinuousClock.Instant, until deadline: ContinuousClock.Instant
        ) throws(AttemptFailure) -> PostgresConnection {
            let connection: PostgresConnection
            do { connection = PostgresConnection(try start(parameters), configuration) } catch {
                throw .other(error)
            }
            do {
                try connection.connect(opening: opening, until: deadline)
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

        private static func start(_ parameters: [String: String]) throws(PostgresError) -> OpaquePointer {
            let parameters = parameters.sorted { $0.key < $1.key }
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

        private func connect(
            opening: ContinuousClock.Instant, until deadline: ContinuousClock.Instant
        ) throws(AttemptFailure) {
            guard let handle else { return }
            guard PQstatus(handle) != CONNECTION_BAD else { throw .refused(lastMessage(handle)) }
            // Once more without TLS, as some modes do, is no other address.
            var (status, isOpening) = (PGRES_POLLING_WRITING, true)
            while status != PGRES_POLLING_OK {
                guard status != PGRES_POLLING_FAILED else { throw .refused(lastMessage(handle)) }
                if PQstatus(handle) != CONNECTION_STARTED { isOpening = false }
                let outcome = SocketWait.wait(
                    PQsocket(handle), read: status == PGRES_POLLING_READING, write: status == PGRES_POLLING_WRITING,
                    until: isOpening ? min(opening, deadline) : deadline)
                switch outcome {
                case .ready: status = PQconnectPoll(handle)
                case .failed(let errno):
                    throw .other(PostgresError(.cannotConnect, "Waiting for PostgreSQL failed (errno \(errno))."))
                case .timedOut, .woken: throw .timedOut(lastMessage(handle))
                }
            }
            PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
            serverVersion = Int(PQserverVersion(handle))
            processID = PQbackendPID(handle)
            do { try Self.check(version: serverVersion) } catch { throw .other(error) }
            guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
                throw .other(
                    PostgresError(.cannotConnect, "libpq could not enter the pipeline mode: \(lastMessage(handle))."))
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
    }
#endif
