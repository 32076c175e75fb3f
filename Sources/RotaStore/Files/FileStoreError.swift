public import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An error of a file store, with the file it concerns and what to do about it.
///
/// ```swift
/// do {
///     _ = try await FileJobStore(directory: URL(filePath: "/var/lib/my-app/jobs"))
/// } catch let error as FileStoreError where error.code == .locked {
///     print(error.message)  // another process, or another store in this one, has this folder open; close it first, …
/// }
/// ```
public struct FileStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of a failure.
    ///
    /// Later versions may add kinds.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case unusableFolder, locked, damaged, unsupportedVersion, writeFailed, readFailed, stopped,
                filesChanged, commitTooLarge, readOnly
        }

        private let kind: Kind

        /// The folder is missing, is not a folder, or cannot be accessed, or something else has the name of a file.
        public static let unusableFolder = Code(kind: .unusableFolder)
        /// Another process, or another store of this one, has the folder open.
        public static let locked = Code(kind: .locked)
        /// The bytes of a file are not those that were written.
        ///
        /// The file was set aside if possible.
        public static let damaged = Code(kind: .damaged)
        /// A file was written by a later version of this library.
        public static let unsupportedVersion = Code(kind: .unsupportedVersion)
        /// A write or sync failed.
        ///
        /// Nothing of the commit was stored, and the store must be opened again.
        public static let writeFailed = Code(kind: .writeFailed)
        /// A file could not be read.
        public static let readFailed = Code(kind: .readFailed)
        /// The folder or a file in it was removed, renamed, replaced or cut while the store had it open.
        ///
        /// Nothing of the commit was stored, and the store must be opened again.
        public static let filesChanged = Code(kind: .filesChanged)
        /// An earlier commit failed, so the store must be opened again.
        public static let stopped = Code(kind: .stopped)
        /// A commit is larger than 256 MiB.
        public static let commitTooLarge = Code(kind: .commitTooLarge)
        /// The store was opened for reading only.
        public static let readOnly = Code(kind: .readOnly)

        /// The name of the code, such as `locked`.
        public var description: String { kind.rawValue }
    }

    /// The kind of failure.
    public let code: Code
    /// The path of the file or folder that caused the error.
    public let path: String
    /// A description of the failure and how to resolve it.
    public let message: String
    /// The operating system's error number (`errno`), if a system call failed.
    public let systemError: Int32?
    /// The offset in the file at which damage starts, if the file is damaged.
    public let offset: Int?

    package init(_ code: Code, path: String, _ message: String, errno number: Int32? = nil, offset: Int? = nil) {
        self.code = code
        self.path = path
        self.message = number.map { "\(message) (\(Self.text(of: $0)), errno \($0))" } ?? message
        self.systemError = number
        self.offset = offset
    }

    private static func text(of number: Int32) -> String {
        // Thread-safe on all supported systems: known numbers have constant texts.
        strerror(number).map { String(cString: $0) } ?? "unknown error"
    }

    /// The code, the path and the message.
    public var description: String { "\(code): \(path): \(message)" }
}

extension FileStoreError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
    /// The ``message``.
    public var failureReason: String? { message }
}

extension FileStoreError {
    /// Creates a file store error from any error.
    ///
    /// - Parameters:
    ///   - error: The error. A file store error is kept.
    ///   - path: The path to report if the error has none.
    ///   - problem: The problem to report for other errors, followed by their text.
    package init(_ error: any Error, path: String, _ problem: String) {
        switch error as? FileStoreError {
        case let error? where error.path.isEmpty: self.init(error.code, path: path, error.message)
        case let error?: self = error
        case nil: self.init(.writeFailed, path: path, "\(problem): \(error)")
        }
    }

    /// The error for changing a store that is read-only.
    static func readOnly(_ path: String) -> FileStoreError {
        FileStoreError(
            .readOnly, path: path,
            "was opened for reading only; close it and open it with init(directory:) to change something")
    }
}
