/// The header of one commit in a journal, or of one chunk in a snapshot.
///
/// ```
///   0          4          8                     16     20         24
///   ┌──────────┬──────────┬─────────────────────┬──────┬──────────┬─────────┐
///   │ checksum │ size     │ sequence            │ kind │ unsynced │ payload │
///   └──────────┴──────────┴─────────────────────┴──────┴──────────┴─────────┘
/// ```
///
/// The checksum covers the file's generation and everything after the checksum. A frame that ended up in the wrong file
/// is therefore not mistaken for one of that file.
package struct Frame: Sendable, Hashable {
    /// The content of a frame.
    package enum Kind: UInt8, Sendable {
        /// Changes to apply, in the payload.
        case changes = 0
        /// Nothing. The seal proves that all frames before it were on disk when it was written.
        case seal = 1
    }

    /// The size of the header in bytes.
    package static let headerSize = 24
    /// The maximum size of the payload in bytes.
    ///
    /// Larger commits are refused.
    package static let maximumPayload = 1 << 28

    package var kind: Kind
    /// The frame's number: from 1 across all journals of a store without gaps, and from 1 in each snapshot.
    package var sequence: UInt64
    /// The number of frames, including this one, that may not have been on disk when this one was written.
    package var unsynced: UInt32
    /// The size of the payload in bytes.
    package var payloadSize: Int

    package init(_ kind: Kind, sequence: UInt64, unsynced: UInt32 = 1, payloadSize: Int = 0) {
        self.kind = kind
        self.sequence = sequence
        self.unsynced = unsynced
        self.payloadSize = payloadSize
    }

    /// The number of the last frame that was certainly on disk when this one was written.
    package var lastSynced: UInt64 {
        sequence >= UInt64(unsynced) ? sequence - UInt64(unsynced) : 0
    }

    /// Reads the frame at an offset, or returns `nil` if there is no complete and valid frame.
    package init?(reading bytes: UnsafeRawBufferPointer, at offset: Int = 0, generation: UInt64) {
        guard let size = Self.validPayloadSize(bytes, at: offset, generation: generation),
            let kind = Kind(rawValue: bytes[offset + 16])
        else { return nil }
        self.init(
            kind, sequence: LittleEndian.uint64(bytes, offset + 8), unsynced: LittleEndian.uint32(bytes, offset + 20),
            payloadSize: size)
    }

    /// Returns the kind of the frame at an offset if the frame is valid and only its kind is unknown, because a later
    /// version wrote it.
    static func laterKind(_ bytes: UnsafeRawBufferPointer, at offset: Int, generation: UInt64) -> UInt8? {
        guard validPayloadSize(bytes, at: offset, generation: generation) != nil else { return nil }
        return Kind(rawValue: bytes[offset + 16]) == nil ? bytes[offset + 16] : nil
    }

    /// Returns the payload size of the frame at an offset, or `nil` if it is incomplete or its checksum is wrong.
    private static func validPayloadSize(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, generation: UInt64
    ) -> Int? {
        guard let size = claimedPayloadSize(bytes, at: offset), size <= bytes.count - offset - headerSize else {
            return nil
        }
        let covered = UnsafeRawBufferPointer(rebasing: bytes[(offset + 4)..<(offset + headerSize + size)])
        return checksum(covered, generation: generation) == LittleEndian.uint32(bytes, offset) ? size : nil
    }

    /// Returns the payload size in the header at an offset, or `nil` if it is impossible or the header is incomplete.
    package static func claimedPayloadSize(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) -> Int? {
        guard bytes.count - offset >= headerSize else { return nil }
        let size = Int(LittleEndian.uint32(bytes, offset + 4))
        return size <= maximumPayload ? size : nil
    }

    /// Appends a frame, whose payload a closure appends.
    ///
    /// On an error, nothing is appended.
    ///
    /// - Returns: The size of the payload in bytes.
    /// - Throws: ``FileStoreError`` with the code `commitTooLarge`, and any error of the closure.
    @discardableResult
    package static func append(
        _ kind: Kind, sequence: UInt64, unsynced: UInt32, generation: UInt64, limit: Int = maximumPayload,
        to bytes: inout [UInt8], payload write: (inout [UInt8]) throws -> Void
    ) throws -> Int {
        let start = bytes.count
        LittleEndian.append(UInt64(0), to: &bytes)
        LittleEndian.append(sequence, to: &bytes)
        LittleEndian.append(UInt32(kind.rawValue), to: &bytes)
        LittleEndian.append(unsynced, to: &bytes)
        do {
            try write(&bytes)
        } catch {
            bytes.removeSubrange(start...)
            throw error
        }
        let size = bytes.count - start - headerSize
        guard size >= 0, size <= min(limit, maximumPayload) else {
            bytes.removeSubrange(start...)
            throw FileStoreError(
                .commitTooLarge, path: "",
                "a commit takes at most \(min(limit, maximumPayload)) bytes, and this one is larger; nothing of it was "
                    + "stored, commit fewer records at once")
        }
        LittleEndian.put(UInt32(size), into: &bytes, at: start + 4)
        let sum = bytes.withUnsafeBytes {
            checksum(UnsafeRawBufferPointer(rebasing: $0[(start + 4)...]), generation: generation)
        }
        LittleEndian.put(sum, into: &bytes, at: start)
        return size
    }

    private static func checksum(_ covered: UnsafeRawBufferPointer, generation: UInt64) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(generation)
        checksum.update(covered)
        return checksum.value
    }
}

/// Searches for proof that unreadable bytes in a journal were once safe on disk.
///
/// A crash can only tear bytes that were not synced. Every frame says which frames were synced when it was written. So
/// if a valid frame follows the unreadable bytes and says that the frame missing there was synced, no crash did this:
/// the file is damaged. Without such a frame, a crash tore the last write, which was not acknowledged and can be cut
/// off.
///
/// ```
///   frame 7    frame 8    ?????????   frame 10, 1 unsynced    →  9 was synced before 10 was written: damaged
///   frame 7    frame 8    ?????????   frame 10, 2 unsynced    →  9 and 10 were one write, and it was torn
/// ```
package enum FrameScan {
    /// Finds a frame that proves that the frame with the number `missing` was synced.
    ///
    /// - Parameters:
    ///   - bytes: The rest of a file, from the first unreadable byte.
    ///   - generation: The file's generation.
    ///   - missing: The number of the first frame that could not be read.
    /// - Returns: The offset of the proof in `bytes`, or `nil` if there is none.
    /// - Complexity: O(n). Bytes that look like a frame at every offset, which only an attacker writes, would take
    ///   O(n²). They exceed a limit and count as proof.
    package static func proof(in bytes: UnsafeRawBufferPointer, generation: UInt64, missing: UInt64) -> Int? {
        guard bytes.count >= Frame.headerSize else { return nil }
        // No file holds so many frames. A number beyond is a coincidence.
        let farthest = missing &+ (1 << 40)
        var effort = 16 * bytes.count + (1 << 20)
        for offset in 0...(bytes.count - Frame.headerSize) {
            let sequence = LittleEndian.uint64(bytes, offset + 8)
            guard sequence > missing, sequence < farthest else { continue }
            let unsynced = UInt64(LittleEndian.uint32(bytes, offset + 20))
            guard unsynced >= 1, unsynced <= sequence, sequence - unsynced >= missing else { continue }
            guard let size = Frame.claimedPayloadSize(bytes, at: offset),
                size <= bytes.count - offset - Frame.headerSize
            else { continue }
            effort -= size
            if effort < 0 || Frame(reading: bytes, at: offset, generation: generation) != nil { return offset }
        }
        return nil
    }
}
