package import Foundation

/// Why bytes are not the record they should be.
package struct RecordFormatError: Error, Hashable {
    /// What was wrong.
    package let message: String
    /// Whether a later version of this library may know better.
    package let isLaterFormat: Bool

    package init(_ message: String, isLaterFormat: Bool = false) {
        self.message = message
        self.isLaterFormat = isLaterFormat
    }
}

/// Reads the fields that a ``RecordWriter`` wrote; valid only as long as the bytes are.
package struct RecordReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var shape = RecordWriter.Shape.number
    private var number: UInt64 = 0
    private var wide: UInt128 = 0
    private var content = UnsafeRawBufferPointer(start: nil, count: 0)

    /// Reads bytes that the caller keeps alive.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Steps to the next field.
    ///
    /// - Returns: The field's number, or nil at the end of the record.
    package mutating func next() throws(RecordFormatError) -> UInt64? {
        if offset == bytes.count { return nil }
        let key = try varint()
        switch key & 3 {
        case 0:
            shape = .number
            number = try varint()
        case 1:
            shape = .eightBytes
            let field = try take(8)
            number = LittleEndian.uint64(field, 0)
        case 2:
            shape = .sixteenBytes
            let field = try take(16)
            wide = UInt128(LittleEndian.uint64(field, 8)) << 64 | UInt128(LittleEndian.uint64(field, 0))
        default:
            shape = .bytes
            let size = try varint()
            guard size <= UInt64(bytes.count - offset) else { throw RecordFormatError("a field runs past the end") }
            content = try take(Int(size))
        }
        return key >> 2
    }

    /// Whether the field is a number, where a number and text are both allowed.
    package var isNumber: Bool { shape == .number }

    /// The field as a number.
    package func int() throws(RecordFormatError) -> Int {
        try require(.number)
        return Int(truncatingIfNeeded: Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1))
    }

    /// The field as a date.
    package func date() throws(RecordFormatError) -> Date {
        try require(.eightBytes)
        return Date(timeIntervalSinceReferenceDate: Double(bitPattern: number))
    }

    /// The field as an identifier.
    package func id<ID: RecordID>() throws(RecordFormatError) -> ID {
        try require(.sixteenBytes)
        return ID(bits: wide)
    }

    /// The field as a duration.
    package func duration() throws(RecordFormatError) -> Duration {
        try require(.sixteenBytes)
        return Duration(attoseconds: Int128(bitPattern: wide))
    }

    /// The field as text.
    package func text() throws(RecordFormatError) -> String {
        try require(.bytes)
        return String(decoding: content, as: UTF8.self)
    }

    /// The field as data.
    package func data() throws(RecordFormatError) -> Data {
        try require(.bytes)
        return Data(content)
    }

    /// The field as another record.
    package func record() throws(RecordFormatError) -> RecordReader {
        try require(.bytes)
        return RecordReader(content)
    }

    /// Adds the field, a label, to those read before.
    package func label(into labels: inout [String: String]) throws(RecordFormatError) {
        var record = try record()
        var (name, text): (String?, String?)
        while let field = try record.next() {
            switch field {
            case 1: name = try record.text()
            case 2: text = try record.text()
            default: break
            }
        }
        labels[try Self.known(name, "a label's name")] = try Self.known(text, "a label's value")
    }

    /// A value that a record cannot do without.
    package static func known<Value>(_ value: Value?, _ what: String) throws(RecordFormatError) -> Value {
        guard let value else { throw RecordFormatError("\(what) is missing") }
        return value
    }

    private func require(_ wanted: RecordWriter.Shape) throws(RecordFormatError) {
        guard shape == wanted else {
            throw RecordFormatError("a field has the shape \(shape), expected \(wanted)", isLaterFormat: true)
        }
    }

    private mutating func take(_ count: Int) throws(RecordFormatError) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - offset else { throw RecordFormatError("a field runs past the end") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
    }

    private mutating func varint() throws(RecordFormatError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count, shift < 64 {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw RecordFormatError("a number does not end")
    }
}
