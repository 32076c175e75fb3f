import RotaStore

/// A file system that calls a hook before each important operation, which the hook may make fail.
struct HookedFileSystem: FileSystem {
    /// What is about to happen.
    enum Call: Hashable {
        case open(String, FileAccess)
        case list(String)
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

    func openFile(_ path: String, _ access: FileAccess) throws(SystemErrno) -> Int32 {
        try hook(.open(path, access))
        return try files.openFile(path, access)
    }

    func closeFile(_ file: Int32) { files.closeFile(file) }

    func status(of file: Int32) throws(SystemErrno) -> FileStatus { try files.status(of: file) }

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

    func syncFolder(_ path: String) throws(SystemErrno) {
        try hook(.change)
        try files.syncFolder(path)
    }

    func names(inFolder path: String) throws(SystemErrno) -> [String] {
        try hook(.list(path))
        return try files.names(inFolder: path)
    }

    func renameFile(_ path: String, to newPath: String) throws(SystemErrno) {
        try hook(.change)
        try files.renameFile(path, to: newPath)
    }

    func removeFile(_ path: String) throws(SystemErrno) {
        try hook(.change)
        try files.removeFile(path)
    }
}
