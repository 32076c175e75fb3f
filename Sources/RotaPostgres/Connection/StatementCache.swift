#if Postgres
    import RotaCore

    /// The statements that a session has prepared, by their text and the types of their parameters.
    ///
    /// Plans depend on the schema, so a migration makes statements stale: the server then refuses them once. The cache
    /// forgets all and uses new names. If the server does not know a name, or knows one that the cache does not, a
    /// pooler gives this client the sessions of others. From then on nothing is prepared on this connection.
    struct StatementCache {
        /// Why the server refused a prepared statement.
        enum Staleness: Equatable {
            /// The schema changed since it was prepared.
            case schemaChanged
            /// The session is not the one in which it was prepared.
            case sessionChanged

            /// The meaning of an error for the cache, or `nil` if it has another cause.
            ///
            /// 0A000 has many causes. One of them is "cached plan must not change result type", a text that may be
            /// translated; so it counts whenever the statement was prepared before the batch that failed.
            init?(_ error: ServerMessage, wasPreparedBefore: Bool) {
                switch error.sqlState {
                case "0A000" where wasPreparedBefore: self = .schemaChanged
                case "26000", "42P05": self = .sessionChanged
                default: return nil
                }
            }
        }

        /// The most statements that are kept.
        ///
        /// Further ones are sent without a name.
        static let capacity = 256

        private struct Key: Hashable {
            var sql: String
            var types: [UInt32]
        }

        private(set) var isPreparing: Bool
        private var names: [Key: String] = [:]
        private var generation: UInt64 = 0

        init(isPreparing: Bool) {
            self.isPreparing = isPreparing
        }

        var count: Int { names.count }

        /// The name of a statement that the session has prepared.
        func name(of sql: String, _ types: [UInt32]) -> String? {
            names[Key(sql: sql, types: types)]
        }

        /// A name under which a statement can be prepared, or `nil` if it should be sent without one.
        ///
        /// - Parameter pending: The number of statements that are being prepared.
        func newName(for sql: String, _ types: [UInt32], pending: Int) -> String? {
            guard isPreparing, names.count + pending < Self.capacity else { return nil }
            let hash = StableHash.hash("\(generation) \(types) \(sql)")
            return "rota_" + String(hash, radix: 36)
        }

        /// Remembers that the session has prepared a statement.
        mutating func insert(_ name: String, for sql: String, _ types: [UInt32]) {
            names[Key(sql: sql, types: types)] = name
        }

        mutating func drop(because staleness: Staleness) {
            names = [:]
            generation &+= 1
            if staleness == .sessionChanged { isPreparing = false }
        }
    }
#endif
