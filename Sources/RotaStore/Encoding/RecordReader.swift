package import Foundation

/// Why bytes are not the expected record.
package struct RecordFormatError: Error, Hashable {
    /// The reason, as a phrase such as `a field runs past the end`.
    package let message: String
    /// Whether a later version of the library may be able to read them.
    package let isLaterFormat: Bool

    package init(_ message: String, isLaterFormat: Bool = false) {
        self.message = message
        self.isLaterFormat = isLaterFormat
    }
}

/// Reads the fields that a ``RecordWriter`` wrote.
///
/// Valid only as long as the bytes are.
package struct RecordReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var shape = RecordShape.number
    /// The value of a number or of eight bytes, or the low half of sixteen bytes.
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var content = UnsafeRawBufferPointer(start: nil, count: 0)

    /// Creates a reader of bytes that the caller keeps alive.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Advances to the next field that a record type knows, stepping over the fields of later versions.
    ///
    /// - Returns: The field, or `nil` at the end of the record.
    @inline(__always)
    package mutating func next<Field: RecordField>(_: Field.Type) throws(RecordFormatError) -> Field? {
        while let number = try next() {
            if let field = Field(rawValue: number) { return field }
        }
        return nil
    }

    /// Advances to the next field.
    ///
    /// - Returns: The field's number, or `nil` at the end of the record.
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
            low = LittleEndian.uint64(bytes, try advance(by: 8))
        case 2:
            shape = .sixteenBytes
            let start = try advance(by: 16)
            low = LittleEndian.uint64(bytes, start)
            high = LittleEndian.uint64(bytes, start + 8)
        default:
            shape = .bytes
            let size = try varint()
            let start = try advance(by: size)
            content = UnsafeRawBufferPointer(start: bytes.baseAddress.map { $0 + start }, count: offset - start)
        }
        return key >> 2
    }

    /// Throws if the field has another shape.
    @inline(__always)
    package func check(_ wanted: RecordShape) throws(RecordFormatError) {
        if shape != wanted { throw mismatch(wanted) }
    }

    /// Whether the field is a number, for fields that may be a number or text.
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

    /// The field as a nested record.
    package func record() throws(RecordFormatError) -> RecordReader {
        try check(.bytes)
        return RecordReader(content)
    }

    /// The bytes of a nested record.
    package func recordBytes() throws(RecordFormatError) -> UnsafeRawBufferPointer {
        try check(.bytes)
        return content
    }

    /// Adds the field, which is one attribute, to those read before.
    package func attribute(into attributes: inout [String: String]) throws(RecordFormatError) {
        var record = try record()
        var (name, text): (String?, String?)
        while let field = try record.next(AttributeField.self) {
            switch field {
            case .name: name = try record.text()
            case .text: text = try record.text()
            }
        }
        attributes[try Self.known(name, "an attribute's name")] = try Self.known(text, "an attribute's value")
    }

    /// Returns a value that a record must have.
    ///
    /// - Throws: ``RecordFormatError`` if it is `nil`.
    package static func known<Value>(_ value: Value?, _ what: String) throws(RecordFormatError) -> Value {
        guard let value else { throw RecordFormatError("\(what) is missing") }
        return value
    }

    @inline(never)
    private func mismatch(_ wanted: RecordShape) -> RecordFormatError {
        RecordFormatError("a field has the shape \(shape), expected \(wanted)", isLaterFormat: true)
    }

    /// Steps over bytes and returns the offset at which they begin.
    @inline(__always)
    private mutating func advance(by count: UInt64) throws(RecordFormatError) -> Int {
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

/// The shape of a value, which tells a reader how long a field is even if it does not know the field.
package enum RecordShape: UInt64 {
    /// A varint: seven bits a byte, low bits first. Signed numbers are zigzag-encoded.
    case number = 0
    /// Eight bytes: a date, as the bits of its seconds since 2001.
    case eightBytes = 1
    /// Sixteen bytes: an identifier, or a duration in attoseconds.
    case sixteenBytes = 2
    /// A length and that many bytes: UTF-8 text, data, or a nested record.
    case bytes = 3
}
