extension Recovery {
    /// Makes the files fit to be continued, and opens the newest journal for it.
    ///
    /// A torn end is cut off. Damage is set aside: the damaged journal is copied to a name of its own, cut back to the
    /// commits before the damage, and the journals after it are renamed; then the error is thrown. The store is left
    /// such that opening it again goes on with what comes before the damage, and reports the files set aside.
    ///
    /// - Throws: ``FileStoreError`` with the code `damaged`, or another if the repair itself fails.
    package mutating func repair(
        _ listing: StoreFolder.Listing, in folder: StoreFolder
    ) throws(FileStoreError) -> Journal {
        for name in listing.unfinished { try folder.remove(name) }
        switch ending {
        case .whole:
            break
        case .torn(let journal, let offset):
            try cut(journal, offset, in: folder)
        case .damaged(let journal, let offset, let reason):
            throw setAside(journal, offset, reason, in: folder)
        }
        for generation in badSnapshots {
            report.quarantined.append(try Self.quarantine(StoreFolder.name(.snapshot, generation), in: folder))
        }
        for name in superseded { try folder.remove(name) }
        guard let newest = journals.last else {
            let file = try folder.makeJournal(1)
            return Journal(file, generation: 1, nextSequence: 1, size: FileHeader.size)
        }
        let file = try StoreFile(folder.path(.journal, newest), .append, in: folder.files)
        do throws(FileStoreError) {
            // What was read may be the system's memory of a write that never reached the disk.
            try file.sync()
            try folder.sync()
            return Journal(file, generation: newest, nextSequence: nextSequence, size: try file.size())
        } catch {
            file.close()
            throw error
        }
    }

    /// Cuts a torn end off a journal, and everything off the journals after it.
    private mutating func cut(_ journal: UInt64, _ offset: Int, in folder: StoreFolder) throws(FileStoreError) {
        for generation in journals where generation >= journal {
            let file = try StoreFile(folder.path(.journal, generation), .append, in: folder.files)
            defer { file.close() }
            let end = generation == journal ? offset : FileHeader.size
            let size = try file.size()
            guard size > end else { continue }
            try file.truncate(to: end)
            try file.sync()
            report.cutBytes += size - end
            report.cutFile = report.cutFile ?? StoreFolder.name(.journal, generation)
        }
    }

    /// Sets a damaged journal and those after it aside, and returns the error that says so.
    private func setAside(_ journal: UInt64, _ offset: Int, _ reason: String, in folder: StoreFolder) -> FileStoreError
    {
        let path = folder.path(.journal, journal)
        do throws(FileStoreError) {
            var names: [String] = []
            // From the last to the first, so that an interruption leaves the damage to be found again.
            for generation in journals.reversed() where generation > journal {
                names.append(try Self.quarantine(StoreFolder.name(.journal, generation), in: folder))
            }
            if journals.contains(journal) {
                names.append(try copyAside(journal, in: folder))
            }
            if offset >= FileHeader.size {
                let file = try StoreFile(path, .append, in: folder.files)
                defer { file.close() }
                try file.truncate(to: offset)
                try file.sync()
            } else {
                try folder.makeJournal(journal).close()
            }
            try folder.sync()
            let kept = names.reversed().joined(separator: ", ")
            return FileStoreError(
                .damaged, path: path,
                "\(reason). \(kept.isEmpty ? "Nothing could be set aside" : "Set aside in the folder: \(kept)"). "
                    + "Restore the folder from a backup, or open it again to go on with the commits before "
                    + "number \(nextSequence)", offset: offset)
        } catch {
            return FileStoreError(
                .damaged, path: path,
                "\(reason). It could not be set aside either: \(error.message). Restore the folder from a backup",
                offset: offset)
        }
    }

    private func copyAside(_ journal: UInt64, in folder: StoreFolder) throws(FileStoreError) -> String {
        let name = StoreFolder.name(.journal, journal)
        let original = try StoreFile(folder.path(name), .read, in: folder.files)
        defer { original.close() }
        let copyName = try Self.freeName(name, in: folder)
        let unfinished = copyName + StoreFolder.unfinishedSuffix
        try folder.remove(unfinished)
        let copy = try StoreFile(folder.path(unfinished), .create, in: folder.files)
        defer { copy.close() }
        try copy.append(original.bytes())
        try copy.sync()
        try folder.rename(unfinished, to: copyName)
        try folder.sync()
        return copyName
    }

    private static func quarantine(_ name: String, in folder: StoreFolder) throws(FileStoreError) -> String {
        let newName = try freeName(name, in: folder)
        try folder.rename(name, to: newName)
        return newName
    }

    /// A name for a damaged file that none set aside earlier has.
    private static func freeName(_ name: String, in folder: StoreFolder) throws(FileStoreError) -> String {
        let taken = Set(try folder.listing().quarantined)
        let plain = name + StoreFolder.damagedMark
        if !taken.contains(plain) { return plain }
        var number = 2
        while taken.contains("\(plain)-\(number)") { number += 1 }
        return "\(plain)-\(number)"
    }
}
