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
