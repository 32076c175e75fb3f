package import Foundation

/// Writes a record as numbered fields, so that later versions can add some and earlier ones can step over them.
///
/// A field is its number and the shape of its value in one byte pair or less, then the value. What is nil or empty is
/// left out.
package struct RecordWriter {
    /// The bytes written so far.
    package var bytes: [UInt8]

    /// Goes on behind bytes that are there.
    package init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Lets a body append to an array as to a record, without copying it.
    package static func append(
        to bytes: inout [UInt8], _ body: (inout RecordWriter) throws -> Void
    ) rethrows {
        var writer = RecordWriter()
        swap(&writer.bytes, &bytes)
        defer { swap(&writer.bytes, &bytes) }
        try body(&writer)
    }

    /// Writes a number.
    package mutating func put(_ field: UInt64, _ value: Int?) {
        guard let value else { return }
        key(field, .number)
        varint(UInt64(bitPattern: Int64(value &<< 1)) ^ UInt64(bitPattern: Int64(value &>> 63)))
    }

    /// Writes a date, to the last bit.
    package mutating func put(_ field: UInt64, _ value: Date?) {
        guard let value else { return }
        key(field, .eightBytes)
        LittleEndian.append(value.timeIntervalSinceReferenceDate.bitPattern, to: &bytes)
    }

    /// Writes an identifier.
    package mutating func put(_ field: UInt64, _ value: (some RecordID)?) {
        guard let value else { return }
        key(field, .sixteenBytes)
        LittleEndian.append(value.bits, to: &bytes)
    }

    /// Writes a duration, to the attosecond.
    package mutating func put(_ field: UInt64, _ value: Duration) {
        key(field, .sixteenBytes)
        LittleEndian.append(UInt128(bitPattern: value.attoseconds), to: &bytes)
    }

    /// Writes text.
    package mutating func put(_ field: UInt64, _ value: String?) {
        guard var value else { return }
        key(field, .bytes)
        value.withUTF8 { text in
            varint(UInt64(text.count))
            bytes.append(contentsOf: text)
        }
    }

    /// Writes bytes.
    package mutating func put(_ field: UInt64, _ value: Data?) {
        guard let value else { return }
        key(field, .bytes)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Writes labels, each as a record of its name and its value.
    package mutating func put(_ field: UInt64, _ value: [String: String]) {
        if value.isEmpty { return }
        for (name, text) in value.sorted(by: { $0.key < $1.key }) {
            record(field) { record in
                record.put(1, name)
                record.put(2, text)
            }
        }
    }

    /// Writes another record.
    package mutating func record(_ field: UInt64, _ body: (inout RecordWriter) throws -> Void) rethrows {
        key(field, .bytes)
        let start = bytes.count
        // Most records are shorter than 128 bytes; for the others the length takes more room than was left.
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

    /// Writes another record that is there already.
    package mutating func record(_ field: UInt64, bytes record: [UInt8]) {
        key(field, .bytes)
        varint(UInt64(record.count))
        bytes.append(contentsOf: record)
    }

    private mutating func key(_ field: UInt64, _ shape: RecordShape) {
        varint(field << 2 | shape.rawValue)
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
