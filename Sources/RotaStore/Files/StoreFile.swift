/// An open file of a store.
///
/// It retries interrupted calls, continues short ones and throws typed errors.
package struct StoreFile: Sendable {
    /// The path of the file.
    package let path: String
    /// The name of the file in its folder, or its path if it was opened by that.
    package let name: String
    /// Which file this is, even if its name stands for another one later.
    package let identity: FileStatus.Identity
    private let descriptor: Int32
    private let files: any FileSystem

    /// How many times to try an interrupted call before giving up.
    private static let maximumAttempts = 100

    /// Opens a regular file at a path.
    ///
    /// - Throws: ``FileStoreError`` with the code `unusableFolder` if it cannot be opened or is not a regular file.
    package init(_ path: String, _ access: FileAccess, in files: any FileSystem) throws(FileStoreError) {
        try self.init(path, access, path: path, folder: nil, in: files)
    }

    /// Opens a regular file in a folder.
    ///
    /// - Throws: ``FileStoreError`` with the code `unusableFolder` if it cannot be opened or is not a regular file.
    package init(_ name: String, _ access: FileAccess, in folder: StoreFolder) throws(FileStoreError) {
        try self.init(name, access, path: folder.path(name), folder: folder.descriptor, in: folder.files)
    }

    private init(
        _ name: String, _ access: FileAccess, path: String, folder: Int32?, in files: any FileSystem
    ) throws(FileStoreError) {
        let descriptor: Int32
        do {
            descriptor = try Self.retrying { () throws(SystemErrno) in try files.openFile(name, access, in: folder) }
        } catch {
            let advice =
                error == .symbolicLink
                ? "it is a symbolic link, which the store never follows; put the file itself there"
                : "cannot be opened; check that the folder and its files belong to this user, or choose another folder"
            throw FileStoreError(.unusableFolder, path: path, advice, errno: error.number)
        }
        do throws(FileStoreError) {
            let status = try Self.status(of: descriptor, path, in: files)
            guard status.isRegular else {
                throw FileStoreError(
                    .unusableFolder, path: path, "is not a plain file; move it away, or choose another folder")
            }
            self.init(path: path, name: name, identity: status.identity, descriptor: descriptor, files: files)
        } catch {
            files.closeFile(descriptor)
            throw error
        }
    }

    private init(
        path: String, name: String, identity: FileStatus.Identity, descriptor: Int32, files: any FileSystem
    ) {
        self.path = path
        self.name = name
        self.identity = identity
        self.descriptor = descriptor
        self.files = files
    }

    /// The same open file after it was renamed in its folder.
    package func renamed(to name: String, in folder: StoreFolder) -> StoreFile {
        StoreFile(path: folder.path(name), name: name, identity: identity, descriptor: descriptor, files: files)
    }

    /// Closes the file, which must not be used afterwards.
    package func close() {
        files.closeFile(descriptor)
    }

    /// Returns the size in bytes.
    package func size() throws(FileStoreError) -> Int {
        try Self.status(of: descriptor, path, in: files).size
    }

    /// Reads `bytes.count` bytes from an offset, or fewer at the end of the file.
    ///
    /// - Returns: The number of bytes read.
    package func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(FileStoreError) -> Int {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = try checked(.readFailed, "cannot be read; check the disk, then open the store again") {
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

    /// Appends bytes.
    ///
    /// - Throws: ``FileStoreError`` with the code `writeFailed`. Some of the bytes may be in the file then.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(FileStoreError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = try checked(.writeFailed, Self.writeAdvice) { () throws(SystemErrno) in
                let count = try files.appendFile(descriptor, rest)
                // Trying again could loop forever.
                if count <= 0 { throw .inputOutput }
                return count
            }
            done += count
        }
    }

    /// Appends the bytes of an array.
    package func append(_ bytes: [UInt8]) throws(FileStoreError) {
        var failure: FileStoreError?
        bytes.withUnsafeBytes { buffer in
            do throws(FileStoreError) { try append(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Waits until the file's bytes and size are on disk.
    package func sync() throws(FileStoreError) {
        try checked(.writeFailed, "cannot be synced; commits since the last sync may be lost, open the store again") {
            () throws(SystemErrno) in try files.syncFile(descriptor)
        }
    }

    /// Sets the size of the file.
    package func truncate(to size: Int) throws(FileStoreError) {
        try checked(.writeFailed, Self.writeAdvice) { () throws(SystemErrno) in
            try files.truncateFile(descriptor, to: size)
        }
    }

    /// Takes an exclusive lock, which is held until the file is closed.
    ///
    /// - Returns: Whether the lock was free.
    package func lock() throws(FileStoreError) -> Bool {
        try Self.lock(descriptor, path, in: files)
    }

    /// Takes an exclusive lock on an open file or folder.
    static func lock(_ descriptor: Int32, _ path: String, in files: any FileSystem) throws(FileStoreError) -> Bool {
        do {
            try retrying { () throws(SystemErrno) in try files.lockFile(descriptor) }
            return true
        } catch {
            if error == .wouldBlock { return false }
            throw FileStoreError(
                .unusableFolder, path: path, "cannot be locked; choose a folder on a local disk", errno: error.number)
        }
    }

    private static let writeAdvice = "cannot be written; free space on the disk or check it, then open the store again"

    private static func status(
        of descriptor: Int32, _ path: String, in files: any FileSystem
    ) throws(FileStoreError) -> FileStatus {
        try checked(.readFailed, path, "cannot be examined; check the disk, then open the store again") {
            () throws(SystemErrno) in try files.status(of: descriptor)
        }
    }

    private func checked<Value>(
        _ code: FileStoreError.Code, _ advice: String, _ call: () throws(SystemErrno) -> Value
    ) throws(FileStoreError) -> Value {
        try Self.checked(code, path, advice, call)
    }

    private static func checked<Value>(
        _ code: FileStoreError.Code, _ path: String, _ advice: String, _ call: () throws(SystemErrno) -> Value
    ) throws(FileStoreError) -> Value {
        do {
            return try retrying(call)
        } catch {
            throw FileStoreError(code, path: path, advice, errno: error.number)
        }
    }

    /// Repeats a call that a signal interrupts, up to a limit.
    package static func retrying<Value>(_ call: () throws(SystemErrno) -> Value) throws(SystemErrno) -> Value {
        var attempts = 1
        while true {
            do throws(SystemErrno) {
                return try call()
            } catch {
                guard error == .interrupted, attempts < maximumAttempts else { throw error }
                attempts += 1
            }
        }
    }
}
