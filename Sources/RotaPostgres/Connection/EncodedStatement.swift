#if Postgres
    import CLibPQ

    /// A statement whose parameters are in their binary form, so that sending it cannot fail half-way.
    struct EncodedStatement {
        /// The largest message that the server accepts, with room for its head.
        static let largestSize = 1 << 30 - 1 << 16
        /// The most parameters that the protocol can count.
        static let mostParameters = 65_535

        let statement: PostgresStatement
        let types: [UInt32]
        /// The values one after the other, never empty.
        private let bytes: [UInt8]
        /// Where the values begin, or `nil` for NULL.
        private let offsets: [Int?]
        private let lengths: [Int32]

        /// The number of bytes to send, about.
        var size: Int { bytes.count + statement.sql.utf8.count }

        /// Encodes the parameters.
        ///
        /// - Throws: ``PostgresError`` with the code `invalidValue` if one of them cannot be sent.
        init(_ statement: PostgresStatement) throws(PostgresError) {
            guard !statement.sql.utf8.contains(0) else {
                throw PostgresError(.invalidValue, "A statement of SQL must not contain U+0000.")
            }
            guard statement.parameters.count <= Self.mostParameters else {
                throw PostgresError(
                    .invalidValue,
                    "A statement has at most \(Self.mostParameters) parameters, not \(statement.parameters.count). "
                        + "Send an array instead.")
            }
            let size = statement.parameters.reduce(statement.sql.utf8.count) { $0 + $1.size }
            guard size <= Self.largestSize else {
                throw PostgresError(
                    .invalidValue, "A statement with its parameters has at most \(Self.largestSize) bytes, not \(size)."
                )
            }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(size + 16)
            var offsets: [Int?] = []
            var lengths: [Int32] = []
            for value in statement.parameters {
                let start = bytes.count
                offsets.append(try value.encode(into: &bytes) ? start : nil)
                lengths.append(Int32(clamping: bytes.count - start))
            }
            bytes.append(0)
            self.statement = statement
            self.bytes = bytes
            self.offsets = offsets
            self.lengths = lengths
            types = statement.parameters.map(\.type.rawValue)
        }

        /// Puts the statement into libpq's buffer.
        ///
        /// - Parameter name: The name under which the session knows it, or `nil` to send its text.
        /// - Returns: Whether libpq accepted it.
        func send(on handle: OpaquePointer, as name: String?) -> Bool {
            let count = Int32(clamping: types.count)
            return bytes.withUnsafeBytes { bytes in
                let base = bytes.bindMemory(to: CChar.self).baseAddress
                let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
                let formats = [Int32](repeating: 1, count: types.count)
                if let name {
                    return PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1) == 1
                }
                return PQsendQueryParams(handle, statement.sql, count, types, values, lengths, formats, 1) == 1
            }
        }

        /// Puts the preparation of the statement into libpq's buffer.
        func prepare(on handle: OpaquePointer, as name: String) -> Bool {
            PQsendPrepare(handle, name, statement.sql, Int32(clamping: types.count), types) == 1
        }
    }
#endif
