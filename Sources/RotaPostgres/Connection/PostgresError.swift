#if Postgres
    public import Foundation

    /// An error of a PostgreSQL connection: what was wrong, and what to check.
    ///
    /// It never contains a password or the parameters of a statement.
    public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The kind of a failure.
        ///
        /// Later versions may add kinds.
        public struct Code: Sendable, Hashable, CustomStringConvertible {
            private enum Kind: String {
                case cannotConnect, authenticationFailed, tlsFailed, timedOut, connectionLost, readOnly,
                    serverShutdown, permissionDenied, missingRelation, lockTimeout, deadlock, serialization,
                    invalidConfiguration, invalidValue, protocolViolation, server
            }

            private let kind: Kind

            /// The server could not be reached, or did not accept the connection.
            public static let cannotConnect = Code(kind: .cannotConnect)
            /// The server refused the user, the password, or connections from this host.
            public static let authenticationFailed = Code(kind: .authenticationFailed)
            /// The connection could not be encrypted, or the server could not prove its name.
            public static let tlsFailed = Code(kind: .tlsFailed)
            /// A connection or a round trip took longer than its deadline.
            public static let timedOut = Code(kind: .timedOut)
            /// The connection broke, or was closed before.
            public static let connectionLost = Code(kind: .connectionLost)
            /// The server or the session refuses to write, for example because it is a standby.
            public static let readOnly = Code(kind: .readOnly)
            /// The server is starting or stopping, or an administrator ended the connection.
            public static let serverShutdown = Code(kind: .serverShutdown)
            /// The user lacks a right.
            public static let permissionDenied = Code(kind: .permissionDenied)
            /// A table or a schema does not exist.
            public static let missingRelation = Code(kind: .missingRelation)
            /// Another transaction held a lock for too long.
            public static let lockTimeout = Code(kind: .lockTimeout)
            /// Transactions waited for each other, and the server chose this one to end.
            public static let deadlock = Code(kind: .deadlock)
            /// The transaction could not be put in order with concurrent ones.
            public static let serialization = Code(kind: .serialization)
            /// The connection string or another setting is invalid.
            public static let invalidConfiguration = Code(kind: .invalidConfiguration)
            /// A parameter cannot be sent, for example because its text contains U+0000.
            public static let invalidValue = Code(kind: .invalidValue)
            /// The server sent something unexpected, for example a column of another type.
            public static let protocolViolation = Code(kind: .protocolViolation)
            /// Another error of the server, which ``PostgresError/sqlState`` identifies.
            public static let server = Code(kind: .server)

            /// The name of the code, such as `cannotConnect`.
            public var description: String { kind.rawValue }
        }

        /// The kind of the error.
        public let code: Code
        /// A description of the error, and of what to check.
        public let message: String
        /// The five characters with which the server names the error, such as `23505`, if it did.
        public let sqlState: String?
        /// Whether something of the failed round trip may have been committed.
        ///
        /// If `false`, nothing of it was.
        public let isOutcomeUnknown: Bool
        /// Whether a prepared statement was refused that the connection does not use any more.
        private var isStale = false
        /// How many statements of the failed round trip the server has carried out, commits among them.
        private(set) var confirmedStatements = 0

        /// Creates an error.
        public init(_ code: Code, _ message: String, sqlState: String? = nil, isOutcomeUnknown: Bool = false) {
            self.code = code
            self.message = message
            self.sqlState = sqlState
            self.isOutcomeUnknown = isOutcomeUnknown
        }

        /// The message, with what is known of the outcome.
        public var description: String {
            isOutcomeUnknown ? "\(message) The transaction may or may not have been committed." : message
        }

        /// The same error with another outcome.
        ///
        /// - Parameters:
        ///   - isUnknown: Whether something may have been committed.
        ///   - count: How many statements the server has carried out.
        func withOutcome(unknown isUnknown: Bool, confirmed count: Int = 0) -> PostgresError {
            var error = PostgresError(code, message, sqlState: sqlState, isOutcomeUnknown: isUnknown)
            error.isStale = isStale
            error.confirmedStatements = count
            return error
        }

        /// The same error, which is due to a prepared statement that the connection does not use any more.
        func stale() -> PostgresError {
            var error = self
            error.isStale = true
            return error
        }

        /// Whether the server refused what the transaction does, so that repeating it would not help.
        ///
        /// Such as a constraint that its rows break, or an error that a trigger raised. Others are due to the state of
        /// the connection, the server, or concurrent transactions.
        var isRefusal: Bool {
            guard !isOutcomeUnknown, !isTransient, code != .missingRelation, let sqlState else { return false }
            return !["08", "25", "26", "40", "53", "55", "57", "58", "F0", "XX"].contains(String(sqlState.prefix(2)))
        }

        /// Whether a new connection is likely to succeed at once: this one had died, or its statements were forgotten.
        package var isWorthRepeating: Bool {
            code == .connectionLost || code == .serverShutdown || isTransient && code != .lockTimeout
        }

        /// Whether the whole transaction may succeed when it is repeated on the same connection.
        ///
        /// The server rolled it back because of concurrent transactions, or because it no longer knew a prepared
        /// statement.
        package var isTransient: Bool {
            guard !isOutcomeUnknown else { return false }
            return isStale || code == .deadlock || code == .serialization || code == .lockTimeout
        }
    }

    extension PostgresError: LocalizedError {
        /// The ``description``, so that `localizedDescription` says it too.
        public var errorDescription: String? { description }
    }
#endif
