#if Postgres
    public import Foundation

    /// A parameter of a statement, which is sent in PostgreSQL's binary form.
    public enum PostgresValue: Sendable, Hashable {
        /// NULL, of the type that the server expects at this place.
        case null
        /// A boolean.
        case bool(Bool)
        /// A number of 16 bits.
        case int2(Int16)
        /// A number of 32 bits.
        case int4(Int32)
        /// A number of 64 bits.
        case int8(Int64)
        /// A floating-point number.
        case float8(Double)
        /// Text without U+0000, which PostgreSQL cannot store.
        case text(String)
        /// Bytes.
        case bytea([UInt8])
        /// A UUID, most significant byte first.
        case uuid(UInt128)
        /// A date as timestamptz, rounded to microseconds.
        case timestamp(Date)
        /// An array of numbers.
        case int8Array([Int64])
        /// An array of texts.
        case textArray([String])
        /// An array of byte strings.
        case byteaArray([[UInt8]])
        /// An array of UUIDs.
        case uuidArray([UInt128])

        /// The number by which the server knows the type; 0 lets it decide.
        var type: PostgresType {
            switch self {
            case .null: .unspecified
            case .bool: .bool
            case .int2: .int2
            case .int4: .int4
            case .int8: .int8
            case .float8: .float8
            case .text: .text
            case .bytea: .bytea
            case .uuid: .uuid
            case .timestamp: .timestamptz
            case .int8Array: .int8Array
            case .textArray: .textArray
            case .byteaArray: .byteaArray
            case .uuidArray: .uuidArray
            }
        }

        /// The number of bytes that it takes at most, without the lengths of the elements of an array.
        var size: Int {
            switch self {
            case .text(let text): text.utf8.count
            case .bytea(let bytes): bytes.count
            case .textArray(let texts): texts.reduce(0) { $0 + $1.utf8.count }
            case .byteaArray(let values): values.reduce(0) { $0 + $1.count }
            case .int8Array(let values): values.count * 8
            case .uuidArray(let values): values.count * 16
            default: 16
            }
        }

        /// Appends the binary form.
        ///
        /// - Returns: `false` for NULL, which has none.
        /// - Throws: ``PostgresError`` with the code `invalidValue` for text with U+0000 and dates out of range.
        func encode(into bytes: inout [UInt8]) throws(PostgresError) -> Bool {
            switch self {
            case .null: return false
            case .bool(let value): bytes.append(value ? 1 : 0)
            case .int2(let value): Self.append(value, to: &bytes)
            case .int4(let value): Self.append(value, to: &bytes)
            case .int8(let value): Self.append(value, to: &bytes)
            case .float8(let value): Self.append(value.bitPattern, to: &bytes)
            case .text(let value): try Self.append(value, to: &bytes)
            case .bytea(let value): bytes.append(contentsOf: value)
            case .uuid(let value): Self.append(value, to: &bytes)
            case .timestamp(let date):
                guard let microseconds = Self.microseconds(date) else {
                    // Foundation traps when it prints some of these dates.
                    throw PostgresError(
                        .invalidValue,
                        "PostgreSQL stores dates from 4713 BC to the year 294276, not "
                            + "\(date.timeIntervalSinceReferenceDate) s after 2001-01-01.")
                }
                Self.append(microseconds, to: &bytes)
            case .int8Array(let values):
                Self.appendHead(values.count, of: .int8, to: &bytes)
                for value in values {
                    Self.append(Int32(8), to: &bytes)
                    Self.append(value, to: &bytes)
                }
            case .uuidArray(let values):
                Self.appendHead(values.count, of: .uuid, to: &bytes)
                for value in values {
                    Self.append(Int32(16), to: &bytes)
                    Self.append(value, to: &bytes)
                }
            case .textArray(let values):
                Self.appendHead(values.count, of: .text, to: &bytes)
                for value in values {
                    Self.append(Int32(clamping: value.utf8.count), to: &bytes)
                    try Self.append(value, to: &bytes)
                }
            case .byteaArray(let values):
                Self.appendHead(values.count, of: .bytea, to: &bytes)
                for value in values {
                    Self.append(Int32(clamping: value.count), to: &bytes)
                    bytes.append(contentsOf: value)
                }
            }
            return true
        }

        /// The dimensions of an array, whether it has NULLs, its type, and its bounds.
        private static func appendHead(_ count: Int, of type: PostgresType, to bytes: inout [UInt8]) {
            append(Int32(count == 0 ? 0 : 1), to: &bytes)
            append(Int32(0), to: &bytes)
            append(type.rawValue, to: &bytes)
            guard count > 0 else { return }
            append(Int32(clamping: count), to: &bytes)
            append(Int32(1), to: &bytes)
        }

        private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }

        private static func append(_ text: String, to bytes: inout [UInt8]) throws(PostgresError) {
            guard !text.utf8.contains(0) else {
                throw PostgresError(
                    .invalidValue, "Text with U+0000 cannot be stored as text in PostgreSQL. Store it as bytea.")
            }
            bytes.append(contentsOf: text.utf8)
        }

        /// Microseconds since 2000-01-01, or `nil` if the server could not store them.
        private static func microseconds(_ date: Date) -> Int64? {
            let seconds = date.timeIntervalSinceReferenceDate + 31_622_400
            let limits = -210_866_803_200.0..<9_223_371_331_200
            return limits.contains(seconds) ? Int64((seconds * 1_000_000).rounded()) : nil
        }
    }

    /// A type of the server, by its fixed number in the catalog.
    package struct PostgresType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        static let unspecified = PostgresType(rawValue: 0)
        static let bool = PostgresType(rawValue: 16)
        static let bytea = PostgresType(rawValue: 17)
        static let name = PostgresType(rawValue: 19)
        static let int8 = PostgresType(rawValue: 20)
        static let int2 = PostgresType(rawValue: 21)
        static let int4 = PostgresType(rawValue: 23)
        static let text = PostgresType(rawValue: 25)
        static let float8 = PostgresType(rawValue: 701)
        static let byteaArray = PostgresType(rawValue: 1001)
        static let textArray = PostgresType(rawValue: 1009)
        static let int8Array = PostgresType(rawValue: 1016)
        static let varchar = PostgresType(rawValue: 1043)
        static let timestamptz = PostgresType(rawValue: 1184)
        static let uuid = PostgresType(rawValue: 2950)
        static let uuidArray = PostgresType(rawValue: 2951)

        private static let names: [PostgresType: String] = [
            .bool: "bool", .bytea: "bytea", .name: "name", .int8: "int8", .int2: "int2", .int4: "int4", .text: "text",
            .float8: "float8", .byteaArray: "bytea[]", .textArray: "text[]", .int8Array: "int8[]",
            .varchar: "varchar", .timestamptz: "timestamptz", .uuid: "uuid", .uuidArray: "uuid[]",
        ]

        package var description: String { Self.names[self] ?? "type \(rawValue)" }
    }
#endif
