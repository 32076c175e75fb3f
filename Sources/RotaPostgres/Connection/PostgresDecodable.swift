#if Postgres
    package import Foundation

    /// A value that a column of a result can hold.
    package protocol PostgresDecodable {
        /// The types of the columns from which it can be read.
        static var columnTypes: [PostgresType] { get }

        /// Reads the binary form, or returns `nil` if it is malformed.
        init?(postgres bytes: UnsafeRawBufferPointer)
    }

    extension Bool: PostgresDecodable {
        package static var columnTypes: [PostgresType] { [.bool] }

        package init?(postgres bytes: UnsafeRawBufferPointer) {
            guard bytes.count == 1, bytes[0] <= 1 else { return nil }
            self = bytes[0] == 1
        }
    }

    extension Int64: PostgresDecodable {
        package static var columnTypes: [PostgresType] { [.int8, .int4, .int2] }

        package init?(postgres bytes: UnsafeRawBufferPointer) {
            switch bytes.count {
            case 8: self = Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
            case 4: self = Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
            case 2: self = Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
            default: return nil
            }
        }
    }

    extension Int: PostgresDecodable {
        package static var columnTypes: [PostgresType] { Int64.columnTypes }

        package init?(postgres bytes: UnsafeRawBufferPointer) {
            guard let value = Int64(postgres: bytes) else { return nil }
            self.init(exactly: value)
        }
    }

    extension Double: PostgresDecodable {
        package static var columnTypes: [PostgresType] { [.float8] }

        package init?(postgres bytes: UnsafeRawBufferPointer) {
            guard bytes.count == 8 else { return nil }
            self.init(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
        }
    }

    extension String: PostgresDecodable {
        package static var columnTypes: [PostgresType] { [.text, .varchar, .name] }

        package init?(postgres bytes: UnsafeRawBufferPointer) {
            self.init(validating: bytes, as: UTF8.self)
        }
    }

    extension UInt128: PostgresDecodable {
        package static var columnTypes: [PostgresType] { [.uuid] }

        package init?(postgres bytes: UnsafeRawBufferPointer) {
            guard bytes.count == 16 else { return nil }
            self.init(bigEndian: bytes.loadUnaligned(as: UInt128.self))
        }
    }

    extension Date: PostgresDecodable {
        package static var columnTypes: [PostgresType] { [.timestamptz] }

        package init?(postgres bytes: UnsafeRawBufferPointer) {
            guard bytes.count == 8, let microseconds = Int64(postgres: bytes) else { return nil }
            // The ends of the range mean infinity.
            guard microseconds != .max, microseconds != .min else { return nil }
            self.init(timeIntervalSinceReferenceDate: Double(microseconds) / 1_000_000 - 31_622_400)
        }
    }

    /// Bytes of a `bytea` column are an array, and so are the elements of arrays.
    extension Array: PostgresDecodable where Element: PostgresElement {
        package static var columnTypes: [PostgresType] { Element.arrayTypes }

        package init?(postgres bytes: UnsafeRawBufferPointer) {
            guard let array = Element.array(bytes) else { return nil }
            self = array
        }
    }

    /// An element of a column that holds several values.
    package protocol PostgresElement {
        static var arrayTypes: [PostgresType] { get }
        static func array(_ bytes: UnsafeRawBufferPointer) -> [Self]?
    }

    extension UInt8: PostgresElement {
        package static var arrayTypes: [PostgresType] { [.bytea] }
        package static func array(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? { Array(bytes) }
    }

    extension Int64: PostgresElement {
        package static var arrayTypes: [PostgresType] { [.int8Array] }
    }

    extension String: PostgresElement {
        package static var arrayTypes: [PostgresType] { [.textArray] }
    }

    extension UInt128: PostgresElement {
        package static var arrayTypes: [PostgresType] { [.uuidArray] }
    }

    extension [UInt8]: PostgresElement {
        package static var arrayTypes: [PostgresType] { [.byteaArray] }
    }

    extension PostgresElement where Self: PostgresDecodable {
        /// Reads an array of one dimension without NULLs.
        package static func array(_ bytes: UnsafeRawBufferPointer) -> [Self]? {
            func number(at offset: Int) -> Int? {
                guard offset >= 0, offset <= bytes.count - 4 else { return nil }
                return Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
            }
            guard let dimensions = number(at: 0), let type = number(at: 8) else { return nil }
            if dimensions == 0 { return [] }
            guard dimensions == 1, let count = number(at: 12), count >= 0, count <= bytes.count / 4,
                columnTypes.contains(where: { Int($0.rawValue) == type })
            else { return nil }
            var offset = 20
            var values: [Self] = []
            values.reserveCapacity(count)
            for _ in 0..<count {
                guard let length = number(at: offset), length >= 0, length <= bytes.count - offset - 4 else {
                    return nil
                }
                let element = bytes[offset + 4..<offset + 4 + length]
                guard let value = Self(postgres: UnsafeRawBufferPointer(rebasing: element)) else { return nil }
                values.append(value)
                offset += 4 + length
            }
            return offset == bytes.count ? values : nil
        }
    }
#endif
