package import Foundation

extension StoreFolder {
    /// The path of the folder that a URL names.
    ///
    /// - Throws: ``FileStoreError`` if it is no file URL.
    package static func path(of directory: URL) throws(FileStoreError) -> String {
        guard directory.isFileURL else {
            throw FileStoreError(
                .unusableFolder, path: directory.absoluteString, "is no file URL; use URL(filePath:) to name a folder")
        }
        return directory.path(percentEncoded: false)
    }
}
