import RotaStore

/// The disk of a ``FaultyFileSystem``: the files as readers see them, and the parts of them that survive a crash.
struct FaultyDisk: Sendable {
    /// A file's bytes.
    struct Node: Sendable {
        var bytes: [UInt8] = []
        /// The bytes as last synced.
        var synced: [UInt8] = []
        var isRegular = true
    }

    /// A change of names that is not synced yet.
    enum NameChange: Sendable {
        case link(String, Int)
        case unlink(String)
        /// A rename, which survives a crash completely or not at all.
        case move(String, String, Int)
    }

    var nodes: [Int: Node] = [:]
    var names: [String: Int] = ["/": 0]
    var folders: Set<String> = ["/"]
    var fault: FileFault?
    var operations = 0
    var isOff = false

    private var syncedNames: [String: Int] = ["/": 0]
    private var unsyncedChanges: [NameChange] = []
    private(set) var open: [Int32: Int] = [:]
    private var locks: [Int: Int32] = [:]
    private var nextNode = 1
    private var nextDescriptor: Int32 = 3

    mutating func put(_ bytes: [UInt8], at path: String, isRegular: Bool = true) {
        nodes[nextNode] = Node(bytes: bytes, synced: bytes, isRegular: isRegular)
        names[path] = nextNode
        syncedNames[path] = nextNode
        nextNode += 1
    }

    mutating func open(_ path: String, _ access: FileAccess) throws(SystemErrno) -> Int32 {
        if folders.contains(path) { throw .isAFolder }
        guard folders.contains(Self.parent(path)) else { throw .noSuchFile }
        let node: Int
        if let existing = names[path] {
            if access == .create { throw .alreadyExists }
            node = existing
        } else {
            guard access == .create || access == .createIfMissing else { throw .noSuchFile }
            node = nextNode
            nextNode += 1
            nodes[node] = Node()
            change(.link(path, node))
        }
        defer { nextDescriptor += 1 }
        open[nextDescriptor] = node
        return nextDescriptor
    }

    mutating func close(_ file: Int32) {
        guard let node = open.removeValue(forKey: file) else { return }
        if locks[node] == file { locks[node] = nil }
    }

    func node(_ file: Int32) throws(SystemErrno) -> Node {
        guard let number = open[file], let node = nodes[number] else { throw .badDescriptor }
        return node
    }

    mutating func append(_ bytes: ArraySlice<UInt8>, to file: Int32) throws(SystemErrno) {
        guard let number = open[file] else { throw .badDescriptor }
        nodes[number]?.bytes.append(contentsOf: bytes)
    }

    mutating func truncate(_ file: Int32, to size: Int) throws(SystemErrno) {
        guard let number = open[file], let count = nodes[number]?.bytes.count else { throw .badDescriptor }
        guard size >= 0 else { throw .invalid }
        if size < count {
            nodes[number]?.bytes.removeLast(count - size)
        } else {
            nodes[number]?.bytes.append(contentsOf: repeatElement(0, count: size - count))
        }
    }

    mutating func sync(_ file: Int32) throws(SystemErrno) {
        guard let number = open[file], let bytes = nodes[number]?.bytes else { throw .badDescriptor }
        nodes[number]?.synced = bytes
    }

    mutating func lock(_ file: Int32) throws(SystemErrno) {
        guard let number = open[file] else { throw .badDescriptor }
        guard locks[number] == nil || locks[number] == file else { throw .wouldBlock }
        locks[number] = file
    }

    mutating func makeFolder(_ path: String) throws(SystemErrno) {
        guard names[path] == nil else { throw .alreadyExists }
        let parent = Self.parent(path)
        guard folders.contains(parent) else { throw names[parent] == nil ? .noSuchFile : .notAFolder }
        // Folders survive at once. The tests are about the files in them.
        folders.insert(path)
        names[path] = 0
        syncedNames[path] = 0
    }

    mutating func syncFolder(_ path: String) throws(SystemErrno) {
        guard folders.contains(path) else { throw .noSuchFile }
        for change in unsyncedChanges { Self.apply(change, &syncedNames) }
        unsyncedChanges = []
    }

    func names(inFolder path: String) throws(SystemErrno) -> [String] {
        guard folders.contains(path) else { throw names[path] == nil ? .noSuchFile : .notAFolder }
        let prefix = path == "/" ? "/" : path + "/"
        return names.keys.filter { $0 != "/" && Self.parent($0) == path }.map { String($0.dropFirst(prefix.count)) }
    }

    mutating func rename(_ path: String, to newPath: String) throws(SystemErrno) {
        guard let node = names[path] else { throw .noSuchFile }
        change(.move(path, newPath, node))
    }

    mutating func remove(_ path: String) throws(SystemErrno) {
        guard names[path] != nil else { throw .noSuchFile }
        if folders.contains(path) { throw .isAFolder }
        change(.unlink(path))
    }

    /// Restarts the machine.
    ///
    /// - Parameter survives: Returns, for each unsynced change, whether it reached the disk anyway.
    mutating func restart(_ survives: () -> Bool) {
        for change in unsyncedChanges where survives() { Self.apply(change, &syncedNames) }
        unsyncedChanges = []
        names = syncedNames
        for number in nodes.keys.sorted() {
            guard var node = nodes[number], node.bytes != node.synced else { continue }
            node.bytes = Self.remains(node, survives)
            node.synced = node.bytes
            nodes[number] = node
        }
        open = [:]
        locks = [:]
        isOff = false
        fault = nil
        operations = 0
    }

    /// Returns the bytes of a file after a crash: the synced ones, and those unsynced pieces that reached the disk.
    private static func remains(_ node: Node, _ survives: () -> Bool) -> [UInt8] {
        // File systems write the size first, then blocks. These blocks are small, in order to tear small files.
        let length = survives() ? node.bytes.count : node.synced.count
        let piece = 16
        var bytes = [UInt8](repeating: 0, count: length)
        var start = 0
        while start < length {
            let end = min(start + piece, length)
            let source = survives() ? node.bytes : node.synced
            for index in start..<max(start, min(end, source.count)) { bytes[index] = source[index] }
            start = end
        }
        return bytes
    }

    private mutating func change(_ change: NameChange) {
        Self.apply(change, &names)
        unsyncedChanges.append(change)
    }

    private static func apply(_ change: NameChange, _ names: inout [String: Int]) {
        switch change {
        case .link(let path, let node): names[path] = node
        case .unlink(let path): names[path] = nil
        case .move(let path, let newPath, let node):
            names[path] = nil
            names[newPath] = node
        }
    }

    private static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
