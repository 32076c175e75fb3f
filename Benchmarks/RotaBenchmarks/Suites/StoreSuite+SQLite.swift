#if SQLite
    import CSQLite
    import Foundation

    /// SQLite in WAL mode, synced at every commit, for comparison with P8 and P9.
    ///
    /// Built only with `--traits SQLite`.
    enum SQLitePeer {
        /// An error of SQLite.
        struct Failure: Error, CustomStringConvertible {
            let description: String
        }

        /// The rows per second that SQLite inserts durably.
        ///
        /// - Parameters:
        ///   - count: The number of commits.
        ///   - rows: The number of rows in each commit.
        static func insert(count: Int, rows: Int) async throws -> Double {
            try await StoreFloor.withFolder { folder in
                try insert(folder.appending(path: "peer.sqlite").path(percentEncoded: false), count, rows)
            }
        }

        private static func insert(_ path: String, _ count: Int, _ rows: Int) throws -> Double {
            var database: OpaquePointer?
            try check(sqlite3_open(path, &database), database)
            defer { sqlite3_close_v2(database) }
            for text in [
                "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                "CREATE TABLE executions(id BLOB PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID",
            ] {
                try check(sqlite3_exec(database, text, nil, nil, nil), database)
            }
            var statement: OpaquePointer?
            try check(
                sqlite3_prepare_v2(database, "INSERT INTO executions VALUES(?, ?)", -1, &statement, nil), database)
            defer { sqlite3_finalize(statement) }
            var number: UInt64 = 0
            let clock = ContinuousClock()
            let elapsed = try clock.measure {
                for _ in 0..<count {
                    try check(sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil), database)
                    for _ in 0..<rows {
                        number += 1
                        try insert(number, statement, database)
                    }
                    try check(sqlite3_exec(database, "COMMIT", nil, nil, nil), database)
                }
            }
            return Double(count * rows) / (nanoseconds(elapsed) / 1e9)
        }

        private static func insert(_ number: UInt64, _ statement: OpaquePointer?, _ database: OpaquePointer?) throws {
            // Ascending 16-byte identifiers, like the store's. The bytes must stay in place until the step.
            try withUnsafeBytes(of: (UInt64(0), number.bigEndian)) { id in
                try StoreFloor.row.withUnsafeBytes { row in
                    try check(sqlite3_bind_blob(statement, 1, id.baseAddress, Int32(id.count), nil), database)
                    try check(sqlite3_bind_blob(statement, 2, row.baseAddress, Int32(row.count), nil), database)
                    try check(sqlite3_step(statement), database)
                }
            }
            try check(sqlite3_reset(statement), database)
        }

        private static func check(_ code: Int32, _ database: OpaquePointer?) throws {
            guard code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW else {
                throw Failure(description: "SQLite: \(String(cString: sqlite3_errmsg(database)))")
            }
        }
    }
#else
    /// A stand-in for SQLite, which needs `--traits SQLite` and the system's library.
    enum SQLitePeer {
        /// Returns no figure, because SQLite is missing.
        static func insert(count: Int, rows: Int) async throws -> Double? { nil }
    }
#endif
