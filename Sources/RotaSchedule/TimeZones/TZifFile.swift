/// The contents of a compiled time zone file (TZif, RFC 8536), versions 1 to 4.
struct TZifFile {
    /// The reason why a file is refused.
    struct Damage: Error {
        var reason: String
    }

    /// The seconds at which the offset may change, in order, with the offset from then on.
    private(set) var changes: [(second: Int64, offset: Int64)] = []
    /// The offset before the first change.
    private(set) var firstOffset: Int64 = 0
    /// The rule for all time after the last change, or `nil` if the file has none.
    private(set) var rule: PosixTimeZoneRule?

    /// The offsets that the format allows (RFC 8536, section 3.2), in seconds.
    static let offsets: ClosedRange<Int64> = -89_999...93_599

    /// Reads a file.
    ///
    /// - Throws: ``Damage`` if the file is not valid. Files with leap seconds are refused too, because dates do not
    ///   count them.
    init(_ bytes: [UInt8]) throws(Damage) {
        guard bytes.count <= 1 << 20 else { throw Damage(reason: "it is larger than 1 MiB") }
        var reader = ByteReader(bytes)
        let first = try Header(&reader)
        guard first.version > 0 else {
            try readBlock(&reader, first, width: 4)
            return
        }
        guard reader.read(first.size(width: 4)) != nil else { throw Damage(reason: "it ends in its first block") }
        let second = try Header(&reader)
        try readBlock(&reader, second, width: 8)
        try readFooter(&reader)
    }

    private struct Header {
        var version: Int
        var standardFlags, utFlags, leaps, changes, types, characters: Int

        init(_ reader: inout ByteReader) throws(Damage) {
            guard reader.read(4).map(Array.init) == Array("TZif".utf8) else {
                throw Damage(reason: "it does not begin with TZif")
            }
            guard let version = reader.signed(1), reader.read(15) != nil else { throw Damage(reason: "it ends early") }
            self.version = version == 0 ? 0 : Int(version) - 0x30
            var counts: [Int] = []
            for _ in 0..<6 {
                guard let count = reader.signed(4), 0...65_536 ~= count else {
                    throw Damage(reason: "a count in its header is too large")
                }
                counts.append(Int(count))
            }
            (utFlags, standardFlags, leaps, changes, types, characters) =
                (counts[0], counts[1], counts[2], counts[3], counts[4], counts[5])
        }

        func size(width: Int) -> Int {
            changes * (width + 1) + types * 6 + characters + leaps * (width + 4) + standardFlags + utFlags
        }
    }

    private mutating func readBlock(_ reader: inout ByteReader, _ header: Header, width: Int) throws(Damage) {
        guard reader.remaining >= header.size(width: width) else { throw Damage(reason: "it ends in its data") }
        guard header.types > 0 else { throw Damage(reason: "it has no offsets") }
        guard header.leaps == 0 else { throw Damage(reason: "it counts leap seconds") }
        var seconds: [Int64] = []
        for _ in 0..<header.changes { seconds.append(reader.signed(width) ?? 0) }
        guard zip(seconds, seconds.dropFirst()).allSatisfy(<) else {
            throw Damage(reason: "its changes are out of order")
        }
        let indices = Array(reader.read(header.changes) ?? [])
        var offsets: [Int64] = []
        for _ in 0..<header.types {
            guard let offset = reader.signed(4), Self.offsets.contains(offset), reader.read(2) != nil else {
                throw Damage(reason: "an offset is out of range")
            }
            offsets.append(offset)
        }
        _ = reader.read(header.characters + header.standardFlags + header.utFlags)
        firstOffset = offsets[0]
        for (second, index) in zip(seconds, indices) {
            guard Int(index) < offsets.count else { throw Damage(reason: "a change has no offset") }
            // Some files begin with the Big Bang. Everything before the supported years is one span.
            if second <= ZoneSpan.beginning {
                firstOffset = offsets[Int(index)]
            } else if second < ZoneSpan.forever {
                changes.append((second, offsets[Int(index)]))
            }
        }
    }

    private mutating func readFooter(_ reader: inout ByteReader) throws(Damage) {
        guard let footer = reader.read(reader.remaining), footer.first == 0x0A,
            let end = footer.dropFirst().firstIndex(of: 0x0A)
        else { throw Damage(reason: "its last line is missing") }
        let text = footer[footer.startIndex + 1..<end]
        guard !text.isEmpty else { return }
        guard let rule = PosixTimeZoneRule(Array(text)) else {
            throw Damage(reason: "its last line, \(String(decoding: text, as: UTF8.self)), is not a rule")
        }
        self.rule = rule
    }
}

/// Reads big-endian numbers from bytes, without reading past the end.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The number of bytes left.
    var remaining: Int { bytes.count - position }

    /// Reads the next `count` bytes, or returns `nil` if there are fewer.
    mutating func read(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// Reads a signed number of 1, 4 or 8 bytes, or returns `nil` if there are fewer.
    mutating func signed(_ width: Int) -> Int64? {
        guard let slice = read(width) else { return nil }
        let value = slice.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
}
