#if Postgres
    import Foundation
    import RotaCore

    /// How to reach a PostgreSQL server, and how long to wait for it.
    ///
    /// The connection string is libpq's: `postgres://user@db.example.com/app` or `host=db.example.com dbname=app`, with
    /// all parameters that the installed libpq knows. What it leaves out is taken from the environment (`PGHOST`,
    /// `PGPASSWORD`, …), as with all programs of PostgreSQL, and from these defaults:
    ///
    /// - `sslmode=verify-full`, unless the server is reached by a Unix-domain socket or on this machine. The server
    ///   must then prove its name by a certificate. Name the file of the trusted authorities by `sslrootcert`, or
    ///   choose another `sslmode` in the string, such as `require` for encryption without proof.
    /// - `target_session_attrs=read-write`: of several hosts, the one that accepts writes.
    /// - `application_name=rota`.
    /// - `keepalives` and `tcp_user_timeout` according to ``statementTimeout``, so that a dead peer is noticed.
    public struct PostgresConfiguration: Sendable, Hashable {
        /// The parameters of the connection string, by name.
        let parameters: [String: String]

        /// The longest time that connecting may take.
        ///
        /// The default is 10 seconds; from 1 millisecond to 1 hour. Several hosts, and the addresses of one, share it,
        /// so that one that does not answer leaves time to the next. It does not limit the resolver of host names,
        /// which blocks: write `hostaddr` in addition to `host` to do without it.
        public var connectTimeout: Duration
        /// The longest time that one round trip may take.
        ///
        /// The default is 10 seconds; from 1 millisecond to 1 hour. Past it the connection is closed.
        public var statementTimeout: Duration
        /// Whether the session keeps statements prepared.
        ///
        /// The default is `true`. Set it to `false` for poolers that share sessions and do not know prepared
        /// statements, such as PgBouncer before 1.21 in transaction mode.
        public var preparesStatements: Bool

        /// Creates a configuration.
        ///
        /// - Parameters:
        ///   - connectionString: The connection string or URL.
        ///   - connectTimeout: The longest time that connecting may take.
        ///   - statementTimeout: The longest time that one round trip may take.
        ///   - preparesStatements: Whether the session keeps statements prepared.
        /// - Throws: ``PostgresError`` with the code `invalidConfiguration`, which says what is wrong with the string.
        public init(
            _ connectionString: String, connectTimeout: Duration = .seconds(10),
            statementTimeout: Duration = .seconds(10), preparesStatements: Bool = true
        ) throws(PostgresError) {
            parameters = try ConnectionString.parse(connectionString)
            self.connectTimeout = connectTimeout
            self.statementTimeout = statementTimeout
            self.preparesStatements = preparesStatements
            try validate()
        }

        /// Checks that every setting is in its range.
        ///
        /// - Throws: ``PostgresError`` with the code `invalidConfiguration` for the first one that is not.
        public func validate() throws(PostgresError) {
            for (name, value) in [("connectTimeout", connectTimeout), ("statementTimeout", statementTimeout)]
            where value < .milliseconds(1) || value > .seconds(3600) {
                throw PostgresError(
                    .invalidConfiguration, "\(name) must be 1 millisecond to 1 hour, not \(value.inSeconds) s.")
            }
        }

        /// The parameters with which to connect.
        ///
        /// - Parameter environment: The variables that libpq reads.
        func resolved(environment: [String: String] = ProcessInfo.processInfo.environment) -> [String: String] {
            var result = parameters
            func standard(_ name: String, _ value: String, variable: String? = nil) {
                let isSet = variable.flatMap { environment[$0] }.map { !$0.isEmpty } ?? false
                if result[name] == nil, !isSet { result[name] = value }
            }
            if !isLocal(environment) { standard("sslmode", "verify-full", variable: "PGSSLMODE") }
            standard("target_session_attrs", "read-write", variable: "PGTARGETSESSIONATTRS")
            standard("fallback_application_name", "rota")
            let milliseconds = max(1, statementTimeout.millisecondsRoundedUp)
            let seconds = max(1, (milliseconds + 999) / 1000)
            standard("keepalives", "1")
            standard("keepalives_idle", "\(seconds)")
            standard("keepalives_interval", "\(max(1, seconds / 3))")
            standard("keepalives_count", "3")
            standard("tcp_user_timeout", "\(milliseconds)")
            // The codecs need it.
            result["client_encoding"] = "UTF8"
            return result
        }

        /// Whether the connection stays on this machine.
        private func isLocal(_ environment: [String: String]) -> Bool {
            // A service file may name any host.
            if parameters["service"] != nil || environment["PGSERVICE"].map({ !$0.isEmpty }) ?? false { return false }
            func list(_ name: String, _ variable: String) -> [String] {
                (parameters[name] ?? environment[variable] ?? "").split(
                    separator: ",", omittingEmptySubsequences: false
                )
                .map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
            }
            let (addresses, hosts) = (list("hostaddr", "PGHOSTADDR"), list("host", "PGHOST"))
            // Of each pair, libpq takes the address, and the name if there is none.
            return (0..<max(addresses.count, hosts.count)).allSatisfy { index in
                let address = index < addresses.count ? addresses[index] : ""
                let host = address.isEmpty && index < hosts.count ? hosts[index] : address
                return host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost"
                    || host == "::1" || Self.isLoopbackAddress(host)
            }
        }

        private static func isLoopbackAddress(_ host: String) -> Bool {
            let parts = host.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
        }
    }

    extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
        /// The parameters in the order of their names, without passwords.
        public var description: String { ConnectionString.description(of: parameters) }

        /// The same as ``description``.
        public var debugDescription: String { "PostgresConfiguration(\(description))" }

        /// A mirror without passwords.
        public var customMirror: Mirror {
            Mirror(
                self,
                children: [
                    "parameters": description, "connectTimeout": connectTimeout, "statementTimeout": statementTimeout,
                    "preparesStatements": preparesStatements,
                ])
        }
    }
#endif
