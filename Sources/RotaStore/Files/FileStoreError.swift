#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why the file store could not do what it was asked, with the file it concerns and what can be done about it.
public struct FileStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure this is; new kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case unusableFolder, locked, damaged, unsupportedVersion, writeFailed, readFailed, stopped,
                commitTooLarge, readOnly
        }

        private let kind: Kind

        /// The folder is missing, is no folder, is a symbolic link, or may not be read or written.
        public static let unusableFolder = Code(kind: .unusableFolder)
        /// Another process, or another store of this one, has the folder open.
        public static let locked = Code(kind: .locked)
        /// A file's bytes are not what was written; it was set aside where that could be done.
        public static let damaged = Code(kind: .damaged)
        /// A file was written by a later version of this library.
        public static let unsupportedVersion = Code(kind: .unsupportedVersion)
        /// The disk refused a write or a sync; nothing of the commit counts, and the store must be reopened.
        public static let writeFailed = Code(kind: .writeFailed)
        /// The disk refused to read a file back.
        public static let readFailed = Code(kind: .readFailed)
        /// An earlier write failed, so the store takes nothing more until it is reopened.
        public static let stopped = Code(kind: .stopped)
        /// One commit holds more bytes than a frame can.
        public static let commitTooLarge = Code(kind: .commitTooLarge)
        /// The store was opened to look at only.
        public static let readOnly = Code(kind: .readOnly)

        /// The name of the code, such as `locked`.
        public var description: String { kind.rawValue }
    }

    /// What kind of failure this is.
    public let code: Code
    /// The file or folder it concerns.
    public let path: String
    /// What happened and what to do about it, for a person.
    public let message: String
    /// The operating system's error number (`errno`), if it was the system that refused.
    public let systemError: Int32?
    /// The byte of the file at which its damage begins, if this is about damage.
    public let offset: Int?

    package init(_ code: Code, path: String, _ message: String, errno number: Int32? = nil, offset: Int? = nil) {
        self.code = code
        self.path = path
        self.message = number.map { "\(message) (\(Self.text(of: $0)), errno \($0))" } ?? message
        self.systemError = number
        self.offset = offset
    }

    private static func text(of number: Int32) -> String {
        // Safe from every thread on the systems we build for: known numbers have constant texts.
        strerror(number).map { String(cString: $0) } ?? "unknown error"
    }

    /// The code, the path and the message.
    public var description: String { "\(code): \(path): \(message)" }
}

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
