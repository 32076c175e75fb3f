/// An open file of the store: interrupted calls are retried, short ones continued, refusals become typed errors.
package struct StoreFile: Sendable {
    /// Where the file lies.
    package let path: String
    private let descriptor: Int32
    private let files: any FileSystem

    /// How often one interrupted call is tried again before the interruption itself is reported.
    private static let patience = 100

    /// Opens a plain file.
    ///
    /// - Throws: ``FileStoreError`` with the code `unusableFolder` if the system refuses or the file is no plain one.
    package init(_ path: String, _ access: FileAccess, in files: any FileSystem) throws(FileStoreError) {
        self.path = path
        self.files = files
        do {
            descriptor = try Self.persist { () throws(SystemErrno) in try files.openFile(path, access) }
        } catch {
            let advice =
                error == .symbolicLink
                ? "it is a symbolic link, which the store never follows; put the file itself there"
                : "cannot be opened; check that the folder and its files belong to this user"
            throw FileStoreError(.unusableFolder, path: path, advice, errno: error.number)
        }
        let status: FileStatus
        do throws(FileStoreError) {
            status = try self.status()
        } catch {
            close()
            throw error
        }
        guard status.isRegular else {
            close()
            throw FileStoreError(
                .unusableFolder, path: path, "is not a plain file; move it away, or choose another folder")
        }
    }

    /// Gives the descriptor back; the file is not to be used afterwards.
    package func close() {
        files.closeFile(descriptor)
    }

    /// The length in bytes.
    package func size() throws(FileStoreError) -> Int {
        try status().size
    }

    /// Reads up to `bytes.count` bytes from an offset; fewer only at the end of the file.
    ///
    /// - Returns: The number of bytes read.
    package func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(FileStoreError) -> Int {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = try refusing(.readFailed, "cannot be read; check the disk, then open the store again") {
                () throws(SystemErrno) in try files.readFile(descriptor, at: offset + done, into: rest)
            }
            if count <= 0 { break }
            done += count
        }
        return done
    }

    /// Reads all bytes from an offset to the end of the file.
    package func bytes(from offset: Int = 0) throws(FileStoreError) -> [UInt8] {
        let count = max(0, try size() - offset)
        var failure: FileStoreError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(FileStoreError) {
                filled = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Appends all the bytes.
    ///
    /// - Throws: ``FileStoreError`` with the code `writeFailed`; some of the bytes may then be in the file.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(FileStoreError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = try refusing(.writeFailed, Self.writeAdvice) { () throws(SystemErrno) in
                let count = try files.appendFile(descriptor, rest)
                // A write that takes nothing and says nothing would be tried for ever.
                if count <= 0 { throw .inputOutput }
                return count
            }
            done += count
        }
    }

    /// Appends all the bytes of an array.
    package func append(_ bytes: [UInt8]) throws(FileStoreError) {
        var failure: FileStoreError?
        bytes.withUnsafeBytes { buffer in
            do throws(FileStoreError) { try append(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Waits until the file's bytes and length are on the disk.
    package func sync() throws(FileStoreError) {
        try refusing(.writeFailed, "cannot be synced; nothing since the last sync is certain, open the store again") {
            () throws(SystemErrno) in try files.syncFile(descriptor)
        }
    }

    /// Cuts the file to a length.
    package func truncate(to size: Int) throws(FileStoreError) {
        try refusing(.writeFailed, Self.writeAdvice) { () throws(SystemErrno) in
            try files.truncateFile(descriptor, to: size)
        }
    }

    /// Takes the only writer's lock, for as long as the file is open.
    ///
    /// - Returns: Whether it was free.
    package func lock() throws(FileStoreError) -> Bool {
        do {
            try Self.persist { () throws(SystemErrno) in try files.lockFile(descriptor) }
            return true
        } catch {
            if error == .wouldBlock { return false }
            throw FileStoreError(
                .unusableFolder, path: path, "cannot be locked; choose a folder on a local disk", errno: error.number)
        }
    }

    private static let writeAdvice = "cannot be written; free space on the disk or check it, then open the store again"

    private func status() throws(FileStoreError) -> FileStatus {
        try refusing(.readFailed, "cannot be examined; check the disk, then open the store again") {
            () throws(SystemErrno) in try files.status(of: descriptor)
        }
    }

    private func refusing<Value>(
        _ code: FileStoreError.Code, _ advice: String, _ call: () throws(SystemErrno) -> Value
    ) throws(FileStoreError) -> Value {
        do {
            return try Self.persist(call)
        } catch {
            throw FileStoreError(code, path: path, advice, errno: error.number)
        }
    }

    /// Tries a call again as long as a signal interrupts it, but not for ever.
    package static func persist<Value>(_ call: () throws(SystemErrno) -> Value) throws(SystemErrno) -> Value {
        var attempts = 1
        while true {
            do throws(SystemErrno) {
                return try call()
            } catch {
                guard error == .interrupted, attempts < patience else { throw error }
                attempts += 1
            }
        }
    }
}
