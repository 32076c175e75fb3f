/// Zeros as a gzip stream (RFC 1952, RFC 1951), written without a compressor: one literal, then copies of 258 bytes.
enum GzipZeros {
    /// Returns a stream that unpacks to `count` zeros.
    static func bytes(_ count: Int) -> [UInt8] {
        var bits = BitWriter()
        bits.write(1, count: 1)  // the last block
        bits.write(1, count: 2)  // with the fixed codes
        var left = max(0, count)
        if left > 0 {
            bits.writeCode(0x30, count: 8)  // the literal 0
            left -= 1
        }
        while left >= 258 {
            bits.writeCode(0b1100_0101, count: 8)  // length 258
            bits.writeCode(0, count: 5)  // distance 1
            left -= 258
        }
        for _ in 0..<left { bits.writeCode(0x30, count: 8) }
        bits.writeCode(0, count: 7)  // the end of the block
        let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        return header + bits.finish() + littleEndian(crc32(zeros: count))
            + littleEndian(UInt32(truncatingIfNeeded: count))
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }

    private static func crc32(zeros count: Int) -> UInt32 {
        let table = (0..<256).map { start -> UInt32 in
            var entry = UInt32(start)
            for _ in 0..<8 { entry = entry & 1 == 1 ? 0xEDB8_8320 ^ (entry >> 1) : entry >> 1 }
            return entry
        }
        var value = UInt32.max
        for _ in 0..<max(0, count) { value = table[Int(value & 0xFF)] ^ (value >> 8) }
        return ~value
    }

    /// Packs bits from the lowest of each byte, as deflate does.
    ///
    /// Codes are written highest bit first.
    private struct BitWriter {
        private var bytes: [UInt8] = []
        private var current: UInt8 = 0
        private var used = 0

        mutating func write(_ value: Int, count: Int) {
            for index in 0..<count { append(value >> index & 1) }
        }

        mutating func writeCode(_ value: Int, count: Int) {
            for index in (0..<count).reversed() { append(value >> index & 1) }
        }

        private mutating func append(_ bit: Int) {
            current |= UInt8(bit) << UInt8(used)
            used += 1
            guard used == 8 else { return }
            bytes.append(current)
            current = 0
            used = 0
        }

        func finish() -> [UInt8] { used > 0 ? bytes + [current] : bytes }
    }
}
