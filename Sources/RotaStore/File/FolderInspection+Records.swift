extension FolderInspection where State == StoreState {
    /// Reads the records in a folder.
    ///
    /// - Throws: ``FileStoreError`` if the files cannot be read, or are damaged such that there is nothing to show.
    package init(_ folder: StoreFolder) throws(FileStoreError) {
        try self.init(folder) { listing, folder throws(FileStoreError) in try Recovery(of: listing, in: folder) }
        state.markOverfull()
    }

    /// Reads the records in the folder at a path, and takes the time; blocks on the disk.
    ///
    /// - Throws: ``FileStoreError`` as the other does.
    package init(_ path: String, _ environment: FileStoreEnvironment) throws(FileStoreError) {
        let start = environment.elapsed()
        try self.init(StoreFolder(path, in: environment.files))
        report.duration = environment.elapsed() - start
    }
}
