extension Recovery {
    /// Repairs the files, and opens the newest journal for appending.
    ///
    /// A torn end is cut off. Damage is set aside and reported by an error:
    ///
    /// ```
    ///   journal-5   ok ok ok ???? ok     →   journal-5             ok ok ok
    ///                                        journal-5.damaged     ok ok ok ???? ok      (a copy)
    ///   journal-6   ok ok                →   journal-6.damaged     ok ok                 (renamed)
    /// ```
    ///
    /// Opening the folder again then continues with the commits before the damage. An interrupted repair starts over.
    ///
    /// - Throws: ``FileStoreError`` with the code `damaged` after damage was set aside, `filesChanged` if a file is no
    ///   longer the one that was read, or another code if the repair fails.
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
        // Files that were read may have been replaced since. Remove nothing that they replace, and build nothing on
        // them.
        try folder.check(held)
        for generation in damagedSnapshots {
            report.quarantined.append(try folder.setAside(StoreFolder.name(.snapshot, generation)))
        }
        for name in superseded { try folder.remove(name) }
        guard let newest = journals.last, let last = held.last else {
            let file = try folder.makeJournal(1)
            return Journal(file, in: folder, generation: 1, nextSequence: 1, size: FileHeader.size)
        }
        let file = try StoreFile(StoreFolder.name(.journal, newest), .append, in: folder)
        do throws(FileStoreError) {
            // The bytes that were read may be in the system's cache only.
            try file.sync()
            try folder.sync()
            guard file.identity == last.identity else { throw StoreFolder.filesChanged(file.path, "was replaced") }
            return Journal(
                file, in: folder, after: held.dropLast(), generation: newest, nextSequence: nextSequence,
                size: last.size)
        } catch {
            file.close()
            throw error
        }
    }

    /// Truncates a journal at a torn write, and empties the journals after it.
    private mutating func cut(_ journal: UInt64, _ offset: Int, in folder: StoreFolder) throws(FileStoreError) {
        for generation in journals where generation >= journal {
            let file = try StoreFile(StoreFolder.name(.journal, generation), .append, in: folder)
            defer { file.close() }
            let end = generation == journal ? offset : FileHeader.size
            let size = try file.size()
            if generation > journal {
                held.append(HeldFile(file, size: min(size, end)))
            } else if file.identity != held.last?.identity {
                throw StoreFolder.filesChanged(file.path, "was replaced")
            }
            guard size > end else { continue }
            try file.truncate(to: end)
            try file.sync()
            report.cutBytes += size - end
            report.cutFile = report.cutFile ?? StoreFolder.name(.journal, generation)
        }
    }

    /// Sets aside a damaged journal and those after it, and returns the error to throw.
    private func setAside(_ journal: UInt64, _ offset: Int, _ reason: String, in folder: StoreFolder) -> FileStoreError
    {
        let path = folder.path(.journal, journal)
        do throws(FileStoreError) {
            var names: [String] = []
            // Start with the last journal, so that an interruption leaves the damage in place to be found again.
            for generation in journals.reversed() where generation > journal {
                names.append(try folder.setAside(StoreFolder.name(.journal, generation)))
            }
            if journals.contains(journal) {
                names.append(try copyAside(journal, in: folder))
            }
            if offset >= FileHeader.size {
                let file = try StoreFile(StoreFolder.name(.journal, journal), .append, in: folder)
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
                "\(reason). \(kept.isEmpty ? "There was no file to set aside" : "Set aside in the folder: \(kept)"). "
                    + "Restore the folder from a backup, or open it again to continue without commit \(nextSequence) "
                    + "and later ones", offset: offset)
        } catch {
            return FileStoreError(
                .damaged, path: path,
                "\(reason). It could not be set aside: \(error.message). Restore the folder from a backup",
                offset: offset)
        }
    }

    private func copyAside(_ journal: UInt64, in folder: StoreFolder) throws(FileStoreError) -> String {
        let name = StoreFolder.name(.journal, journal)
        let original = try StoreFile(name, .read, in: folder)
        defer { original.close() }
        let copyName = try folder.nameToSetAside(name)
        let unfinished = copyName + StoreFolder.unfinishedSuffix
        try folder.remove(unfinished)
        let copy = try StoreFile(unfinished, .create, in: folder)
        defer { copy.close() }
        try copy.append(original.bytes())
        try copy.sync()
        try folder.rename(unfinished, to: copyName)
        try folder.sync()
        return copyName
    }
}
