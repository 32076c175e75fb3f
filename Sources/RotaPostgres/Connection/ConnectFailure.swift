#if Postgres
    import Foundation

    /// Why one server was not connected to.
    enum AttemptFailure: Error {
        /// libpq gave up, with its text.
        case refused(String)
        /// The server did not answer in time. The text is what libpq had to say until then.
        case timedOut(String)
        /// Something that another server does not change.
        case other(PostgresError)

        /// Whether another server may accept the connection.
        ///
        /// One that refuses the user or the database does not leave it to others, nor does libpq.
        var allowsNext: Bool {
            switch self {
            case .refused(let text): ConnectFailure.allowsNext(text)
            case .timedOut: true
            case .other: false
            }
        }

        /// The text of it about a server.
        func text(of target: ConnectionTargets.Target) -> String {
            switch self {
            case .refused(let text): text
            case .timedOut(let text):
                "connection to \(target): it did not answer in time" + (text.isEmpty ? "" : "\n\(text)")
            case .other(let error): error.message
            }
        }

        /// The error that a caller gets.
        ///
        /// - Parameter texts: What earlier servers said.
        func whole(after texts: [String], _ configuration: PostgresConfiguration) -> PostgresError {
            switch self {
            case .refused(let text):
                return ConnectFailure.error((texts + [text]).joined(separator: "\n"), configuration)
            case .timedOut(let text):
                let earlier = (texts + [text]).filter { !$0.isEmpty }.joined(separator: "\n")
                return PostgresError(
                    .timedOut,
                    "PostgreSQL did not accept the connection in time (\(ConnectFailure.place(configuration))). Check "
                        + "host and port, firewalls, and connectTimeout."
                        + (earlier.isEmpty ? "" : " libpq: \(earlier)"))
            case .other(let error): return error
            }
        }
    }

    /// Why a connection could not be made, told from libpq's text.
    ///
    /// libpq gives no code for it. In its verbose form the text of a server's error has the five characters of its SQL
    /// state. The rest is recognized by words that libpq does not translate, unless the process chose another language.
    enum ConnectFailure {
        /// The error for a text.
        static func error(_ text: String, _ configuration: PostgresConfiguration) -> PostgresError {
            let lines = lines(text)
            let short = lines.joined(separator: " ")
            let place = place(configuration)
            if let message = serverMessage(lines) {
                let error = message.error()
                return PostgresError(
                    error.code == .server ? .cannotConnect : error.code, "\(error.message) (\(place))",
                    sqlState: error.sqlState)
            }
            let lowercase = short.lowercased()
            func mentions(_ words: String...) -> Bool { words.contains { lowercase.contains($0) } }
            if mentions(
                "invalid sslmode", "invalid target_session_attrs", "invalid channel_binding",
                "invalid value for", "invalid integer value", "definition of service", "could not match")
            {
                return PostgresError(.invalidConfiguration, "libpq refuses the connection string: \(short).")
            }
            if mentions("read-only", "hot standby") {
                return PostgresError(
                    .readOnly,
                    "No server accepts writes: \(short) (\(place)). Name the primary server, or all of them as "
                        + "host=a,b, and check default_transaction_read_only.")
            }
            if mentions("ssl", "certificate", "tls") {
                return PostgresError(
                    .tlsFailed,
                    "The connection could not be secured: \(short) (\(place)). Name the authorities' file by "
                        + "sslrootcert (sslrootcert=system with libpq 16), check that the host is a name in the "
                        + "server's certificate, or choose another sslmode in the connection string.")
            }
            if mentions("password", "authentication", "scram") {
                return PostgresError(
                    .authenticationFailed,
                    "The server did not accept the user: \(short) (\(place)). Check user and password in the "
                        + "connection string, PGPASSWORD and ~/.pgpass.")
            }
            return PostgresError(
                .cannotConnect,
                "PostgreSQL cannot be reached: \(short) (\(place)). Check host and port, and that the server runs and "
                    + "listens there.")
        }

        /// Whether another server may accept the connection that one has refused.
        static func allowsNext(_ text: String) -> Bool {
            guard let state = serverMessage(lines(text))?.sqlState else { return true }
            // It starts, stops, or has no room.
            return state.hasPrefix("57") || state.hasPrefix("53")
        }

        private static func lines(_ text: String) -> [String] {
            text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("LOCATION:") }
        }

        /// The server and the database, as the configuration names them.
        static func place(_ configuration: PostgresConfiguration) -> String {
            let names = ["host", "hostaddr", "port", "dbname", "user", "service"]
            let parts = names.compactMap { name in configuration.parameters[name].map { "\(name)=\($0)" } }
            return parts.isEmpty ? "all from the environment" : parts.joined(separator: " ")
        }

        /// The last error of a server, such as `… FATAL:  28P01: password authentication failed for user "x"`.
        private static func serverMessage(_ lines: [String]) -> ServerMessage? {
            for line in lines.reversed() {
                guard let match = line.firstMatch(of: /: {2}([0-9A-Z]{5}): (.*)$/) else { continue }
                return ServerMessage(sqlState: String(match.1), text: String(match.2))
            }
            return nil
        }
    }
#endif
