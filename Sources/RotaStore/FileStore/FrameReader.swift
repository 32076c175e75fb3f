/// Reads the frames of one file in order, a block of the file at a time.
package struct FrameReader {
    /// What the next bytes are.
    package enum Step: Hashable {
        /// A whole and sound frame, handed to the body.
        case frame
        /// The end of the file, exactly after the last frame.
        case end
        /// Neither: from the reader's offset on, the bytes are no frame.
        case broken
    }

    private let file: StoreFile
    private let generation: UInt64
    private let fileSize: Int
    private let blockSize: Int
    private var buffer: [UInt8] = []
    /// Where the unread part of the buffer begins.
    private var start = 0

    /// The byte of the file at which the next frame begins.
    package private(set) var offset: Int

    /// Reads from just after the header.
    ///
    /// - Parameter blockSize: How many bytes to read at a time, at least the length of a frame's head.
    package init(_ file: StoreFile, generation: UInt64, blockSize: Int = 1 << 20) throws(FileStoreError) {
        self.file = file
        self.generation = generation
        self.blockSize = max(blockSize, Frame.headSize)
        fileSize = try file.size()
        offset = FileHeader.size
    }

    /// Hands the next frame and its payload to the body.
    ///
    /// - Parameters:
    ///   - sequence: The sequence number the frame must have; a sound frame with another one counts as broken.
    ///   - body: Gets the frame; the payload's bytes are valid during the call only.
    /// - Throws: ``FileStoreError`` if the file cannot be read, and what the body throws.
    package mutating func next(
        sequence: UInt64, _ body: (Frame, UnsafeRawBufferPointer) throws -> Void
    ) throws -> Step {
        let left = fileSize - offset
        if left <= 0 { return .end }
        guard left >= Frame.headSize else { return .broken }
        try fill(Frame.headSize)
        guard let size = buffer.withUnsafeBytes({ Frame.claimedPayload($0, at: start) }),
            size <= left - Frame.headSize
        else { return .broken }
        try fill(Frame.headSize + size)
        let step = try buffer.withUnsafeBytes { bytes -> Step in
            guard let frame = Frame(reading: bytes, at: start, generation: generation), frame.sequence == sequence
            else { return .broken }
            let payload = start + Frame.headSize
            try body(frame, UnsafeRawBufferPointer(rebasing: bytes[payload..<(payload + size)]))
            return .frame
        }
        if step == .frame {
            start += Frame.headSize + size
            offset += Frame.headSize + size
        }
        return step
    }

    /// Makes at least `count` unread bytes available, if the file still has them.
    private mutating func fill(_ count: Int) throws(FileStoreError) {
        let unread = buffer.count - start
        if unread >= count { return }
        let wanted = min(max(count, blockSize), fileSize - offset)
        var failure: FileStoreError?
        let (file, place, old, start) = (file, offset + unread, buffer, start)
        buffer = [UInt8](unsafeUninitializedCapacity: wanted) { target, filled in
            let bytes = UnsafeMutableRawBufferPointer(target)
            old.withUnsafeBytes { bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start...])) }
            do throws(FileStoreError) {
                filled =
                    try unread + file.read(at: place, into: UnsafeMutableRawBufferPointer(rebasing: bytes[unread...]))
            } catch {
                failure = error
            }
        }
        self.start = 0
        if let failure { throw failure }
    }
}
