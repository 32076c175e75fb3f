import RotaStore
import RotaTesting
import Testing

@Suite struct FaultyFileSystemTests {
    let files = FaultyFileSystem()

    @Test("A crash takes back what was not synced: bytes and names, each by its own sync")
    func unsynced() throws {
        let file = try files.openFile("/a", .create)
        try append([1, 2, 3], to: file)
        try files.syncFile(file)
        try append([4, 5], to: file)
        #expect(files.bytes(of: "/a") == [1, 2, 3, 4, 5])
        let nameLost = files.copy(.lostUnsynced)
        #expect(nameLost.paths.isEmpty)
        try files.syncFolder(try files.openFolder("/"))
        #expect(files.copy(.lostUnsynced).bytes(of: "/a") == [1, 2, 3])
        #expect(files.copy(.killed).bytes(of: "/a") == [1, 2, 3, 4, 5])
        try files.renameFile("/a", to: "/b", in: nil)
        #expect(files.copy(.lostUnsynced).paths == ["/a"])
        #expect(files.copy(.killed).paths == ["/b"])
        try files.removeFile("/b")
        #expect(files.copy(.lostUnsynced).paths == ["/a"])
        try files.truncateFile(file, to: 1)
        #expect(files.copy(.lostUnsynced).bytes(of: "/a") == [1, 2, 3])
    }

    @Test("A tear leaves some of what was not synced, by its seed, and all that was")
    func tears() throws {
        let file = try files.openFile("/a", .create)
        try files.syncFolder(try files.openFolder("/"))
        let synced = [UInt8](repeating: 7, count: 100)
        try append(synced, to: file)
        try files.syncFile(file)
        try append([UInt8](repeating: 8, count: 100), to: file)
        var outcomes: Set<[UInt8]> = []
        for seed in 0..<32 as Range<UInt64> {
            let bytes = try #require(files.copy(.tore(seed: seed)).bytes(of: "/a"))
            #expect(bytes == files.copy(.tore(seed: seed)).bytes(of: "/a"))
            #expect(Array(bytes.prefix(100)) == synced)
            #expect(bytes.dropFirst(100).allSatisfy { $0 == 0 || $0 == 8 })
            outcomes.insert(bytes)
        }
        #expect(outcomes.count > 4)
    }

    @Test("A fault hits the operation of its number, once or from then on")
    func faults() throws {
        let file = try files.openFile("/a", .create)
        files.fault = FileFault(at: 2, .fail(.noSpace))
        try append([1], to: file)
        #expect(throws: SystemErrno.noSpace) { try append([2], to: file) }
        try append([3], to: file)
        #expect(files.operations == 3)
        files.fault = FileFault(at: 1, .tear(.inputOutput), persists: true)
        #expect(throws: SystemErrno.inputOutput) { try append([4, 5, 6, 7], to: file) }
        #expect(throws: SystemErrno.inputOutput) { try files.syncFile(file) }
        #expect(files.bytes(of: "/a") == [1, 3, 4, 5])
        files.fault = FileFault(at: 1, .short)
        #expect(try [UInt8](arrayLiteral: 8, 9).withUnsafeBytes { try files.appendFile(file, $0) } == 1)
        files.fault = FileFault(at: 1, .powerLoss)
        #expect(throws: SystemErrno.inputOutput) { try files.syncFile(file) }
        #expect(throws: SystemErrno.inputOutput) { try files.names(inFolder: "/") }
        files.crash(.killed)
        #expect(files.openFiles == 0)
        #expect(throws: SystemErrno.badDescriptor) { try files.syncFile(file) }
        #expect(try files.names(inFolder: "/") == ["a"])
    }

    @Test("Locks, folders and names behave as the system's do")
    func namesAndLocks() throws {
        #expect(throws: SystemErrno.noSuchFile) { try files.openFile("/a/b", .create) }
        try files.makeFolder("/a")
        #expect(throws: SystemErrno.alreadyExists) { try files.makeFolder("/a") }
        #expect(throws: SystemErrno.noSuchFile) { try files.openFile("/a/b", .read) }
        let first = try files.openFile("/a/b", .createIfMissing)
        let second = try files.openFile("/a/b", .append)
        #expect(throws: SystemErrno.alreadyExists) { try files.openFile("/a/b", .create) }
        try files.lockFile(first)
        #expect(throws: SystemErrno.wouldBlock) { try files.lockFile(second) }
        files.closeFile(first)
        try files.lockFile(second)
        #expect(try files.names(inFolder: "/a") == ["b"])
        #expect(throws: SystemErrno.isAFolder) { try files.openFile("/a", .read) }
        #expect(throws: SystemErrno.noSuchFile) { try files.removeFile("/a/c") }
        let status = try files.status(of: second)
        #expect(status.size == 0 && status.isRegular)
        files.putSpecial(at: "/a/pipe")
        let pipe = try files.openFile("/a/pipe", .read)
        #expect(try files.status(of: pipe).isRegular == false)
    }

    @Test("An open file or folder stays the same whatever takes its name, and a copy is another")
    func identity() throws {
        try files.makeFolder("/a")
        let folder = try files.openFolder("/a")
        let file = try files.openFile("b", .create, in: folder)
        #expect(throws: SystemErrno.notAFolder) { try files.openFolder("/a/b") }
        #expect(throws: SystemErrno.noSuchFile) { try files.openFolder("/c") }
        try append([1, 2], to: file)
        #expect(try files.status(of: file) == files.status(of: "b", in: folder))
        #expect(try files.status(of: folder) == files.status(of: "/a", in: nil))

        files.move("/a/b", to: "/a/old")
        files.duplicate("/a/old", to: "/a/b")
        #expect(try files.status(of: file) == files.status(of: "old", in: folder))
        #expect(try files.status(of: file).identity != files.status(of: "b", in: folder).identity)
        files.overwrite("/a/b", [3])
        #expect(files.bytes(of: "/a/b") == [3] && files.bytes(of: "/a/old") == [1, 2])

        files.move("/a", to: "/moved")
        files.duplicate("/moved", to: "/a")
        #expect(try files.status(of: folder).identity != files.status(of: "/a", in: nil).identity)
        _ = try files.openFile("new", .create, in: folder)
        #expect(files.paths == ["/a/b", "/a/old", "/moved/b", "/moved/new", "/moved/old"])
        // Each folder has a lock of its own, and keeps it wherever it moves.
        try files.lockFile(folder)
        try files.lockFile(try files.openFolder("/a"))
        let moved = try files.openFolder("/moved")
        #expect(throws: SystemErrno.wouldBlock) { try files.lockFile(moved) }

        files.removeAll("/moved")
        #expect(throws: SystemErrno.noSuchFile) { try files.openFile("late", .create, in: folder) }
        #expect(throws: SystemErrno.noSuchFile) { try files.status(of: "/moved", in: nil) }
        #expect(try files.names(in: folder).isEmpty)
        files.crash(.lostUnsynced)
        #expect(files.paths == ["/a/b", "/a/old"])
    }

    private func append(_ bytes: [UInt8], to file: Int32) throws {
        _ = try bytes.withUnsafeBytes { try files.appendFile(file, $0) }
    }
}
