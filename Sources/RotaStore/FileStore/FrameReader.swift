/// Reads the frames of a file in order, one block of the file at a time.
package struct FrameReader {
    /// The result of reading a frame.
    package enum Step: Hashable {
        /// There was a valid frame, and the closure received it.
        case frame
        /// The file ends here, exactly after the last frame.
        case end
        /// The bytes at the reader's offset are not a valid frame.
        case broken
    }

    private let file: StoreFile
    private let generation: UInt64
    private let fileSize: Int
    private let blockSize: Int
    private var buffer: [UInt8] = []
    /// The index in the buffer of the first unread byte.
    private var start = 0

    /// The offset of the next frame in the file.
    package private(set) var offset: Int

    /// Creates a reader that starts after the file's header.
    ///
    /// - Parameters:
    ///   - file: The file to read.
    ///   - generation: The file's generation.
    ///   - blockSize: The number of bytes to read at a time.
    package init(_ file: StoreFile, generation: UInt64, blockSize: Int = 1 << 20) throws(FileStoreError) {
        self.file = file
        self.generation = generation
        self.blockSize = max(blockSize, Frame.headerSize)
        fileSize = try file.size()
        offset = FileHeader.size
    }

    /// Reads the next frame and passes it to a closure.
    ///
    /// - Parameters:
    ///   - sequence: The number that the frame must have. A valid frame with another number counts as broken.
    ///   - body: Receives the frame and its payload, whose bytes are valid only during the call.
    /// - Throws: ``FileStoreError`` if the file cannot be read; ``RecordFormatError`` if a later version wrote the
    ///   frame; and any error of the closure.
    package mutating func next(
        sequence: UInt64, _ body: (Frame, UnsafeRawBufferPointer) throws -> Void
    ) throws -> Step {
        let left = fileSize - offset
        if left <= 0 { return .end }
        guard left >= Frame.headerSize else { return .broken }
        try fill(Frame.headerSize)
        guard let size = buffer.withUnsafeBytes({ Frame.claimedPayloadSize($0, at: start) }),
            size <= left - Frame.headerSize
        else { return .broken }
        try fill(Frame.headerSize + size)
        let step = try buffer.withUnsafeBytes { bytes -> Step in
            guard let frame = Frame(reading: bytes, at: start, generation: generation), frame.sequence == sequence
            else {
                if let kind = Frame.laterKind(bytes, at: start, generation: generation) {
                    throw RecordFormatError("there is no frame of kind \(kind)", isLaterFormat: true)
                }
                return .broken
            }
            let payload = start + Frame.headerSize
            try body(frame, UnsafeRawBufferPointer(rebasing: bytes[payload..<(payload + size)]))
            return .frame
        }
        if step == .frame {
            start += Frame.headerSize + size
            offset += Frame.headerSize + size
        }
        return step
    }

    /// Reads blocks until the buffer has at least `count` unread bytes, or the file ends.
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
