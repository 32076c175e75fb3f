/// The first 32 bytes of a journal or snapshot: what it is, which format, which generation.
///
/// Later formats keep the length, the place of the version and the checksum, so that this version can say of any later
/// one that it is later rather than damaged.
package struct FileHeader: Sendable, Hashable {
    /// What a file holds.
    package enum Kind: UInt64, Sendable, CaseIterable {
        /// `ROTAJRNL`, read as a little-endian number.
        case journal = 0x4c4e_524a_4154_4f52
        /// `ROTASNAP`, read as a little-endian number.
        case snapshot = 0x5041_4e53_4154_4f52
    }

    /// Why 32 bytes are no header of the wanted kind.
    package enum ReadError: Error, Hashable {
        /// The bytes are not what was written.
        case damaged
        /// The bytes are sound, and of a format that a later version of this library wrote.
        case laterVersion(UInt32)
    }

    /// The length in bytes.
    package static let size = 32
    /// The format this version writes, and the latest it reads.
    package static let version: UInt32 = 1

    /// The largest generation and sequence number: beyond what a store can reach, and far from where counting ends.
    package static let largestNumber: UInt64 = 1 << 62

    package var kind: Kind
    /// Which of its line the file is; journal and snapshot of one generation begin at the same commit.
    package var generation: UInt64
    /// In a snapshot, the sequence number of the first frame that it does not contain; in a journal, 0.
    package var sequence: UInt64

    package init(_ kind: Kind, generation: UInt64, sequence: UInt64 = 0) {
        self.kind = kind
        self.generation = generation
        self.sequence = sequence
    }

    /// Reads a header.
    package init(_ kind: Kind, reading bytes: UnsafeRawBufferPointer) throws(ReadError) {
        guard bytes.count >= Self.size, LittleEndian.uint64(bytes, 0) == kind.rawValue,
            LittleEndian.uint32(bytes, 28) == Self.checksum(bytes)
        else { throw .damaged }
        let version = LittleEndian.uint32(bytes, 8)
        guard version <= Self.version else { throw .laterVersion(version) }
        self.init(kind, generation: LittleEndian.uint64(bytes, 12), sequence: LittleEndian.uint64(bytes, 20))
    }

    /// The header as it lies in the file.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        LittleEndian.append(kind.rawValue, to: &bytes)
        LittleEndian.append(Self.version, to: &bytes)
        LittleEndian.append(generation, to: &bytes)
        LittleEndian.append(sequence, to: &bytes)
        LittleEndian.append(UInt32(0), to: &bytes)
        let checksum = bytes.withUnsafeBytes { Self.checksum($0) }
        LittleEndian.put(checksum, into: &bytes, at: 28)
        return bytes
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<28]))
        return checksum.value
    }
}
