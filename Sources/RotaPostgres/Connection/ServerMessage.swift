#if Postgres
    import CLibPQ

    /// An error message of the server, and the kind of error it is.
    struct ServerMessage: Sendable, Hashable {
        var sqlState: String
        var text: String
        var hint: String?
        var constraint: String?
        /// Whether the server ended the connection with it.
        var isFatal = false

        /// Reads the message of a failed result, or `nil` if it did not come from the server.
        init?(_ result: OpaquePointer) {
            guard let state = Self.field(result, rota_diagnostic_sqlstate) else { return nil }
            let severity = Self.field(result, rota_diagnostic_severity)
            sqlState = state
            text = Self.field(result, rota_diagnostic_message) ?? "unknown error"
            hint = Self.field(result, rota_diagnostic_hint)
            constraint = Self.field(result, rota_diagnostic_constraint)
            isFatal = severity == "FATAL" || severity == "PANIC"
        }

        init(sqlState: String, text: String) {
            self.sqlState = sqlState
            self.text = text
        }

        private static func field(_ result: OpaquePointer, _ code: Int32) -> String? {
            PQresultErrorField(result, code).map { String(cString: $0) }
        }

        /// The error that it is.
        ///
        /// - Parameter statement: The statement that failed, if one did.
        func error(in statement: String? = nil) -> PostgresError {
            let (code, advice) = kind
            var message = "PostgreSQL reported \(sqlState): \(text)"
            if let constraint { message += " (constraint \(constraint))" }
            if let statement { message += " (in \(Self.shortened(statement)))" }
            message += message.hasSuffix(".") ? "" : "."
            if let hint { message += " \(hint)" + (hint.hasSuffix(".") ? "" : ".") }
            if let advice { message += " \(advice)" }
            return PostgresError(code, message, sqlState: sqlState)
        }

        private static func shortened(_ statement: String) -> String {
            let words = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            return words.count <= 80 ? "`\(words)`" : "`\(words.prefix(79))…`"
        }

        /// The code, and advice for a person.
        private var kind: (PostgresError.Code, advice: String?) {
            switch sqlState {
            case "28P01", "28000":
                (
                    .authenticationFailed,
                    "Check user and password in the connection string, and the server's pg_hba.conf."
                )
            case "3D000": (.cannotConnect, "Check dbname in the connection string, or create the database.")
            case "53300": (.cannotConnect, "Use fewer connections, raise max_connections, or use a pooler.")
            case "25006":
                (.readOnly, "Connect to the primary server, and check default_transaction_read_only.")
            case "57P01", "57P02", "57P03", "57P04", "57P05":
                (.serverShutdown, "The server is starting or stopping, or ended this session. Connect again.")
            case "57014":
                (.timedOut, "The server stopped the statement. Check statement_timeout, and what holds locks.")
            case "25P03": (.connectionLost, "The transaction was idle for too long. Connect again.")
            case "42501": (.permissionDenied, "Grant the right to the user of the connection string.")
            case "42P01", "3F000":
                (.missingRelation, "Check that the schema was created in this database, and the search_path.")
            case "55P03": (.lockTimeout, "Repeat the transaction, and see pg_locks for what holds the lock.")
            case "40P01": (.deadlock, "Repeat the transaction.")
            case "40001": (.serialization, "Repeat the transaction.")
            case "26000", "42P05":
                (
                    .server,
                    "A pooler seems to share sessions. Set preparesStatements to false, or use PgBouncer 1.21 or newer."
                )
            case "08P01": (.protocolViolation, nil)
            case let state where state.hasPrefix("08"): (.connectionLost, "Connect again.")
            default: (.server, nil)
            }
        }
    }
#endif
