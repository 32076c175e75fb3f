import Foundation
import RotaStore
import Testing

/// The real file system, with a temporary folder for each test.
@Suite struct PosixFileSystemTests {
    let files = PosixFileSystem()

    @Test("The folder is 0700 and its files are 0600")
    func modes() throws {
        try withTemporaryFolder { path in
            let folder = path + "/above/store"
            try ToyStore(files, at: folder).commitAndClose([1: 10])
            var store = try ToyStore(files, at: folder)
            #expect(store.values == [1: 10])
            try store.compact()
            try store.close()
            #expect(try mode(path + "/above") == 0o700)
            #expect(try mode(folder) == 0o700)
            let names = try files.names(inFolder: folder).sorted()
            #expect(names == ["LOCK", "journal-0000000000000002", "snapshot-0000000000000002"])
            for name in names { #expect(try mode("\(folder)/\(name)") == 0o600) }
        }
    }

    @Test(
        "Symbolic links in place of the store's files are not followed",
        arguments: ["LOCK", "journal-0000000000000001"])
    func links(name: String) throws {
        try withTemporaryFolder { path in
            let folder = path + "/store"
            let real = path + "/elsewhere"
            try ToyStore(files, at: folder).commitAndClose([1: 10])
            try FileManager.default.moveItem(atPath: "\(folder)/\(name)", toPath: real)
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: real)
            let error = #expect(throws: FileStoreError.self) { try ToyStore(files, at: folder) }
            #expect(error?.code == .unusableFolder)
            #expect(error?.message.contains("symbolic link") == true)
        }
    }

    @Test(
        "A link to the folder opens it however the path is spelled, and shares its lock",
        arguments: ["", "/", "//", "/.", "/./", "/../link", "/../above/../link/"])
    func linkedFolder(spelling: String) throws {
        try withTemporaryFolder { path in
            let manager = FileManager.default
            try manager.createDirectory(atPath: path + "/above/real", withIntermediateDirectories: true)
            try manager.createSymbolicLink(atPath: path + "/link", withDestinationPath: path + "/above/real")
            try manager.createSymbolicLink(atPath: path + "/above/link", withDestinationPath: path + "/above/real")
            let link = path + "/link" + spelling
            try ToyStore(files, at: path + "/above/real").commitAndClose([1: 10])
            let url = try StoreFolder.path(of: URL(filePath: link))
            let real = path + "/above/real"
            for (first, second) in [(link, real), (real, link), (link, link), (url, link), (link, url)] {
                var store = try ToyStore(files, at: first)
                #expect(store.values == [1: 10])
                let error = #expect(throws: FileStoreError.self) { try ToyStore(files, at: second) }
                #expect(error?.code == .locked)
                try store.close()
            }
            #expect(try manager.contentsOfDirectory(atPath: path).sorted() == ["above", "link"])
        }
    }

    @Test("A relative URL is a path from the working directory at the time")
    func relativeURL() throws {
        let path = try StoreFolder.path(of: URL(filePath: "jobs"))
        #expect(path.hasPrefix("/") && path.hasSuffix("/jobs"))
    }

    @Test("A link to the folder that leads elsewhere while the store is open fails the commit")
    func movedLink() throws {
        try withTemporaryFolder { path in
            let manager = FileManager.default
            for name in ["a", "b"] { try ToyStore(files, at: "\(path)/\(name)").commitAndClose([1: 10]) }
            try manager.createSymbolicLink(atPath: path + "/link", withDestinationPath: path + "/a")
            var store = try ToyStore(files, at: path + "/link")
            try manager.removeItem(atPath: path + "/link")
            try manager.createSymbolicLink(atPath: path + "/link", withDestinationPath: path + "/b")
            let error = #expect(throws: FileStoreError.self) { try store.commit([2: 20]) }
            #expect(error?.code == .filesChanged && error?.path == path + "/link")
            #expect(throws: FileStoreError.self) { try store.close() }
            for name in ["a", "b", "link"] {
                var store = try ToyStore(files, at: "\(path)/\(name)")
                #expect(store.values == [1: 10])
                try store.close()
            }
        }
    }

