extension FileStoreError {
    /// Tells of any error as one of a file store's, with the path that it concerns.
    ///
    /// - Parameters:
    ///   - path: What to name if the error names no file itself.
    ///   - complaint: What went wrong if the error is none of a file store's; its own text follows.
    package init(_ error: any Error, path: String, _ complaint: String) {
        switch error as? FileStoreError {
        case let error? where error.path.isEmpty: self.init(error.code, path: path, error.message)
        case let error?: self = error
        case nil: self.init(.writeFailed, path: path, "\(complaint): \(error)")
        }
    }

    /// Refuses to change a store that was opened to look at only.
    static func readOnly(_ path: String) -> FileStoreError {
        FileStoreError(
            .readOnly, path: path,
            "was opened to look at only; close it and open it with init(directory:) to change something")
    }
}
