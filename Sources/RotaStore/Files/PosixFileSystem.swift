package import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The real file system.
///
/// Files have mode 0600 and folders 0700, files are never opened through a symbolic link, and child processes inherit
/// no descriptors.
package struct PosixFileSystem: FileSystem {
    /// Creates access to the real file system.
    package init() {}

    package func openFolder(_ path: String) throws(SystemErrno) -> Int32 {
        try checked(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    }

    package func openFile(_ name: String, _ access: FileAccess, in folder: Int32?) throws(SystemErrno) -> Int32 {
        // Without O_NONBLOCK, opening a pipe that replaced a journal would block forever.
        let always = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        let flags =
            switch access {
            case .read: O_RDONLY
            case .append: O_RDWR | O_APPEND
            case .create: O_RDWR | O_APPEND | O_CREAT | O_EXCL
            case .createIfMissing: O_RDWR | O_APPEND | O_CREAT
            }
        return try checked(openat(folder ?? AT_FDCWD, name, flags | always, 0o600))
    }

    package func closeFile(_ file: Int32) {
        // Everything that matters was synced before. Even if close fails, the descriptor is gone.
        _ = close(file)
    }

    package func status(of file: Int32) throws(SystemErrno) -> FileStatus {
        var status = stat()
        _ = try checked(fstat(file, &status))
        return FileStatus(status)
    }

    package func status(of name: String, in folder: Int32?) throws(SystemErrno) -> FileStatus {
        var status = stat()
        _ = try checked(fstatat(folder ?? AT_FDCWD, name, &status, folder == nil ? 0 : AT_SYMLINK_NOFOLLOW))
        return FileStatus(status)
    }

    package func readFile(
        _ file: Int32, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(SystemErrno) -> Int {
        try checked(pread(file, bytes.baseAddress, bytes.count, off_t(offset)))
    }

    package func appendFile(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemErrno) -> Int {
        try checked(write(file, bytes.baseAddress, bytes.count))
    }

    package func truncateFile(_ file: Int32, to size: Int) throws(SystemErrno) {
        _ = try checked(ftruncate(file, off_t(size)))
    }

    package func syncFile(_ file: Int32) throws(SystemErrno) {
        #if canImport(Darwin)
            // On Darwin, fsync leaves the bytes in the drive's cache. Volumes without F_FULLFSYNC support only fsync.
            if fcntl(file, F_FULLFSYNC) == 0 { return }
            guard errno == ENOTSUP || errno == EINVAL else { throw .last }
            _ = try checked(fsync(file))
        #else
            _ = try checked(fdatasync(file))
        #endif
    }

    package func lockFile(_ file: Int32) throws(SystemErrno) {
        _ = try checked(flock(file, LOCK_EX | LOCK_NB))
    }

    package func makeFolder(_ path: String) throws(SystemErrno) {
        _ = try checked(mkdir(path, 0o700))
    }

    package func syncFolder(_ folder: Int32) throws(SystemErrno) {
        _ = try checked(fsync(folder))
    }

    package func names(in folder: Int32) throws(SystemErrno) -> [String] {
        // The stream closes its descriptor and moves its offset, so it gets one of its own.
        let own = try checked(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard let stream = fdopendir(own) else {
            let error = SystemErrno.last
            _ = close(own)
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .last }
        return names
    }

    package func renameFile(_ name: String, to newName: String, in folder: Int32?) throws(SystemErrno) {
        let folder = folder ?? AT_FDCWD
        _ = try checked(renameat(folder, name, folder, newName))
    }

    package func removeFile(_ name: String, in folder: Int32?) throws(SystemErrno) {
        _ = try checked(unlinkat(folder ?? AT_FDCWD, name, 0))
    }

    private func checked<Number: SignedInteger>(_ result: Number) throws(SystemErrno) -> Number {
        guard result >= 0 else { throw .last }
        return result
    }
}

extension FileStatus {
    fileprivate init(_ status: stat) {
        self.init(
            size: Int(status.st_size), isRegular: status.st_mode & S_IFMT == S_IFREG,
            identity: Identity(
                device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(truncatingIfNeeded: status.st_ino)))
    }
}

extension StoreFolder {
    /// Returns the absolute path of a file URL.
    ///
    /// - Throws: ``FileStoreError`` if it is not a file URL.
    package static func path(of directory: URL) throws(FileStoreError) -> String {
        guard directory.isFileURL else {
            throw FileStoreError(
                .unusableFolder, path: directory.absoluteString, "is not a file URL; use URL(filePath:) for a folder")
        }
        // A relative path would lead elsewhere when the process changes its working directory.
        return directory.absoluteURL.path(percentEncoded: false)
    }
}