    @Test("A path that leads nowhere throws an error at once: a missing volume, a circle of links, /proc")
    func nowhere() throws {
        try withTemporaryFolder { path in
            let manager = FileManager.default
            try manager.createSymbolicLink(atPath: path + "/dangling", withDestinationPath: path + "/missing/volume")
            try manager.createSymbolicLink(atPath: path + "/circle", withDestinationPath: path + "/circle")
            #expect(manager.createFile(atPath: path + "/file", contents: nil))
            try manager.createSymbolicLink(atPath: path + "/filelink", withDestinationPath: path + "/file")
            var paths = ["dangling", "circle", "file", "filelink"].flatMap { name in
                ["", "/", "/.", "//", "/store", "/a/b/c", "/../dangling/x"].map { "\(path)/\(name)\($0)" }
            }
            paths.append("\(path)/" + String(repeating: "a/", count: 100))
            #if os(Linux)
                paths += ["/proc/x", "/proc/x/y/", "/proc/self/fd/x"]
            #endif
            for folder in paths {
                let error = #expect(throws: FileStoreError.self, "\(folder)") { try ToyStore(files, at: folder) }
                #expect(error?.code == .unusableFolder && error?.systemError != nil, "\(folder)")
                let inspected = #expect(throws: FileStoreError.self) { try StoreFolder(folder, in: files) }
                #expect(inspected?.code == .unusableFolder, "\(folder)")
            }
            let names = try manager.contentsOfDirectory(atPath: path).sorted()
            #expect(names == ["circle", "dangling", "file", "filelink"])
        }
    }

    @Test("A file, pipe or folder in place of another throws an error")
    func wrongKinds() throws {
        try withTemporaryFolder { path in
            let manager = FileManager.default
            #expect(manager.createFile(atPath: path + "/file", contents: nil))
            for folder in [path + "/file", path + "/file/below", "", "/nul\0byte"] {
                let error = #expect(throws: FileStoreError.self) { try ToyStore(files, at: folder) }
                #expect(error?.code == .unusableFolder)
            }
            try manager.createDirectory(atPath: path + "/a/LOCK", withIntermediateDirectories: true)
            #expect(throws: FileStoreError.self) { try ToyStore(files, at: path + "/a") }
            try manager.createDirectory(atPath: path + "/b", withIntermediateDirectories: true)
            #expect(mkfifo(path + "/b/journal-0000000000000001", 0o600) == 0)
            let error = #expect(throws: FileStoreError.self) { try ToyStore(files, at: path + "/b") }
            #expect(error?.code == .unusableFolder)
            #expect(error?.message.contains("not a plain file") == true)
        }
    }

    @Test("A second store cannot open the folder until the first is closed")
    func secondWriter() throws {
        try withTemporaryFolder { path in
            var first = try ToyStore(files, at: path)
            for _ in 0..<2 {
                let error = #expect(throws: FileStoreError.self) { try ToyStore(files, at: path) }
                #expect(error?.code == .locked)
                #expect(error?.message.contains("close it first") == true)
            }
            try first.commit([1: 10])
            try first.close()
            #expect(try ToyStore(files, at: path).values == [1: 10])
        }
    }

    @Test("A full disk fails the commit with the system's error text")
    func fullDisk() throws {
        #if os(Linux)
            let error = #expect(throws: SystemErrno.self) {
                let full = try files.openFile("/dev/full", .append)
                defer { files.closeFile(full) }
                _ = try [1, 2, 3].withUnsafeBytes { try files.appendFile(full, $0) }
            }
            #expect(error == .noSpace)
        #endif
        let shown = FileStoreError(.writeFailed, path: "/x", "cannot be written", errno: SystemErrno.noSpace.number)
        #expect(shown.description.contains("No space left on device"))
        #expect(shown.systemError == SystemErrno.noSpace.number)
    }

    @Test("A torn write on the real disk is cut off")
    func tornEnd() throws {
        try withTemporaryFolder { path in
            try ToyStore(files, at: path).commitAndClose([1: 10])
            let file = try StoreFile(path + "/journal-0000000000000001", .append, in: files)
            try file.append([1, 2, 3])
            #expect(try file.size() == FileHeader.size + 2 * Frame.headerSize + 6 + 3)
            file.close()
            let store = try ToyStore(files, at: path)
            #expect(store.values == [1: 10])
            #expect(store.report.cutBytes == 3)
        }
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }
}

/// Calls a closure with a folder that is removed afterwards.
func withTemporaryFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rota-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path(percentEncoded: false))
}
