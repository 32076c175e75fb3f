/// Reads big-endian numbers from bytes and never beyond their end.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// How many bytes are left.
    var remaining: Int { bytes.count - position }

    /// The next `count` bytes, or `nil` if there are fewer.
    mutating func read(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// The next bytes as a signed number of 1, 4 or 8 bytes, or `nil` if there are fewer.
    mutating func signed(_ width: Int) -> Int64? {
        guard let slice = read(width) else { return nil }
        let value = slice.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
}
