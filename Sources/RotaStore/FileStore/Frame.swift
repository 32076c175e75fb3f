/// The head of one commit in a journal, or of one chunk in a snapshot: 24 bytes, then the payload.
///
/// The checksum covers everything after itself, and is begun with the file's generation, so that a frame that strayed
/// in from another file is not taken for one of this file.
package struct Frame: Sendable, Hashable {
    /// What a frame says.
    package enum Kind: UInt8, Sendable {
        /// The payload holds changes.
        case changes = 0
        /// Nothing to apply: all frames before this one were on the disk when it was written.
        case seal = 1
    }

    /// The length of the head in bytes.
    package static let headSize = 24
    /// The longest payload, in bytes; one commit is refused rather than made longer.
    package static let maximumPayload = 1 << 28

    package var kind: Kind
    /// Counts frames from 1 over all journals of a store, without a gap; in a snapshot, from 1 in each.
    package var sequence: UInt64
    /// How many frames, this one included, were not known to be on the disk when this one was written.
    package var unsynced: UInt32
    /// The length of the payload in bytes.
    package var payloadSize: Int

    package init(_ kind: Kind, sequence: UInt64, unsynced: UInt32 = 1, payloadSize: Int = 0) {
        self.kind = kind
        self.sequence = sequence
        self.unsynced = unsynced
        self.payloadSize = payloadSize
    }

    /// The sequence number of the last frame that was certainly on the disk when this one was written.
    package var lastSynced: UInt64 {
        sequence >= UInt64(unsynced) ? sequence - UInt64(unsynced) : 0
    }

    /// Reads a frame that begins at an offset, or returns nil if no whole and sound frame begins there.
    package init?(reading bytes: UnsafeRawBufferPointer, at offset: Int = 0, generation: UInt64) {
        guard let size = Self.claimedPayload(bytes, at: offset), size <= bytes.count - offset - Self.headSize,
            let kind = Kind(rawValue: bytes[offset + 16])
        else { return nil }
        let covered = UnsafeRawBufferPointer(rebasing: bytes[(offset + 4)..<(offset + Self.headSize + size)])
        guard Self.checksum(covered, generation: generation) == LittleEndian.uint32(bytes, offset) else { return nil }
        self.init(
            kind, sequence: LittleEndian.uint64(bytes, offset + 8), unsynced: LittleEndian.uint32(bytes, offset + 20),
            payloadSize: size)
    }

    /// The payload length that the bytes at an offset claim, or nil if no head fits there or the claim is absurd.
    package static func claimedPayload(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) -> Int? {
        guard bytes.count - offset >= headSize else { return nil }
        let size = Int(LittleEndian.uint32(bytes, offset + 4))
        return size <= maximumPayload ? size : nil
    }

    /// Appends a frame whose payload `write` appends; on an error nothing is appended.
    ///
    /// - Returns: The length of the payload in bytes.
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
        let size = bytes.count - start - headSize
        guard size >= 0, size <= min(limit, maximumPayload) else {
            bytes.removeSubrange(start...)
            throw FileStoreError(
                .commitTooLarge, path: "",
                "one commit holds more than the \(min(limit, maximumPayload)) bytes that fit into a frame, and was refused "
                    + "whole; commit fewer records at once")
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

/// Looks behind a broken place for proof that the place had once been safe on the disk.
///
/// A crash tears only what was not synced yet. So if a sound frame lies behind the broken place and says that the frame
/// missing there was synced before it was written itself, no crash can have done this: the file is damaged. If there is
/// no such frame, the broken place is where a crash tore the last, unacknowledged write, and it may be cut.
package enum FrameScan {
    /// Finds a frame that proves the frame numbered `missing` to have been synced.
    ///
    /// - Parameters:
    ///   - bytes: The rest of a file, from the broken place on.
    ///   - missing: The sequence number of the first frame that could not be read.
    /// - Returns: The offset in `bytes` of the proof, or nil if there is none.
    /// - Complexity: O(n); bytes made to look like frames at every place are given up on, and count as proof.
    package static func proof(in bytes: UnsafeRawBufferPointer, generation: UInt64, missing: UInt64) -> Int? {
        guard bytes.count >= Frame.headSize else { return nil }
        // Frames behind the broken place number at most one per head and journal; a number beyond that is chance.
        let farthest = missing &+ (1 << 40)
        var effort = 16 * bytes.count + (1 << 20)
        for offset in 0...(bytes.count - Frame.headSize) {
            let sequence = LittleEndian.uint64(bytes, offset + 8)
            guard sequence > missing, sequence < farthest else { continue }
            let unsynced = UInt64(LittleEndian.uint32(bytes, offset + 20))
            guard unsynced >= 1, unsynced <= sequence, sequence - unsynced >= missing else { continue }
            guard let size = Frame.claimedPayload(bytes, at: offset),
                size <= bytes.count - offset - Frame.headSize
            else { continue }
            effort -= size
            if effort < 0 || Frame(reading: bytes, at: offset, generation: generation) != nil { return offset }
        }
        return nil
    }
}
