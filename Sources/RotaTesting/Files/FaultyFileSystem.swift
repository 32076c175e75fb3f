import RotaCore
package import RotaStore
import Synchronization

/// Files in memory that fail, tear and forget on command, for tests of what a disk can do to a store.
///
/// Written bytes and changed names are kept apart from those that were synced, so that ``crash(_:)`` can take back what a
/// real crash could. Every operation is counted; ``fault`` hits them by number.
package final class FaultyFileSystem: FileSystem {
    /// What a crash leaves behind.
    package enum Crash: Sendable, Hashable {
        /// The process died, the system lives: everything written stays.
        case killed
        /// Power was lost before anything that was not synced reached the disk.
        case lostUnsynced
        /// Power was lost while some of what was not synced reached the disk: which, the seed decides.
        case tore(seed: UInt64)
    }

    private let disk = Mutex(FaultyDisk())

    private let afterSync: (@Sendable () -> Void)?

    /// Makes an empty disk with the root folder `/`.
    ///
    /// - Parameter afterSync: Called whenever a file has been synced, before the store hears of it.
    package init(afterSync: (@Sendable () -> Void)? = nil) {
        self.afterSync = afterSync
    }

    /// The fault that is set; setting one starts the count of operations anew.
    package var fault: FileFault? {
        get { disk.withLock { $0.fault } }
        set {
            disk.withLock {
                $0.fault = newValue
                $0.operations = 0
            }
        }
    }

    /// How many operations there were since the fault was last set.
    package var operations: Int { disk.withLock { $0.operations } }

    /// How many descriptors are open.
    package var openFiles: Int { disk.withLock { $0.open.count } }

    /// Ends the process that used the disk, and the fault: locks and descriptors are gone, and so may be what was not
    /// synced.
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

    /// The bytes of a file as a reader sees them, or nil if there is none.
    package func bytes(of path: String) -> [UInt8]? {
        disk.withLock { disk in disk.names[path].flatMap { disk.nodes[$0]?.bytes } }
    }

    /// Puts a file with synced bytes in place, as if it had always been there.
    package func put(_ bytes: [UInt8], at path: String) {
        disk.withLock { $0.put(bytes, at: path) }
    }

    /// Puts something that is no plain file in place, such as a pipe.
    package func putSpecial(at path: String) {
        disk.withLock { $0.put([], at: path, isRegular: false) }
    }

    /// The paths of all files, sorted.
    package var paths: [String] {
        disk.withLock { disk in disk.names.keys.filter { !disk.folders.contains($0) }.sorted() }
    }

    /// Copies the disk as it would be after a crash now.
    package func copy(_ crash: Crash = .killed) -> FaultyFileSystem {
        let copy = FaultyFileSystem()
        var image = disk.withLock { $0 }
        Self.restart(&image, after: crash)
        copy.disk.withLock { [image] in $0 = image }
        return copy
    }

    package func openFile(_ path: String, _ access: FileAccess) throws(SystemErrno) -> Int32 {
        try operate { disk throws(SystemErrno) in try disk.open(path, access) }
    }

    package func closeFile(_ file: Int32) {
        disk.withLock { $0.close(file) }
    }

    package func status(of file: Int32) throws(SystemErrno) -> FileStatus {
        try operate { disk throws(SystemErrno) in
            let node = try disk.node(file)
            return FileStatus(size: node.bytes.count, isRegular: node.isRegular)
        }
    }

    package func readFile(
        _ file: Int32, at offset: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(SystemErrno) -> Int {
        // The address crosses into the lock's closure as a number: the buffer outlives the call.
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

    package func syncFolder(_ path: String) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.syncFolder(path) }
    }

    package func names(inFolder path: String) throws(SystemErrno) -> [String] {
        try operate { disk throws(SystemErrno) in try disk.names(inFolder: path) }
    }

    package func renameFile(_ path: String, to newPath: String) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.rename(path, to: newPath) }
    }

    package func removeFile(_ path: String) throws(SystemErrno) {
        try operate { disk throws(SystemErrno) in try disk.remove(path) }
    }

    private func operate<Value: Sendable>(
        _ body: (inout FaultyDisk) throws(SystemErrno) -> Value
    ) throws(SystemErrno) -> Value {
        try operate { disk, _ throws(SystemErrno) in try body(&disk) }
    }

    /// Counts an operation and carries it out, or lets the fault happen in its place.
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
                // Half of what was being written may be on its way to the disk.
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
