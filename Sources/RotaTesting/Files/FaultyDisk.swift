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

    /// A name in a folder.
    struct Name: Sendable, Hashable {
        var folder: Int
        var name: String
    }

    /// A change of names that is not synced yet.
    enum NameChange: Sendable {
        case link(Name, Int)
        case unlink(Name)
        /// A rename, which survives a crash completely or not at all.
        case move(Name, Name, Int)

        var folder: Int {
            switch self {
            case .link(let name, _), .unlink(let name), .move(let name, _, _): name.folder
            }
        }
    }

    static let root = 0

    private(set) var nodes: [Int: Node] = [:]
    private(set) var folders: Set<Int> = [root]
    var fault: FileFault?
    var operations = 0
    var isOff = false

    private var names: [Name: Int] = [:]
    private var syncedNames: [Name: Int] = [:]
    private var unsyncedChanges: [NameChange] = []
    private(set) var open: [Int32: Int] = [:]
    private var locks: [Int: Int32] = [:]
    private var nextNode = 1
    private var nextDescriptor: Int32 = 3

    mutating func openFolder(_ path: String) throws(SystemErrno) -> Int32 {
        guard let node = find(path) else { throw .noSuchFile }
        guard folders.contains(node) else { throw .notAFolder }
        return descriptor(of: node)
    }

    mutating func open(_ path: String, _ access: FileAccess, in folder: Int32?) throws(SystemErrno) -> Int32 {
        let name = try name(path, in: folder)
        if let existing = names[name] {
            if access == .create { throw .alreadyExists }
            if folders.contains(existing) { throw .isAFolder }
            return descriptor(of: existing)
        }
        guard access == .create || access == .createIfMissing, isLinked(name.folder) else { throw .noSuchFile }
        let node = add(Node())
        change(.link(name, node))
        return descriptor(of: node)
    }

    mutating func close(_ file: Int32) {
        guard let node = open.removeValue(forKey: file) else { return }
        if locks[node] == file { locks[node] = nil }
    }

    func node(_ file: Int32) throws(SystemErrno) -> Node {
        guard let number = open[file], let node = nodes[number] else { throw .badDescriptor }
        return node
    }

    func status(_ file: Int32) throws(SystemErrno) -> FileStatus {
        guard let number = open[file] else { throw .badDescriptor }
        return status(ofNode: number)
    }

    func status(_ path: String, in folder: Int32?) throws(SystemErrno) -> FileStatus {
        guard let folder else {
            guard let node = find(path) else { throw .noSuchFile }
            return status(ofNode: node)
        }
        guard let node = names[try name(path, in: folder)] else { throw .noSuchFile }
        return status(ofNode: node)
    }

    private func status(ofNode number: Int) -> FileStatus {
        FileStatus(
            size: nodes[number]?.bytes.count ?? 0, isRegular: nodes[number]?.isRegular ?? false,
            identity: FileStatus.Identity(device: 1, inode: UInt64(number)))
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
        if find(path) != nil { throw .alreadyExists }
        let name = try name(path, in: nil)
        change(.link(name, addFolder()))
    }

    mutating func syncFolder(_ folder: Int32) throws(SystemErrno) {
        let node = try folderNode(folder)
        for change in unsyncedChanges where change.folder == node { Self.apply(change, &syncedNames) }
        unsyncedChanges.removeAll { $0.folder == node }
    }

    func names(in folder: Int32) throws(SystemErrno) -> [String] {
        names(ofNode: try folderNode(folder))
    }

    mutating func rename(_ path: String, to newPath: String, in folder: Int32?) throws(SystemErrno) {
        let (name, newName) = (try name(path, in: folder), try name(newPath, in: folder))
        guard let node = names[name] else { throw .noSuchFile }
        change(.move(name, newName, node))
    }

    mutating func remove(_ path: String, in folder: Int32?) throws(SystemErrno) {
        let name = try name(path, in: folder)
        guard let node = names[name] else { throw .noSuchFile }
        if folders.contains(node) { throw .isAFolder }
        change(.unlink(name))
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

    private static func apply(_ change: NameChange, _ names: inout [Name: Int]) {
        switch change {
        case .link(let name, let node): names[name] = node
        case .unlink(let name): names[name] = nil
        case .move(let name, let newName, let node):
            names[name] = nil
            names[newName] = node
        }
    }
}

