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
