/// The first 32 bytes of a journal or snapshot.
///
/// ```
///   0         8         12           20          28         32
///   ┌─────────┬─────────┬────────────┬───────────┬──────────┐
///   │ kind    │ version │ generation │ sequence  │ checksum │
///   └─────────┴─────────┴────────────┴───────────┴──────────┘
/// ```
///
/// Later formats must keep the size, the offset of the version and the checksum, so that this version can tell a later
/// format from a damaged header.
package struct FileHeader: Sendable, Hashable {
    /// The content of a file.
    package enum Kind: UInt64, Sendable, CaseIterable {
        /// `ROTAJRNL`, read as a little-endian number.
        case journal = 0x4c4e_524a_4154_4f52
        /// `ROTASNAP`, read as a little-endian number.
        case snapshot = 0x5041_4e53_4154_4f52
    }

    /// Why 32 bytes are not the expected header.
    package enum ReadError: Error, Hashable {
        /// The bytes are not those that were written.
        case damaged
        /// The header is valid, but has a format of a later version of the library.
        case laterVersion(UInt32)
    }

    /// The size of a header in bytes.
    package static let size = 32
    /// The format that this version writes, and the latest that it reads.
    package static let version: UInt32 = 1

    /// The maximum generation and sequence number.
    ///
    /// No store reaches it, and adding to it cannot overflow.
    package static let largestNumber: UInt64 = 1 << 62

    package var kind: Kind
    /// The number of the file.
    ///
    /// The journal and the snapshot of one generation start at the same commit.
    package var generation: UInt64
    /// In a snapshot, the number of the first frame in the journal of the same generation.
    ///
    /// In a journal, 0.
    package var sequence: UInt64

    package init(_ kind: Kind, generation: UInt64, sequence: UInt64 = 0) {
        self.kind = kind
        self.generation = generation
        self.sequence = sequence
    }

    /// Reads a header.
    ///
    /// - Throws: ``ReadError`` if the bytes are not a header of this kind.
    package init(_ kind: Kind, reading bytes: UnsafeRawBufferPointer) throws(ReadError) {
        guard bytes.count >= Self.size, LittleEndian.uint64(bytes, 0) == kind.rawValue,
            LittleEndian.uint32(bytes, 28) == Self.checksum(bytes)
        else { throw .damaged }
        let version = LittleEndian.uint32(bytes, 8)
        guard version <= Self.version else { throw .laterVersion(version) }
        self.init(kind, generation: LittleEndian.uint64(bytes, 12), sequence: LittleEndian.uint64(bytes, 20))
    }

    /// The header as bytes.
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
