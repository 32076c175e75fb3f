/// The folder of a file store: its names, and the lock that keeps other writers out.
package struct StoreFolder: Sendable {
    /// The files in a folder, by type.
    package struct Listing: Sendable, Hashable {
        /// The generations of the journals, ascending.
        package var journals: [UInt64] = []
        /// The generations of the snapshots, ascending.
        package var snapshots: [UInt64] = []
        /// The names of files that were never completed.
        package var unfinished: [String] = []
        /// The names of damaged files that were set aside.
        package var quarantined: [String] = []
    }

    /// The path of the folder.
    package let path: String
    /// The file system.
    package let files: any FileSystem

    static let unfinishedSuffix = ".unfinished"
    static let damagedMark = ".damaged"

    /// Creates a reference to a folder, which may not exist.
    package init(_ path: String, in files: any FileSystem) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.files = files
    }

    /// Returns the name of a journal or snapshot, such as `journal-000000000000000a`.
    package static func name(_ kind: FileHeader.Kind, _ generation: UInt64) -> String {
        let digits = String(generation, radix: 16)
        let prefix = kind == .journal ? "journal-" : "snapshot-"
        return prefix + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Returns the path of a journal or snapshot.
    package func path(_ kind: FileHeader.Kind, _ generation: UInt64) -> String {
        path(Self.name(kind, generation))
    }

    /// Returns the path of a file in the folder.
    package func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Creates the folder and its parents if necessary.
    package func makeIfMissing() throws(FileStoreError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw FileStoreError(.unusableFolder, path: path, "is not a path; pass the path of a folder")
        }
        var missing = [path]
        while let next = missing.last {
            do {
                try StoreFile.retrying { () throws(SystemErrno) in try files.makeFolder(next) }
                missing.removeLast()
            } catch {
                let parent = next.split(separator: "/", omittingEmptySubsequences: false).dropLast()
                    .joined(separator: "/")
                switch error {
                case .alreadyExists, .isAFolder: missing.removeLast()
                case .noSuchFile where !parent.isEmpty && missing.count < 64: missing.append(parent)
                default:
                    throw FileStoreError(
                        .unusableFolder, path: next,
                        "cannot be created; check who owns the folder above it, or choose another folder",
                        errno: error.number)
                }
            }
        }
        // An existing file of this name may not be a folder.
        _ = try listing()
    }

    /// Locks the folder until the returned file is closed.
    ///
    /// - Throws: ``FileStoreError`` with the code `locked` if another store holds the lock.
    package func lock() throws(FileStoreError) -> StoreFile {
        let lock = try StoreFile(path("LOCK"), .createIfMissing, in: files)
        do throws(FileStoreError) {
            if try lock.lock() { return lock }
            throw FileStoreError(
                .locked, path: path,
                "another process, or another store in this one, has this folder open; close it first, or use "
                    + "another folder")
        } catch {
            lock.close()
            throw error
        }
    }

    /// Returns the files in the folder.
    package func listing() throws(FileStoreError) -> Listing {
        let names: [String]
        do {
            names = try StoreFile.retrying { () throws(SystemErrno) in try files.names(inFolder: path) }
        } catch {
            let what =
                switch error {
                case .symbolicLink, .notAFolder: "is a symbolic link or not a folder; pass the folder itself"
                case .noSuchFile: "is missing; create a store there first"
                default: "cannot be listed; check who owns the folder"
                }
            throw FileStoreError(.unusableFolder, path: path, what, errno: error.number)
        }
        var listing = Listing()
        for name in names.sorted() {
            if name.hasSuffix(Self.unfinishedSuffix) {
                listing.unfinished.append(name)
            } else if name.contains(Self.damagedMark) {
                listing.quarantined.append(name)
            } else if let generation = Self.generation(name, "journal-") {
                listing.journals.append(generation)
            } else if let generation = Self.generation(name, "snapshot-") {
                listing.snapshots.append(generation)
            }
        }
        return listing
    }

    /// Removes a file if it exists.
    package func remove(_ name: String) throws(FileStoreError) {
        try call("\(path)/\(name)", "cannot be removed") { () throws(SystemErrno) in
            do throws(SystemErrno) {
                try files.removeFile("\(path)/\(name)")
            } catch {
                guard error == .noSuchFile else { throw error }
            }
        }
    }

    /// Renames a file, and replaces an existing file.
    package func rename(_ name: String, to newName: String) throws(FileStoreError) {
        try call("\(path)/\(name)", "cannot be renamed to \(newName)") { () throws(SystemErrno) in
            try files.renameFile("\(path)/\(name)", to: "\(path)/\(newName)")
        }
    }

    /// Waits until the names in the folder are on disk.
    package func sync() throws(FileStoreError) {
        try call(path, "cannot be synced") { () throws(SystemErrno) in try files.syncFolder(path) }
    }

    /// Creates a file with a header under a temporary name.
    ///
    /// It has no effect until it is published.
    package func begin(_ kind: FileHeader.Kind, _ header: FileHeader) throws(FileStoreError) -> StoreFile {
        let name = Self.name(kind, header.generation) + Self.unfinishedSuffix
        try remove(name)
        let file: StoreFile
        do throws(FileStoreError) {
            file = try StoreFile(path(name), .create, in: files)
        } catch {
            // The file may have been created before the failure.
            try? remove(name)
            throw error
        }
        do throws(FileStoreError) {
            try file.append(header.bytes)
            return file
        } catch {
            discard(file, kind, header.generation)
            throw error
        }
    }

    /// Syncs a file that was begun, and gives it its final name.
    package func publish(
        _ file: StoreFile, _ kind: FileHeader.Kind, _ generation: UInt64
    ) throws(FileStoreError) {
        let name = Self.name(kind, generation)
        try file.sync()
        try rename(name + Self.unfinishedSuffix, to: name)
        try sync()
    }

    /// Creates an empty journal, and syncs it and its name.
    package func makeJournal(_ generation: UInt64) throws(FileStoreError) -> StoreFile {
        let file = try begin(.journal, FileHeader(.journal, generation: generation))
        do throws(FileStoreError) {
            try publish(file, .journal, generation)
            return file
        } catch {
            discard(file, .journal, generation)
            throw error
        }
    }

    /// Closes and removes a file that was begun and not published.
    package func discard(_ file: StoreFile, _ kind: FileHeader.Kind, _ generation: UInt64) {
        file.close()
        // If this fails, the next opening removes the file, or the next attempt to create it.
        try? remove(Self.name(kind, generation) + Self.unfinishedSuffix)
    }

    /// Removes the journals and snapshots that the snapshot of a generation replaces.
    package func removeSuperseded(before generation: UInt64) throws(FileStoreError) {
        let listing = try listing()
        for journal in listing.journals where journal < generation { try remove(Self.name(.journal, journal)) }
        for snapshot in listing.snapshots where snapshot < generation { try remove(Self.name(.snapshot, snapshot)) }
    }

    private static func generation(_ name: String, _ prefix: String) -> UInt64? {
        guard name.hasPrefix(prefix), name.utf8.count == prefix.utf8.count + 16 else { return nil }
        guard let generation = UInt64(name.dropFirst(prefix.count), radix: 16),
            (1...FileHeader.largestNumber).contains(generation)
        else { return nil }
        // Accept one spelling only, so that no two names have the same generation.
        return Self.name(prefix == "journal-" ? .journal : .snapshot, generation) == name ? generation : nil
    }

    private func call(
        _ path: String, _ what: String, _ body: () throws(SystemErrno) -> Void
    ) throws(FileStoreError) {
        do {
            try StoreFile.retrying(body)
        } catch {
            throw FileStoreError(
                .writeFailed, path: path, "\(what); check the disk and who owns the folder", errno: error.number)
        }
    }
}
