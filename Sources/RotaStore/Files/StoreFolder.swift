/// The open folder of a file store, and the names in it.
///
/// Symbolic links in the path are followed once, when the folder is opened, however the path is spelled. From then on
/// all names are those in the open folder, even if the path leads to another one. Files in the folder are never links.
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
    /// The open folder.
    let descriptor: Int32
    /// Which folder this is, even if the path leads to another one later.
    let identity: FileStatus.Identity

    static let unfinishedSuffix = ".unfinished"
    static let damagedMark = ".damaged"

    /// The maximum number of folders to create above the store's folder.
    private static let maximumMissing = 64

    /// Opens a folder.
    ///
    /// - Parameters:
    ///   - path: The path of the folder, which may lead through symbolic links.
    ///   - files: The file system.
    ///   - creating: Whether to create the folder and its parents if necessary.
    /// - Throws: ``FileStoreError`` with the code `unusableFolder`.
    package init(_ path: String, in files: any FileSystem, creating: Bool = false) throws(FileStoreError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw FileStoreError(.unusableFolder, path: path, "is not a path; pass the path of a folder")
        }
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.files = files
        if creating { try Self.make(self.path, in: files) }
        do {
            descriptor = try StoreFile.retrying { [path = self.path] () throws(SystemErrno) in
                try files.openFolder(path)
            }
        } catch {
            let what =
                switch error {
                case .notAFolder: "is not a folder; pass the path of a folder"
                case .symbolicLink: "leads through symbolic links in a circle; pass the folder itself"
                case .noSuchFile where creating:
                    "is a symbolic link whose target is missing; mount its volume, create it, or remove the link"
                case .noSuchFile: "is missing; create a store there first"
                default: "cannot be opened; check who owns the folder, or choose another one"
                }
            throw FileStoreError(.unusableFolder, path: self.path, what, errno: error.number)
        }
        do {
            identity = try StoreFile.retrying { [descriptor] () throws(SystemErrno) in
                try files.status(of: descriptor).identity
            }
        } catch {
            files.closeFile(descriptor)
            throw FileStoreError(
                .readFailed, path: self.path, "cannot be examined; check the disk", errno: error.number)
        }
    }

    /// Closes the folder, which must not be used afterwards, and releases its lock.
    package func close() {
        files.closeFile(descriptor)
    }

    /// Takes an exclusive lock on the folder, which is held until it is closed.
    ///
    /// - Returns: Whether the lock was free.
    func lock() throws(FileStoreError) -> Bool {
        try StoreFile.lock(descriptor, path, in: files)
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

    /// Creates a folder and its parents if necessary.
    ///
    /// It goes up to a folder that exists, then down again, and so tries no folder more than twice. Below a link whose
    /// target is missing, creating a folder keeps failing although the one above exists by name.
    private static func make(_ path: String, in files: any FileSystem) throws(FileStoreError) {
        var missing: [String] = []
        var next = path
        while let error = failure(ofMaking: next, in: files) {
            let parent = parent(of: next)
            guard error == .noSuchFile, !parent.isEmpty, missing.count < maximumMissing else {
                throw cannotCreate(next, error)
            }
            missing.append(next)
            next = parent
        }
        for folder in missing.reversed() {
            if let error = failure(ofMaking: folder, in: files) { throw cannotCreate(folder, error) }
        }
        // Even if the folder was there: the process that created it may have died before its name was durable.
        for folder in [path, next] + missing { try syncName(of: folder, in: files) }
    }

    private static func parent(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    /// Makes the name of a file or folder durable, by syncing the folder above it.
    static func syncName(of path: String, in files: any FileSystem) throws(FileStoreError) {
        guard path != "/" else { return }
        let parent = parent(of: path)
        let above = !parent.isEmpty ? parent : path.hasPrefix("/") ? "/" : "."
        // A folder that this user may not read cannot be synced.
        guard let descriptor = try? files.openFolder(above) else { return }
        defer { files.closeFile(descriptor) }
        do {
            try StoreFile.retrying { () throws(SystemErrno) in try files.syncFolder(descriptor) }
        } catch {
            throw FileStoreError(.writeFailed, path: above, "cannot be synced; check the disk", errno: error.number)
        }
    }

    /// Creates a folder, and returns why that failed, or `nil` if something of its name exists now.
    private static func failure(ofMaking path: String, in files: any FileSystem) -> SystemErrno? {
        do {
            try StoreFile.retrying { () throws(SystemErrno) in try files.makeFolder(path) }
            return nil
        } catch {
            return error == .alreadyExists || error == .isAFolder ? nil : error
        }
    }

    private static func cannotCreate(_ path: String, _ error: SystemErrno) -> FileStoreError {
        let why =
            error == .noSuchFile
            ? "the folder above it may be a symbolic link whose target is missing, such as a volume that is not mounted"
            : "check who owns the folder above it, or choose another folder"
        return FileStoreError(.unusableFolder, path: path, "cannot be created; \(why)", errno: error.number)
    }

    /// Returns the files in the folder.
    package func listing() throws(FileStoreError) -> Listing {
        let names: [String]
        do {
            names = try StoreFile.retrying { () throws(SystemErrno) in try files.names(in: descriptor) }
        } catch {
            throw FileStoreError(
                .unusableFolder, path: path, "cannot be listed; check who owns the folder", errno: error.number)
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
        try call(path(name), "cannot be removed") { () throws(SystemErrno) in
            do throws(SystemErrno) {
                try files.removeFile(name, in: descriptor)
            } catch {
                guard error == .noSuchFile else { throw error }
            }
        }
    }

    /// Renames a file, and replaces an existing file.
    package func rename(_ name: String, to newName: String) throws(FileStoreError) {
        try call(path(name), "cannot be renamed to \(newName)") { () throws(SystemErrno) in
            try files.renameFile(name, to: newName, in: descriptor)
        }
    }

    /// Renames a damaged file, so that no opening reads it.
    ///
    /// - Returns: The new name.
    @discardableResult
    package func setAside(_ name: String) throws(FileStoreError) -> String {
        let newName = try nameToSetAside(name)
        try rename(name, to: newName)
        return newName
    }

    /// Returns an unused name for a damaged file.
    func nameToSetAside(_ name: String) throws(FileStoreError) -> String {
        let taken = Set(try listing().quarantined)
        let plain = name + Self.damagedMark
        if !taken.contains(plain) { return plain }
        var number = 2
        while taken.contains("\(plain)-\(number)") { number += 1 }
        return "\(plain)-\(number)"
    }

    /// Waits until the names in the folder are on disk.
    package func sync() throws(FileStoreError) {
        try call(path, "cannot be synced") { () throws(SystemErrno) in try files.syncFolder(descriptor) }
    }

    /// Creates a file with a header under a temporary name.
    ///
    /// It has no effect until it is published.
    package func begin(_ kind: FileHeader.Kind, _ header: FileHeader) throws(FileStoreError) -> StoreFile {
        let name = Self.name(kind, header.generation) + Self.unfinishedSuffix
        try remove(name)
        let file: StoreFile
        do throws(FileStoreError) {
            file = try StoreFile(name, .create, in: self)
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
    ///
    /// If something else took the name meanwhile, it is set aside, so that the next opening does not read it.
    ///
    /// - Parameter size: The size of the file in bytes.
    /// - Returns: The same open file.
    /// - Throws: ``FileStoreError`` with the code `filesChanged` if something else took the name meanwhile, or another
    ///   code if a call fails.
    @discardableResult
    package func publish(
        _ file: StoreFile, _ kind: FileHeader.Kind, _ generation: UInt64, size: Int
    ) throws(FileStoreError) -> StoreFile {
        let name = Self.name(kind, generation)
        try file.sync()
        try rename(name + Self.unfinishedSuffix, to: name)
        try sync()
        let published = file.renamed(to: name, in: self)
        do throws(FileStoreError) {
            try check([HeldFile(published, size: size)])
        } catch {
            if error.code == .filesChanged, error.path == published.path { _ = try? setAside(name) }
            throw error
        }
        return published
    }

    /// Creates an empty journal, and syncs it and its name.
    package func makeJournal(_ generation: UInt64) throws(FileStoreError) -> StoreFile {
        let file = try begin(.journal, FileHeader(.journal, generation: generation))
        do throws(FileStoreError) {
            return try publish(file, .journal, generation, size: FileHeader.size)
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
    ///
    /// Snapshots go first: an old one without the journals that follow it is worse than none.
    package func removeSuperseded(before generation: UInt64) throws(FileStoreError) {
        let listing = try listing()
        for snapshot in listing.snapshots where snapshot < generation { try remove(Self.name(.snapshot, snapshot)) }
        for journal in listing.journals where journal < generation { try remove(Self.name(.journal, journal)) }
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