// MARK: Names

extension FaultyDisk {
    /// The file or folder at a path.
    func find(_ path: String) -> Int? {
        var node = Self.root
        for part in path.split(separator: "/") {
            guard let next = names[Name(folder: node, name: String(part))] else { return nil }
            node = next
        }
        return node
    }

    /// The paths of all files.
    var paths: [String] { paths(below: Self.root, "") }

    private func paths(below folder: Int, _ prefix: String) -> [String] {
        names.filter { $0.key.folder == folder }.flatMap { name, node in
            let path = "\(prefix)/\(name.name)"
            return folders.contains(node) ? paths(below: node, path) : [path]
        }
    }

    private func names(ofNode folder: Int) -> [String] {
        names.keys.filter { $0.folder == folder }.map(\.name)
    }

    /// The place of a name in an open folder, or of a path.
    private func name(_ path: String, in folder: Int32?) throws(SystemErrno) -> Name {
        if let folder { return Name(folder: try folderNode(folder), name: path) }
        let parts = path.split(separator: "/")
        guard let last = parts.last else { throw .isAFolder }
        guard let parent = find(parts.dropLast().joined(separator: "/")) else { throw .noSuchFile }
        guard folders.contains(parent) else { throw .notAFolder }
        return Name(folder: parent, name: String(last))
    }

    private func folderNode(_ file: Int32) throws(SystemErrno) -> Int {
        guard let node = open[file] else { throw .badDescriptor }
        guard folders.contains(node) else { throw .notAFolder }
        return node
    }

    private func isLinked(_ folder: Int) -> Bool {
        folder == Self.root || names.values.contains(folder)
    }

    private mutating func add(_ node: Node) -> Int {
        defer { nextNode += 1 }
        nodes[nextNode] = node
        return nextNode
    }

    private mutating func addFolder() -> Int {
        defer { nextNode += 1 }
        folders.insert(nextNode)
        return nextNode
    }

    private mutating func descriptor(of node: Int) -> Int32 {
        defer { nextDescriptor += 1 }
        open[nextDescriptor] = node
        return nextDescriptor
    }
}

// MARK: What people and other programs do

extension FaultyDisk {
    /// Puts a new file at a path, in place of any other.
    mutating func put(_ bytes: [UInt8], at path: String, isRegular: Bool = true) {
        guard let name = try? name(path, in: nil) else { return }
        place(add(Node(bytes: bytes, synced: bytes, isRegular: isRegular)), at: name)
    }

    /// Replaces the bytes of a file, which stays the same file.
    mutating func overwrite(_ path: String, _ bytes: [UInt8]) {
        guard let node = find(path) else { return }
        nodes[node]?.bytes = bytes
        nodes[node]?.synced = bytes
    }

    /// Renames a file or folder, in place of any with the new name.
    mutating func move(_ path: String, to newPath: String) {
        guard let node = find(path), let name = try? name(path, in: nil), let new = try? self.name(newPath, in: nil)
        else { return }
        place(nil, at: name)
        place(node, at: new)
    }

    /// Removes a file, or a folder with everything in it.
    mutating func removeAll(_ path: String) {
        guard let node = find(path), let name = try? name(path, in: nil) else { return }
        for name in names(ofNode: node) { removeAll("\(path)/\(name)") }
        place(nil, at: name)
    }

    /// Copies a file, or a folder with everything in it.
    mutating func duplicate(_ path: String, to newPath: String) {
        guard let node = find(path), let name = try? name(newPath, in: nil) else { return }
        guard folders.contains(node) else { return put(nodes[node]?.bytes ?? [], at: newPath) }
        place(addFolder(), at: name)
        for name in names(ofNode: node) { duplicate("\(path)/\(name)", to: "\(newPath)/\(name)") }
    }

    /// Changes what a name stands for, at once and for good.
    private mutating func place(_ node: Int?, at name: Name) {
        for change in unsyncedChanges { Self.apply(change, &syncedNames) }
        unsyncedChanges = []
        names[name] = node
        syncedNames[name] = node
    }
}
