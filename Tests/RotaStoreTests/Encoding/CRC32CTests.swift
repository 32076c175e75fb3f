import RotaCore
import RotaStore
import RotaTesting
import Testing

@Suite struct CRC32CTests {
    @Test(
        "The vectors of RFC 3720 B.4",
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            ([UInt8](0..<32), 0x46dd_794e),
            ([UInt8]((0..<32).reversed()), 0x113f_db5c),
            (Array("123456789".utf8), 0xe306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func vectors(bytes: [UInt8], expected: UInt32) {
        #expect(Self.checksum(bytes) == expected)
    }

    @Test("The checksum equals a bit-by-bit one at every length, alignment and split")
    func oracle() {
        var random = SplitMix64(seed: 1)
        let bytes = (0..<96).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for start in 0..<17 {
            for end in start..<bytes.count {
                let expected = Self.bitwise(bytes[start..<end])
                let middle = start + (end - start) / 3
                bytes.withUnsafeBytes { all in
                    var checksum = CRC32C()
                    checksum.update(UnsafeRawBufferPointer(rebasing: all[start..<middle]))
                    checksum.update(UnsafeRawBufferPointer(rebasing: all[middle..<end]))
                    #expect(checksum.value == expected)
                }
            }
        }
    }

    @Test("An integer counts as its little-endian bytes")
    func integer() {
        var checksum = CRC32C()
        checksum.update(0x0807_0605_0403_0201)
        #expect(checksum.value == Self.checksum([1, 2, 3, 4, 5, 6, 7, 8]))
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var checksum = CRC32C()
        bytes.withUnsafeBytes { checksum.update($0) }
        return checksum.value
    }

    /// The definition: the remainder of a division by the polynomial, one bit at a time.
    static func bitwise(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc: UInt32 = ~0
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82f6_3b78 : crc >> 1 }
        }
        return ~crc
    }
}
