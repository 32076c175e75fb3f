/// The lock of the process that may write to a folder.
///
/// It is on the folder itself, because a lock on a file in it is lost with that file: after a backup restores the file,
/// the new one is unlocked. The file `LOCK` is locked too, for programs that know only that lock.
///
/// A lock keeps other writers out, but not people and programs that move files. ``StoreFolder/check(_:)`` finds out:
///
/// ```
///   the store holds        now                                               the commit
///   folder 7, journal 12   /jobs is folder 7, and 12 is in it by its name    is acknowledged
///   folder 7, journal 12   /jobs is folder 9, a copy that was moved there    fails, and the store stops
///   folder 7, journal 12   the name of 12 is missing, or stands for 15       fails, and the store stops
/// ```
package struct FolderLock: Sendable {
    /// The locked folder.
    package let folder: StoreFolder
    private let file: StoreFile

    /// Opens and locks a folder, and creates it if necessary.
    ///
    /// - Throws: ``FileStoreError`` with the code `locked` if another store has the lock, or another code if the folder
    ///   cannot be used.
    package init(_ path: String, in files: any FileSystem) throws(FileStoreError) {
        folder = try StoreFolder(path, in: files, creating: true)
        do throws(FileStoreError) {
            guard try folder.lock() else { throw Self.locked(folder) }
            // The folder may have left its path before it was locked. That lock would keep no other store out.
            try folder.check([])
            file = try Self.lockFile(in: folder)
        } catch {
            folder.close()
            throw error
        }
    }

    /// Releases the lock, and closes the folder.
    package func close() {
        file.close()
        folder.close()
    }

    private static func lockFile(in folder: StoreFolder) throws(FileStoreError) -> StoreFile {
        let file = try StoreFile("LOCK", .createIfMissing, in: folder)
        do throws(FileStoreError) {
            guard try file.lock() else { throw locked(folder) }
            return file
        } catch {
            file.close()
            throw error
        }
    }

    private static func locked(_ folder: StoreFolder) -> FileStoreError {
        FileStoreError(
            .locked, path: folder.path,
            "another process, or another store in this one, has this folder open; close it first, or use another folder"
        )
    }
}

/// A file as the store knows it: what its name must still stand for when a commit is acknowledged.
package struct HeldFile: Sendable, Hashable {
    /// The name in the folder.
    package var name: String
    /// Which file it is.
    package var identity: FileStatus.Identity
    /// The size in bytes.
    package var size: Int

    /// Creates the record of an open file.
    ///
    /// - Parameters:
    ///   - file: A file in the store's folder.
    ///   - size: The size that the store gave it, in bytes.
    package init(_ file: StoreFile, size: Int) {
        name = file.name
        identity = file.identity
        self.size = size
    }
}

extension StoreFolder {
    /// Checks that the path still leads to this folder, and that the names in it still stand for the held files.
    ///
    /// - Throws: ``FileStoreError`` with the code `filesChanged` if not, or `readFailed` if that cannot be found out.
    package func check(_ held: [HeldFile]) throws(FileStoreError) {
        for file in held {
            guard let now = try status(of: file.name, in: descriptor) else {
                throw Self.filesChanged(path(file.name), "was removed or renamed")
            }
            guard now.identity == file.identity else {
                throw Self.filesChanged(path(file.name), "was replaced by another file")
            }
            guard now.size == file.size else {
                throw Self.filesChanged(path(file.name), "was changed from \(file.size) to \(now.size) bytes")
            }
        }
        // Last, because folders are moved more often than the files in them.
        guard let folder = try status(of: path, in: nil) else {
            throw Self.filesChanged(path, "was removed or renamed")
        }
        guard folder.identity == identity else { throw Self.filesChanged(path, "was replaced by another folder") }
    }

    /// The error for a folder or file that something else changed while the store used it.
    ///
    /// - Parameter change: What happened to it.
    static func filesChanged(_ path: String, _ change: String) -> FileStoreError {
        FileStoreError(
            .filesChanged, path: path,
            "\(change) while the store had it open; put back what belongs there, then open the store again")
    }

    /// The status of what a name stands for now, or `nil` if it stands for nothing.
    private func status(of name: String, in folder: Int32?) throws(FileStoreError) -> FileStatus? {
        do {
            return try StoreFile.retrying { () throws(SystemErrno) in try files.status(of: name, in: folder) }
        } catch {
            switch error {
            case .noSuchFile, .notAFolder, .symbolicLink: return nil
            default:
                throw FileStoreError(
                    .readFailed, path: folder == nil ? path : path(name),
                    "cannot be examined; check the disk and who owns the folder, then open the store again",
                    errno: error.number)
            }
        }
    }
}
