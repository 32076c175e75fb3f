#if Postgres
    import CLibPQ

    /// A statement with its parameters.
    package struct PostgresStatement: Sendable, Hashable, ExpressibleByStringLiteral {
        /// The text, with `$1`, `$2`, … for the parameters.
        package var sql: String
        package var parameters: [PostgresValue]
        /// Whether the session keeps it prepared.
        ///
        /// Use it for texts that recur, not for texts that are made for one use.
        package var isPrepared: Bool

        package init(_ sql: String, _ parameters: [PostgresValue] = [], isPrepared: Bool = true) {
            self.sql = sql
            self.parameters = parameters
            self.isPrepared = isPrepared
        }

        package init(stringLiteral sql: String) {
            self.init(sql)
        }
    }

    /// The rows that a statement returned.
    ///
    /// It outlives the connection.
    package struct PostgresResult: Sendable, RandomAccessCollection {
        /// Owns the memory of a result, which nothing changes.
        private final class Storage: @unchecked Sendable {
            let result: OpaquePointer

            init(_ result: OpaquePointer) {
                self.result = result
            }

            deinit { PQclear(result) }
        }

        private let storage: Storage
        package let startIndex = 0
        package let endIndex: Int

        /// Takes over the result.
        init(owning result: OpaquePointer) {
            storage = Storage(result)
            endIndex = Int(PQntuples(result))
        }

        package subscript(position: Int) -> PostgresRow {
            PostgresRow(result: self, index: position)
        }

        /// The work that the statement did, such as `INSERT 0 1`.
        package var tag: String { PQcmdStatus(storage.result).map { String(cString: $0) } ?? "" }

        /// The number of rows that the statement returned, inserted, changed or deleted.
        package var affectedRows: Int { PQcmdTuples(storage.result).flatMap { Int(String(cString: $0)) } ?? 0 }

        /// The names of the columns.
        package var columns: [String] { (0..<PQnfields(storage.result)).map { name($0) } }

        private func name(_ column: Int32) -> String {
            PQfname(storage.result, column).map { String(cString: $0) } ?? "?"
        }

        fileprivate func read<Value: PostgresDecodable>(
            _ row: Int, _ column: Int, as type: Value.Type
        ) throws(PostgresError) -> Value? {
            let result = storage.result
            guard row >= 0, row < endIndex, column >= 0, column < Int(PQnfields(result)) else {
                throw PostgresError(
                    .protocolViolation,
                    "Row \(row), column \(column) is not in a result of \(endIndex) rows and \(PQnfields(result)) columns."
                )
            }
            let (line, field) = (Int32(row), Int32(column))
            let found = PostgresType(rawValue: PQftype(result, field))
            guard Value.columnTypes.contains(found), PQfformat(result, field) == 1 else {
                let expected = Value.columnTypes.map(\.description).joined(separator: " or ")
                throw PostgresError(
                    .protocolViolation, "The column \"\(name(field))\" has the type \(found), not \(expected).")
            }
            guard PQgetisnull(result, line, field) == 0 else { return nil }
            let bytes = UnsafeRawBufferPointer(
                start: PQgetvalue(result, line, field), count: Int(PQgetlength(result, line, field)))
            guard let value = Value(postgres: bytes) else {
                throw PostgresError(
                    .protocolViolation,
                    "The column \"\(name(field))\" of the type \(found) holds a value that is no valid \(Value.self).")
            }
            return value
        }

        fileprivate func missing(_ column: Int) -> PostgresError {
            PostgresError(
                .protocolViolation, "The column \"\(name(Int32(clamping: column)))\" is NULL, but must not be.")
        }
    }

    /// One row of a result.
    package struct PostgresRow: Sendable {
        fileprivate let result: PostgresResult
        fileprivate let index: Int

        /// Reads a column.
        ///
        /// - Parameter column: The position, from 0.
        /// - Throws: ``PostgresError`` with the code `protocolViolation` if it is NULL or has another type.
        package func read<Value: PostgresDecodable>(
            _ column: Int, as type: Value.Type = Value.self
        ) throws(PostgresError) -> Value {
            guard let value = try result.read(index, column, as: type) else { throw result.missing(column) }
            return value
        }

        /// Reads a column that may be NULL.
        package func readIfPresent<Value: PostgresDecodable>(
            _ column: Int, as type: Value.Type = Value.self
        ) throws(PostgresError) -> Value? {
            try result.read(index, column, as: type)
        }
    }
#endif
