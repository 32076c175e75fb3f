#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file operations of a store, one system call each, which tests replace.
///
/// An implementation does not retry or continue calls: an interrupted call throws `EINTR`, and a short write returns its
/// length. ``StoreFile`` handles both, so that tests can inject faults where they really happen.
package protocol FileSystem: Sendable {
    /// Opens a file without following symbolic links, and returns its descriptor.
    func openFile(_ path: String, _ access: FileAccess) throws(SystemErrno) -> Int32
    /// Closes a descriptor and releases its lock.
    func closeFile(_ file: Int32)
    /// Returns the size and type of an open file.
    func status(of file: Int32) throws(SystemErrno) -> FileStatus
    /// Reads bytes from an offset, and returns how many, or 0 at the end.
    func readFile(_ file: Int32, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(SystemErrno) -> Int
    /// Appends bytes, and returns how many were written.
    func appendFile(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemErrno) -> Int
    /// Sets the size of a file.
    func truncateFile(_ file: Int32, to size: Int) throws(SystemErrno)
    /// Waits until a file's bytes and size are on disk.
    func syncFile(_ file: Int32) throws(SystemErrno)
    /// Takes an exclusive lock on a file, or throws ``SystemErrno/wouldBlock`` if it is held elsewhere.
    func lockFile(_ file: Int32) throws(SystemErrno)
    /// Creates a folder that only its owner can access.
    func makeFolder(_ path: String) throws(SystemErrno)
    /// Waits until the names in a folder are on disk.
    func syncFolder(_ path: String) throws(SystemErrno)
    /// Returns the names in a folder in any order, without following symbolic links.
    func names(inFolder path: String) throws(SystemErrno) -> [String]
    /// Renames a file within its folder, and replaces an existing file.
    func renameFile(_ path: String, to newPath: String) throws(SystemErrno)
    /// Removes a file.
    func removeFile(_ path: String) throws(SystemErrno)
}

/// The access that a file is opened for.
package enum FileAccess: Sendable, Hashable {
    /// Read an existing file.
    case read
    /// Read and append to an existing file.
    case append
    /// Create a file that only its owner can access and that must not exist yet, and append to it.
    case create
    /// Read and append to a file, and create it if necessary.
    case createIfMissing
}

/// The size and type of an open file.
package struct FileStatus: Sendable, Hashable {
    /// The size in bytes.
    package var size: Int
    /// Whether this is a regular file, and not a folder, pipe or device.
    package var isRegular: Bool

    /// Creates a status.
    package init(size: Int, isRegular: Bool) {
        self.size = size
        self.isRegular = isRegular
    }
}

/// The error number of a system call that failed.
package struct SystemErrno: Error, Hashable, Sendable {
    /// The value of `errno`.
    package let number: Int32

    /// Creates an error from a number such as `ENOSPC`.
    package init(_ number: Int32) {
        self.number = number
    }

    /// The error of the calling thread's last system call.
    package static var last: SystemErrno { SystemErrno(errno) }

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
