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
        "Symbolic links to the folder or its files are not followed",
        arguments: ["", "/LOCK", "/journal-0000000000000001"])
    func links(name: String) throws {
        try withTemporaryFolder { path in
            let folder = path + "/store"
            let real = path + "/elsewhere"
            if name.isEmpty {
                try FileManager.default.createDirectory(atPath: real, withIntermediateDirectories: false)
            } else {
                try ToyStore(files, at: folder).commitAndClose([1: 10])
                try FileManager.default.moveItem(atPath: folder + name, toPath: real)
            }
            try FileManager.default.createSymbolicLink(atPath: folder + name, withDestinationPath: real)
            let error = #expect(throws: FileStoreError.self) { try ToyStore(files, at: folder) }
            #expect(error?.code == .unusableFolder)
            #expect(error?.message.contains("symbolic link") == true)
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
