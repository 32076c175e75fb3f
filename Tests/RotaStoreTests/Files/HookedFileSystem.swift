import RotaStore

/// A file system that calls a hook before each important operation, which the hook may make fail.
struct HookedFileSystem: FileSystem {
    /// What is about to happen.
    enum Call: Hashable {
        case open(String, FileAccess)
        case openFolder(String)
        case list
        case status
        case read(Int32, offset: Int)
        /// Anything that changes what is on the disk, an opening that makes a file aside.
        case change
    }

    private let files: any FileSystem
    private let hook: @Sendable (Call) throws(SystemErrno) -> Void

    init(_ files: any FileSystem, hook: @escaping @Sendable (Call) throws(SystemErrno) -> Void) {
        self.files = files
        self.hook = hook
    }

    func openFolder(_ path: String) throws(SystemErrno) -> Int32 {
        try hook(.openFolder(path))
        return try files.openFolder(path)
    }

    func openFile(_ name: String, _ access: FileAccess, in folder: Int32?) throws(SystemErrno) -> Int32 {
        try hook(.open(name, access))
        return try files.openFile(name, access, in: folder)
    }

    func closeFile(_ file: Int32) { files.closeFile(file) }

    func status(of file: Int32) throws(SystemErrno) -> FileStatus { try files.status(of: file) }

    func status(of name: String, in folder: Int32?) throws(SystemErrno) -> FileStatus {
        try hook(.status)
        return try files.status(of: name, in: folder)
    }

    func readFile(
        _ file: Int32, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(SystemErrno) -> Int {
        try hook(.read(file, offset: offset))
        return try files.readFile(file, at: offset, into: bytes)
    }

    func appendFile(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemErrno) -> Int {
        try hook(.change)
        return try files.appendFile(file, bytes)
    }

    func truncateFile(_ file: Int32, to size: Int) throws(SystemErrno) {
        try hook(.change)
        try files.truncateFile(file, to: size)
    }

    func syncFile(_ file: Int32) throws(SystemErrno) {
        try hook(.change)
        try files.syncFile(file)
    }

    func lockFile(_ file: Int32) throws(SystemErrno) {
        try hook(.change)
        try files.lockFile(file)
    }

    func makeFolder(_ path: String) throws(SystemErrno) {
        try hook(.change)
        try files.makeFolder(path)
    }

    func syncFolder(_ folder: Int32) throws(SystemErrno) {
        try hook(.change)
        try files.syncFolder(folder)
    }

    func names(in folder: Int32) throws(SystemErrno) -> [String] {
        try hook(.list)
        return try files.names(in: folder)
    }

    func renameFile(_ name: String, to newName: String, in folder: Int32?) throws(SystemErrno) {
        try hook(.change)
        try files.renameFile(name, to: newName, in: folder)
    }

    func removeFile(_ name: String, in folder: Int32?) throws(SystemErrno) {
        try hook(.change)
        try files.removeFile(name, in: folder)
    }
}
