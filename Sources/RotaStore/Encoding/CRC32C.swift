/// The Castagnoli checksum (CRC-32C, RFC 3720 appendix B.4) that guards every header and frame of the file store.
package struct CRC32C: Sendable {
    private var register: UInt32

    /// Creates the checksum of no bytes.
    package init() {
        register = ~0
    }

    /// The checksum of all bytes so far.
    package var value: UInt32 { ~register }

    /// Adds the next bytes.
    ///
    /// - Complexity: O(n), in steps of sixteen bytes.
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

    /// Adds the little-endian bytes of an integer.
    package mutating func update(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { update($0) }
    }

    /// Looks up the eight bytes of a word.
    ///
    /// `table` points at the table for the word's last byte.
    @inline(__always)
    private static func fold(_ word: UInt64, _ table: UnsafePointer<UInt32>) -> UInt32 {
        @inline(__always) func look(_ byte: UInt64) -> UInt32 {
            let row = Int(truncatingIfNeeded: (7 &- byte) &* 256)
            return table[row &+ Int(truncatingIfNeeded: (word &>> (byte &* 8)) & 0xff)]
        }
        return look(0) ^ look(1) ^ look(2) ^ look(3) ^ look(4) ^ look(5) ^ look(6) ^ look(7)
    }

    /// Sixteen tables of 256 entries: table k holds the effect of a byte that is followed by k more in the same step.
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

/// Fixed-width integers in the store's files: least significant byte first.
package enum LittleEndian {
    /// The 32-bit number at an offset.
    ///
    /// The caller has checked that its four bytes exist.
    @inline(__always)
    package static func uint32(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The 64-bit number at an offset.
    ///
    /// The caller has checked that its eight bytes exist.
    @inline(__always)
    package static func uint64(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Appends a number's bytes.
    @inline(__always)
    package static func append<Number: FixedWidthInteger>(_ value: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Overwrites the bytes at an offset with a number's bytes.
    @inline(__always)
    package static func put<Number: FixedWidthInteger>(_ value: Number, into bytes: inout [UInt8], at offset: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Number.self) }
    }
}
