import RotaCore
package import RotaStore
import Synchronization

/// An in-memory file system that fails, tears writes and loses unsynced data on command.
///
/// It keeps written data apart from synced data, so that ``crash(_:)`` can undo all that a real crash could. It counts
/// all operations, and ``fault`` selects them by number.
package final class FaultyFileSystem: FileSystem {
    /// A kind of crash.
    package enum Crash: Sendable, Hashable {
        /// The process died, but not the system. Everything written survives.
        case killed
        /// Power was lost, and only synced data survives.
        case lostUnsynced
        /// Power was lost, and the seed decides which unsynced data survives.
        case tore(seed: UInt64)
    }

    private let disk = Mutex(FaultyDisk())

    private let afterSync: (@Sendable () -> Void)?

    /// Creates an empty disk with the root folder `/`.
    ///
    /// - Parameter afterSync: Called after each sync of a file, before it returns to the store.
    package init(afterSync: (@Sendable () -> Void)? = nil) {
        self.afterSync = afterSync
    }

    /// The fault to inject.
    ///
    /// Setting it resets the count of operations.
    package var fault: FileFault? {
        get { disk.withLock { $0.fault } }
        set {
            disk.withLock {
                $0.fault = newValue
                $0.operations = 0
            }
        }
    }

    /// The number of operations since the fault was set.
    package var operations: Int { disk.withLock { $0.operations } }

    /// The number of open descriptors.
    package var openFiles: Int { disk.withLock { $0.open.count } }

    /// Crashes and restarts: removes the fault, closes all descriptors, releases all locks, and may lose unsynced data.
    package func crash(_ crash: Crash) {
        disk.withLock { Self.restart(&$0, after: crash) }
    }

    private static func restart(_ disk: inout FaultyDisk, after crash: Crash) {
        switch crash {
        case .killed: disk.restart { true }
        case .lostUnsynced: disk.restart { false }
        case .tore(let seed):
            var random = SplitMix64(seed: seed)
            disk.restart { Bool.random(using: &random) }
        }
    }

    /// Returns the bytes of a file, synced or not, or `nil` if it does not exist.
    package func bytes(of path: String) -> [UInt8]? {
        disk.withLock { disk in disk.find(path).flatMap { disk.nodes[$0]?.bytes } }
    }

    /// Puts a new file with synced bytes at a path, in place of any other.
    package func put(_ bytes: [UInt8], at path: String) {
        disk.withLock { $0.put(bytes, at: path) }
    }

    /// Adds a file that is not regular, such as a pipe.
    package func putSpecial(at path: String) {
        disk.withLock { $0.put([], at: path, isRegular: false) }
    }

    /// Replaces the bytes of a file in place, as another program would.
    package func overwrite(_ path: String, _ bytes: [UInt8]) {
        disk.withLock { $0.overwrite(path, bytes) }
    }

    /// Renames a file or folder as another program would, in place of any with the new name.
    package func move(_ path: String, to newPath: String) {
        disk.withLock { $0.move(path, to: newPath) }
    }

    /// Removes a file, or a folder with everything in it, as another program would.
    package func removeAll(_ path: String) {
        disk.withLock { $0.removeAll(path) }
    }

    /// Copies a file, or a folder with everything in it, as another program would.
    package func duplicate(_ path: String, to newPath: String) {
        disk.withLock { $0.duplicate(path, to: newPath) }
    }

    /// The paths of all files, sorted.
    package var paths: [String] {
        disk.withLock { $0.paths.sorted() }
    }

    /// Returns a copy of the disk as it would be after a crash now.
    package func copy(_ crash: Crash = .killed) -> FaultyFileSystem {
        let copy = FaultyFileSystem()
        var image = disk.withLock { $0 }
        Self.restart(&image, after: crash)
        copy.disk.withLock { [image] in $0 = image }
        return copy
    }

    package func openFolder(_ path: String) throws(SystemErrno) -> Int32 {
        try operate { disk throws(SystemErrno) in try disk.openFolder(path) }
    }

    package func openFile(_ name: String, _ access: FileAccess, in folder: Int32?) throws(SystemErrno) -> Int32 {
        try operate { disk throws(SystemErrno) in try disk.open(name, access, in: folder) }
    }

    package func closeFile(_ file: Int32) {
        disk.withLock { $0.close(file) }
    }

    package func status(of file: Int32) throws(SystemErrno) -> FileStatus {
        try operate { disk throws(SystemErrno) in try disk.status(file) }
    }

    package func status(of name: String, in folder: Int32?) throws(SystemErrno) -> FileStatus {
        try operate { disk throws(SystemErrno) in try disk.status(name, in: folder) }
    }

    package func readFile(
        _ file: Int32, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(SystemErrno) -> Int {
        // A pointer cannot be captured by the lock's sendable closure, but its address can. The buffer outlives the
        // call.
        let address = UInt(bitPattern: bytes.baseAddress)
        let size = bytes.count
        return try operate { disk, isShort throws(SystemErrno) in
            let node = try disk.node(file)
            guard offset >= 0 else { throw .invalid }
            var count = max(0, min(size, node.bytes.count - offset))
            if isShort { count = min(count, max(1, count / 2)) }
            let target = UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(bitPattern: address), count: size)
            node.bytes.withUnsafeBytes { source in
                if count > 0 {
                    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<(offset + count)]))
                }
            }
            return count
        }
    }

    package func appendFile(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemErrno) -> Int {
        let bytes = [UInt8](bytes)
        return try operate { disk, isShort throws(SystemErrno) in
            let count = isShort ? min(bytes.count, max(1, bytes.count / 2)) : bytes.count
            try disk.append(bytes.prefix(count), to: file)
            return count
        } tearing: { disk throws(SystemErrno) in
            try disk.append(bytes.prefix(bytes.count / 2), to: file)
        }
    }

    package func truncateFile(_ file: Int32, to size: Int) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.truncate(file, to: size) }
    }

    package func syncFile(_ file: Int32) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.sync(file) }
        afterSync?()
    }

    package func lockFile(_ file: Int32) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.lock(file) }
    }

    package func makeFolder(_ path: String) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.makeFolder(path) }
    }

    package func syncFolder(_ folder: Int32) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.syncFolder(folder) }
    }

    package func names(in folder: Int32) throws(SystemErrno) -> [String] {
        try operate { disk throws(SystemErrno) in try disk.names(in: folder) }
    }

    package func renameFile(_ name: String, to newName: String, in folder: Int32?) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.rename(name, to: newName, in: folder) }
    }

    package func removeFile(_ name: String, in folder: Int32?) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.remove(name, in: folder) }
    }

    private func operate<Value: Sendable>(
        _ body: (inout FaultyDisk) throws(SystemErrno) -> Value
    ) throws(SystemErrno) -> Value {
        try operate { disk, _ throws(SystemErrno) in try body(&disk) }
    }

    /// Counts an operation, and performs it or the fault.
    private func operate<Value: Sendable>(
        _ body: (inout FaultyDisk, _ isShort: Bool) throws(SystemErrno) -> Value,
        tearing tear: (inout FaultyDisk) throws(SystemErrno) -> Void = { _ throws(SystemErrno) in }
    ) throws(SystemErrno) -> Value {
        try disk.withLock { disk throws(SystemErrno) in
            disk.operations += 1
            switch disk.fault?.effect(on: disk.operations) {
            case nil where disk.isOff: throw .inputOutput
            case nil: return try body(&disk, false)
            case .short: return try body(&disk, true)
            case .fail(let error): throw error
            case .tear(let error):
                try tear(&disk)
                throw error
            case .powerLoss:
                // Half of the bytes may already be on their way to the disk.
                if !disk.isOff { try tear(&disk) }
                disk.isOff = true
                throw .inputOutput
            }
        }
    }
}

extension FileStoreEnvironment {
    /// Files in memory, no clock, small chunks, and compaction only when asked for.
    package static func inMemory(_ files: FaultyFileSystem) -> FileStoreEnvironment {
        var environment = FileStoreEnvironment()
        environment.files = files
        environment.elapsed = { .zero }
        environment.sleep = { _ in throw CancellationError() }
        environment.compactionMinimum = .max / 4
        environment.snapshotChunk = 2
        return environment
    }
}
