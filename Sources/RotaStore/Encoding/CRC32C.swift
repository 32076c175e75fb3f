/// The Castagnoli checksum (CRC-32C, RFC 3720 appendix B.4) that guards every header and frame of the file store.
package struct CRC32C: Sendable {
    private var register: UInt32

    /// Starts a checksum of nothing.
    package init() {
        register = ~0
    }

    /// The checksum of the bytes taken in so far.
    package var value: UInt32 { ~register }

    /// Takes in the next bytes.
    ///
    /// - Parameter bytes: Bytes that follow those taken in before; none changes nothing.
    /// - Complexity: O(n), sixteen bytes a step.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard var next = bytes.baseAddress else { return }
        var left = bytes.count
        var crc = register
        Self.tables.withUnsafeBufferPointer { table in
            guard let table = table.baseAddress else { return }
            while left >= 16 {
                let low = UInt64(littleEndian: next.loadUnaligned(as: UInt64.self)) ^ UInt64(crc)
                let high = UInt64(littleEndian: next.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                crc = Self.fold(low, table + 2048) ^ Self.fold(high, table)
                next += 16
                left -= 16
            }
            while left > 0 {
                crc = (crc &>> 8) ^ table[Int(truncatingIfNeeded: (crc ^ UInt32(next.load(as: UInt8.self))) & 0xff)]
                next += 1
                left -= 1
            }
        }
        register = crc
    }

    /// Takes in an integer as its little-endian bytes.
    package mutating func update(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { update($0) }
    }

    /// Eight look-ups for the eight bytes of a word; `table` points at the table of the word's last byte.
    @inline(__always)
    private static func fold(_ word: UInt64, _ table: UnsafePointer<UInt32>) -> UInt32 {
        @inline(__always) func look(_ byte: UInt64) -> UInt32 {
            let row = Int(truncatingIfNeeded: (7 &- byte) &* 256)
            return table[row &+ Int(truncatingIfNeeded: (word &>> (byte &* 8)) & 0xff)]
        }
        return look(0) ^ look(1) ^ look(2) ^ look(3) ^ look(4) ^ look(5) ^ look(6) ^ look(7)
    }

    /// Sixteen tables of 256: table k holds the effect of a byte that k more bytes follow in the same step.
    private static let tables: [UInt32] = {
        let reversedPolynomial: UInt32 = 0x82F6_3B78
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 {
                crc = (crc &>> 1) ^ (crc & 1 == 0 ? 0 : reversedPolynomial)
            }
            tables[byte] = crc
        }
        for index in 256..<tables.count {
            let before = tables[index - 256]
            tables[index] = (before &>> 8) ^ tables[Int(before & 0xff)]
        }
        return tables
    }()
}

/// Fixed-width integers as they lie in the store's files, least significant byte first.
package enum LittleEndian {
    /// The 32-bit number at an offset; the caller has checked that its four bytes are there.
    @inline(__always)
    package static func uint32(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The 64-bit number at an offset; the caller has checked that its eight bytes are there.
    @inline(__always)
    package static func uint64(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Appends a number's bytes.
    @inline(__always)
    package static func append<Number: FixedWidthInteger>(_ value: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Puts a number's bytes in place of those at an offset.
    @inline(__always)
    package static func put<Number: FixedWidthInteger>(_ value: Number, into bytes: inout [UInt8], at offset: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Number.self) }
    }
}
