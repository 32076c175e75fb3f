#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file operations the store needs, one system call each, so that a test can stand in for the disk.
///
/// Nothing here retries or continues: an interrupted call throws `EINTR` and a short write says how short it was.
/// ``StoreFile`` is where both are dealt with, above the seam, so that faults are injected where they really happen.
package protocol FileSystem: Sendable {
    /// Opens a file, never through a symbolic link, and returns its descriptor.
    func openFile(_ path: String, _ access: FileAccess) throws(SystemErrno) -> Int32
    /// Gives a descriptor, and the lock it may hold, back.
    func closeFile(_ file: Int32)
    /// Says how long an open file is and whether it is a plain file.
    func status(of file: Int32) throws(SystemErrno) -> FileStatus
    /// Reads bytes from an offset and returns how many there were; 0 at the end.
    func readFile(_ file: Int32, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(SystemErrno) -> Int
    /// Appends bytes and returns how many were taken.
    func appendFile(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemErrno) -> Int
    /// Cuts a file to a length.
    func truncateFile(_ file: Int32, to size: Int) throws(SystemErrno)
    /// Waits until a file's bytes and length are on the disk.
    func syncFile(_ file: Int32) throws(SystemErrno)
    /// Takes the only writer's lock on a file, or throws ``SystemErrno/wouldBlock`` if another holds it.
    func lockFile(_ file: Int32) throws(SystemErrno)
    /// Makes a folder that only its owner may enter.
    func makeFolder(_ path: String) throws(SystemErrno)
    /// Waits until a folder's names are on the disk.
    func syncFolder(_ path: String) throws(SystemErrno)
    /// Lists the names in a folder that is no symbolic link, in no order.
    func names(inFolder path: String) throws(SystemErrno) -> [String]
    /// Moves a file to another name of the same folder, in place of what was there.
    func renameFile(_ path: String, to newPath: String) throws(SystemErrno)
    /// Removes a file's name.
    func removeFile(_ path: String) throws(SystemErrno)
}

/// What a file is opened for.
package enum FileAccess: Sendable, Hashable {
    /// Read what is there.
    case read
    /// Read and append to what is there.
    case append
    /// Make a file, readable by its owner only, that must not exist yet, and append to it.
    case create
    /// Read and append, and make the file if it is missing.
    case createIfMissing
}

/// What the system says of an open file.
package struct FileStatus: Sendable, Hashable {
    /// The length in bytes.
    package var size: Int
    /// Whether this is a plain file: no folder, pipe or device.
    package var isRegular: Bool

    /// Makes a status.
    package init(size: Int, isRegular: Bool) {
        self.size = size
        self.isRegular = isRegular
    }
}

/// The number with which the operating system refused a file operation.
package struct SystemErrno: Error, Hashable, Sendable {
    /// The value of `errno`.
    package let number: Int32

    /// Wraps a number, such as `ENOSPC`.
    package init(_ number: Int32) {
        self.number = number
    }

    /// The number the calling thread's last system call left.
    package static var last: SystemErrno { SystemErrno(errno) }

    /// `EINTR`.
    package static let interrupted = SystemErrno(EINTR)
    package static let wouldBlock = SystemErrno(EWOULDBLOCK)
    package static let noSpace = SystemErrno(ENOSPC)
    package static let inputOutput = SystemErrno(EIO)
    package static let noSuchFile = SystemErrno(ENOENT)
    package static let alreadyExists = SystemErrno(EEXIST)
    package static let notAFolder = SystemErrno(ENOTDIR)
    package static let isAFolder = SystemErrno(EISDIR)
    package static let symbolicLink = SystemErrno(ELOOP)
    package static let badDescriptor = SystemErrno(EBADF)
    package static let invalid = SystemErrno(EINVAL)
}
