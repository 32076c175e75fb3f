import RotaStore
import RotaTesting
import Synchronization

/// A read-only disk that another process writes to: it advances at every step.
///
/// A file that is open stays the one it was, as with a real disk: its later bytes show as long as it has its name, and
/// its last ones do when the name is gone or another's.
final class MovingFileSystem: FileSystem {
    private let images: [FaultyFileSystem]
    private let time: @Sendable () -> Int
    private let open = Mutex<[Int32: (path: String, opened: Int)]>([:])
    private let counter = Counter()

    /// - Parameter time: Called at every operation; says which image the disk shows.
    init(_ images: [FaultyFileSystem], time: @escaping @Sendable () -> Int) {
        self.images = images
        self.time = time
    }

    private func bytes(of file: Int32) throws(SystemErrno) -> [UInt8] {
        let now = time()
        guard let (path, opened) = open.withLock({ $0[file] }) else { throw .badDescriptor }
        var bytes = images[opened].bytes(of: path) ?? []
        for image in images[opened...max(opened, now)] {
            // Names are never given to another file in a folder of a store, so it is there or gone.
            guard let later = image.bytes(of: path) else { break }
            bytes = later
        }
        // The write that comes next may have got half its way.
        if now % 2 == 1, now + 1 < images.count, let next = images[now + 1].bytes(of: path), next.count > bytes.count {
            bytes += next[bytes.count..<((bytes.count + next.count) / 2)]
        }
        return bytes
    }

    func openFolder(_ path: String) throws(SystemErrno) -> Int32 {
        let folder = Int32(counter.next())
        open.withLock { $0[folder] = (path, time()) }
        return folder
    }

    private func path(_ name: String, in folder: Int32?) throws(SystemErrno) -> String {
        guard let folder else { return name }
        guard let parent = open.withLock({ $0[folder]?.path }) else { throw .badDescriptor }
        return "\(parent)/\(name)"
    }

    func openFile(_ name: String, _ access: FileAccess, in folder: Int32?) throws(SystemErrno) -> Int32 {
        let path = try path(name, in: folder)
        let now = time()
        guard images[now].bytes(of: path) != nil else { throw .noSuchFile }
        let file = Int32(counter.next())
        open.withLock { $0[file] = (path, now) }
        return file
    }

    func closeFile(_ file: Int32) { open.withLock { $0[file] = nil } }

    func status(of file: Int32) throws(SystemErrno) -> FileStatus {
        FileStatus(
            size: try bytes(of: file).count, isRegular: true,
            identity: FileStatus.Identity(device: 1, inode: UInt64(file)))
    }

    /// Only a writer asks what its names stand for.
    func status(of name: String, in folder: Int32?) throws(SystemErrno) -> FileStatus { throw .invalid }

    func readFile(
        _ file: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemErrno) -> Int {
        let rest = try bytes(of: file).dropFirst(offset).prefix(buffer.count)
        buffer.copyBytes(from: rest)
        return rest.count
    }

    func names(in folder: Int32) throws(SystemErrno) -> [String] {
        let prefix = try path("", in: folder)
        return images[time()].paths.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.utf8.count)) }
    }

    func appendFile(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemErrno) -> Int { throw .badDescriptor }
    func truncateFile(_ file: Int32, to size: Int) throws(SystemErrno) { throw .badDescriptor }
    func syncFile(_ file: Int32) throws(SystemErrno) { throw .badDescriptor }
    func lockFile(_ file: Int32) throws(SystemErrno) { throw .badDescriptor }
    func makeFolder(_ path: String) throws(SystemErrno) { throw .badDescriptor }
    func syncFolder(_ folder: Int32) throws(SystemErrno) { throw .badDescriptor }
    func renameFile(_ name: String, to newName: String, in folder: Int32?) throws(SystemErrno) { throw .badDescriptor }
    func removeFile(_ name: String, in folder: Int32?) throws(SystemErrno) { throw .badDescriptor }
}

/// Counts from 1, from anywhere.
final class Counter: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .relaxed) }

    func next() -> Int { number.add(1, ordering: .relaxed).newValue }
}
