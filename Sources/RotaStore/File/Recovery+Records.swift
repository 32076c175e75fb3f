extension Recovery where State == StoreState {
    /// Reads a store's records, without changing any of its files.
    package init(of listing: StoreFolder.Listing, in folder: StoreFolder) throws(FileStoreError) {
        do {
            try self.init(listing, in: folder, initial: StoreState()) { state, payload in
                try Change.read(payload, archive: { state.put($0) }, { state.apply($0) })
            }
        } catch let error as FileStoreError {
            throw error
        } catch let error as RecordFormatError where error.isLaterFormat {
            throw FileStoreError(
                .unsupportedVersion, path: folder.path,
                "holds a commit that this version of Rota cannot read, \(error.message); update Rota")
        } catch {
            throw FileStoreError(
                .damaged, path: folder.path,
                "holds a commit whose checksum is right and whose content is not: \(error); nothing was changed, "
                    + "restore the folder from a backup")
        }
    }
}
