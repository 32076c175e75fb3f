package import Foundation

/// The number of a field in one type of record.
///
/// Each record type declares its fields once, as an `enum Field: UInt64`. A number keeps its meaning forever: add a
/// field under the next free number, and make it optional, because files written earlier do not have it.
package protocol RecordField: RawRepresentable<UInt64> {}

/// Writes a record as numbered fields, so that later versions can add fields and earlier versions can step over them.
///
/// ```
///   key                    value
///   field × 4 + shape      as long as the shape says, see RecordShape
///   (a varint)
/// ```
///
/// A value that is `nil` or an empty dictionary has no field.
package struct RecordWriter {
    /// The bytes written so far.
    package var bytes: [UInt8]

    /// Creates a writer that appends to existing bytes.
    package init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Lets a closure append to an array as to a record, without copying the array.
    package static func append(
        to bytes: inout [UInt8], _ body: (inout RecordWriter) throws -> Void
    ) rethrows {
        var writer = RecordWriter()
        swap(&writer.bytes, &bytes)
        defer { swap(&writer.bytes, &bytes) }
        try body(&writer)
    }

    /// Writes a number.
    package mutating func put(_ field: some RecordField, _ value: Int?) {
        guard let value else { return }
        key(field, .number)
        varint(UInt64(bitPattern: Int64(value &<< 1)) ^ UInt64(bitPattern: Int64(value &>> 63)))
    }

    /// Writes a date exactly.
    package mutating func put(_ field: some RecordField, _ value: Date?) {
        guard let value else { return }
        key(field, .eightBytes)
        LittleEndian.append(value.timeIntervalSinceReferenceDate.bitPattern, to: &bytes)
    }

    /// Writes an identifier.
    package mutating func put(_ field: some RecordField, _ value: (some RecordID)?) {
        guard let value else { return }
        key(field, .sixteenBytes)
        LittleEndian.append(value.bits, to: &bytes)
    }

    /// Writes a duration exactly.
    package mutating func put(_ field: some RecordField, _ value: Duration?) {
        guard let value else { return }
        key(field, .sixteenBytes)
        LittleEndian.append(UInt128(bitPattern: value.attoseconds), to: &bytes)
    }

    /// Writes text.
    package mutating func put(_ field: some RecordField, _ value: String?) {
        guard var value else { return }
        key(field, .bytes)
        value.withUTF8 { text in
            varint(UInt64(text.count))
            bytes.append(contentsOf: text)
        }
    }

    /// Writes bytes.
    package mutating func put(_ field: some RecordField, _ value: Data?) {
        guard let value else { return }
        key(field, .bytes)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Writes each attribute as a field of its own, in the order of the names.
    package mutating func put(_ field: some RecordField, _ value: [String: String]) {
        if value.isEmpty { return }
        for (name, text) in value.sorted(by: { $0.key < $1.key }) {
            record(field) { record in
                record.put(AttributeField.name, name)
                record.put(AttributeField.text, text)
            }
        }
    }

    /// Writes a nested record.
    package mutating func record(_ field: some RecordField, _ body: (inout RecordWriter) throws -> Void) rethrows {
        key(field, .bytes)
        let start = bytes.count
        // Reserve one byte for the length, which is enough for most records. Longer ones make room afterwards.
        bytes.append(0)
        try body(&self)
        let size = UInt64(bytes.count - start - 1)
        if size < 0x80 {
            bytes[start] = UInt8(size)
        } else {
            var length = RecordWriter()
            length.varint(size)
            bytes.replaceSubrange(start...start, with: length.bytes)
        }
    }

    /// Writes a nested record that is already encoded.
    package mutating func record(_ field: some RecordField, bytes record: [UInt8]) {
        key(field, .bytes)
        varint(UInt64(record.count))
        bytes.append(contentsOf: record)
    }

    private mutating func key(_ field: some RecordField, _ shape: RecordShape) {
        varint(field.rawValue << 2 | shape.rawValue)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// The fields of an attribute, which is a record of its own.
enum AttributeField: UInt64, RecordField {
    case name = 1
    case text = 2
}
