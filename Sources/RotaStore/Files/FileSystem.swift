#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file operations of a store, one system call each, which tests replace.
///
/// A store opens its folder once, and names its files relative to that descriptor. So it never reads, renames or
/// removes a file in another folder that takes the path later. Where `folder` is `nil`, the name is a path.
///
/// An implementation does not retry or continue calls: an interrupted call throws `EINTR`, and a short write returns
/// its length. ``StoreFile`` handles both, so that tests can inject faults where they really happen.
package protocol FileSystem: Sendable {
    /// Opens a folder, and returns its descriptor. The path may lead through symbolic links.
    func openFolder(_ path: String) throws(SystemErrno) -> Int32
    /// Opens a file that is not a symbolic link, and returns its descriptor.
    func openFile(_ name: String, _ access: FileAccess, in folder: Int32?) throws(SystemErrno) -> Int32
    /// Closes the descriptor of a file or folder, and releases its lock.
    func closeFile(_ file: Int32)
    /// Returns the status of an open file or folder.
    func status(of file: Int32) throws(SystemErrno) -> FileStatus
    /// Returns the status of what a name in a folder stands for now, or of the folder that a path leads to now.
    ///
    /// A path may lead through symbolic links. A symbolic link in the folder counts as itself.
    func status(of name: String, in folder: Int32?) throws(SystemErrno) -> FileStatus
    /// Reads bytes from an offset, and returns how many, or 0 at the end.
    func readFile(_ file: Int32, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(SystemErrno) -> Int
    /// Appends bytes, and returns how many were written.
    func appendFile(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemErrno) -> Int
    /// Sets the size of a file.
    func truncateFile(_ file: Int32, to size: Int) throws(SystemErrno)
    /// Waits until a file's bytes and size are on disk.
    func syncFile(_ file: Int32) throws(SystemErrno)
    /// Takes an exclusive lock on a file or folder, or throws ``SystemErrno/wouldBlock`` if it is held elsewhere.
    func lockFile(_ file: Int32) throws(SystemErrno)
    /// Creates a folder that only its owner can access.
    func makeFolder(_ path: String) throws(SystemErrno)
    /// Waits until the names in an open folder are on disk.
    func syncFolder(_ folder: Int32) throws(SystemErrno)
    /// Returns the names in an open folder in any order.
    func names(in folder: Int32) throws(SystemErrno) -> [String]
    /// Renames a file within its folder, and replaces an existing file.
    func renameFile(_ name: String, to newName: String, in folder: Int32?) throws(SystemErrno)
    /// Removes a file.
    func removeFile(_ name: String, in folder: Int32?) throws(SystemErrno)
}

extension FileSystem {
    /// Opens the file at a path.
    package func openFile(_ path: String, _ access: FileAccess) throws(SystemErrno) -> Int32 {
        try openFile(path, access, in: nil)
    }

    /// Removes the file at a path.
    package func removeFile(_ path: String) throws(SystemErrno) {
        try removeFile(path, in: nil)
    }

    /// Returns the names in the folder at a path, in any order.
    package func names(inFolder path: String) throws(SystemErrno) -> [String] {
        let folder = try openFolder(path)
        defer { closeFile(folder) }
        return try names(in: folder)
    }
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

/// The size, type and identity of a file or folder.
package struct FileStatus: Sendable, Hashable {
    /// The difference between a file and all other files that exist at the same time, under any names.
    package struct Identity: Sendable, Hashable {
        /// The number of the file system.
        package var device: UInt64
        /// The number of the file in its file system.
        package var inode: UInt64

        /// Creates an identity.
        package init(device: UInt64, inode: UInt64) {
            self.device = device
            self.inode = inode
        }
    }

    /// The size in bytes.
    package var size: Int
    /// Whether this is a regular file, and not a folder, pipe or device.
    package var isRegular: Bool
    /// Which file or folder this is.
    package var identity: Identity

    /// Creates a status.
    package init(size: Int, isRegular: Bool, identity: Identity) {
        self.size = size
        self.isRegular = isRegular
        self.identity = identity
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
