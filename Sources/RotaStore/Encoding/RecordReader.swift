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
    private var shape = RecordShape.number
    /// A number, or the low half of what is wider.
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var content = UnsafeRawBufferPointer(start: nil, count: 0)

    /// Reads bytes that the caller keeps alive.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Steps to the next field.
    ///
    /// - Returns: The field's number, or nil at the end of the record.
    @inline(__always)
    package mutating func next() throws(RecordFormatError) -> UInt64? {
        if offset == bytes.count { return nil }
        let key = try varint()
        switch key & 3 {
        case 0:
            shape = .number
            low = try varint()
        case 1:
            shape = .eightBytes
            low = LittleEndian.uint64(bytes, try take(8))
        case 2:
            shape = .sixteenBytes
            let place = try take(16)
            low = LittleEndian.uint64(bytes, place)
            high = LittleEndian.uint64(bytes, place + 8)
        default:
            shape = .bytes
            let size = try varint()
            let place = try take(size)
            content = UnsafeRawBufferPointer(start: bytes.baseAddress.map { $0 + place }, count: offset - place)
        }
        return key >> 2
    }

    /// Throws if the field has another shape.
    @inline(__always)
    package func check(_ wanted: RecordShape) throws(RecordFormatError) {
        if shape != wanted { throw mismatch(wanted) }
    }

    /// Whether the field is a number, where a number and text are both allowed.
    package var isNumber: Bool { shape == .number }

    /// The field as a number.
    package func int() throws(RecordFormatError) -> Int {
        try check(.number)
        return Int(truncatingIfNeeded: Int64(bitPattern: low >> 1) ^ -Int64(bitPattern: low & 1))
    }

    /// The field as a date.
    package func date() throws(RecordFormatError) -> Date {
        try check(.eightBytes)
        return Date(timeIntervalSinceReferenceDate: Double(bitPattern: low))
    }

    /// The field as an identifier.
    package func id<ID: RecordID>() throws(RecordFormatError) -> ID {
        try check(.sixteenBytes)
        return ID(bits: UInt128(high) << 64 | UInt128(low))
    }

    /// The field as a duration.
    package func duration() throws(RecordFormatError) -> Duration {
        try check(.sixteenBytes)
        return Duration(attoseconds: Int128(bitPattern: UInt128(high) << 64 | UInt128(low)))
    }

    /// The field as text.
    package func text() throws(RecordFormatError) -> String {
        try check(.bytes)
        return String(decoding: content, as: UTF8.self)
    }

    /// The field as data.
    package func data() throws(RecordFormatError) -> Data {
        try check(.bytes)
        return Data(content)
    }

    /// The field as another record.
    package func record() throws(RecordFormatError) -> RecordReader {
        try check(.bytes)
        return RecordReader(content)
    }

    /// The bytes of the field, which is another record.
    package func recordBytes() throws(RecordFormatError) -> UnsafeRawBufferPointer {
        try check(.bytes)
        return content
    }

    /// Adds the field, a label, to those read before.
    package func label(into attributes: inout [String: String]) throws(RecordFormatError) {
        var record = try record()
        var (name, text): (String?, String?)
        while let field = try record.next() {
            switch field {
            case 1: name = try record.text()
            case 2: text = try record.text()
            default: break
            }
        }
        attributes[try Self.known(name, "a label's name")] = try Self.known(text, "a label's value")
    }

    /// A value that a record cannot do without.
    package static func known<Value>(_ value: Value?, _ what: String) throws(RecordFormatError) -> Value {
        guard let value else { throw RecordFormatError("\(what) is missing") }
        return value
    }

    @inline(never)
    private func mismatch(_ wanted: RecordShape) -> RecordFormatError {
        RecordFormatError("a field has the shape \(shape), expected \(wanted)", isLaterFormat: true)
    }

    /// Steps over bytes, and returns where they begin.
    @inline(__always)
    private mutating func take(_ count: UInt64) throws(RecordFormatError) -> Int {
        guard count <= UInt64(bytes.count - offset) else { throw RecordFormatError("a field runs past the end") }
        defer { offset += Int(count) }
        return offset
    }

    @inline(__always)
    private mutating func varint() throws(RecordFormatError) -> UInt64 {
        guard offset < bytes.count, bytes[offset] < 0x80 else { return try longVarint() }
        defer { offset += 1 }
        return UInt64(bytes[offset])
    }

    @inline(never)
    private mutating func longVarint() throws(RecordFormatError) -> UInt64 {
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

/// The shapes of values, which tell a reader how long an unknown field is.
package enum RecordShape: UInt64 {
    /// A variable-length integer, seven bits a byte, low bits first; signed numbers are zigzagged.
    case number = 0
    /// Eight bytes: a date, as the bits of its seconds since 2001.
    case eightBytes = 1
    /// Sixteen bytes: an identifier, or a duration in attoseconds.
    case sixteenBytes = 2
    /// A length and as many bytes: text in UTF-8, data, or another record.
    case bytes = 3
}
