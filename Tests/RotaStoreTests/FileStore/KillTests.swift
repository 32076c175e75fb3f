import RotaCore

#if os(Linux) || os(macOS)
    import Foundation
    import RotaStore
    import RotaTesting
    import Testing

    /// A real process is killed at random moments while it writes.
    @Suite struct KillTests {
        /// How many kills; `ROTA_KILLS` asks for more (see Tests/Scripts/store-kills).
        static let rounds = ProcessInfo.processInfo.environment["ROTA_KILLS"].flatMap { Int($0) } ?? 6
        /// How many operations a child may have acknowledged when it is killed.
        static let operations = ProcessInfo.processInfo.environment["ROTA_KILLS"] == nil ? 60 : 150
        static let seed = ProcessInfo.processInfo.environment["ROTA_SEED"].flatMap { UInt64($0) } ?? 1

        @Test("After kill -9 at a random moment, no acknowledged operation is lost and none is invented")
        func kills() async throws {
            var left = Self.rounds
            var seed = Self.seed
            while left > 0 {
                // A child first repeats what was done before it was born, so one store is not killed for ever.
                try await Self.kill(min(left, 20), seed: seed)
                left -= 20
                seed &+= 1
            }
        }

        private static func kill(_ rounds: Int, seed: UInt64) async throws {
            try await withTemporaryFolder { path in
                var random = SplitMix64(seed: seed)
                var script = StoreScript(seed: seed)
                var segments: [String] = []
                for round in 1...rounds {
                    let child = try ChildProcess("run", path, "\(seed)", segments.joined(separator: ","))
                    var acknowledged = 0
                    let limit = Int.random(in: 0...Self.operations, using: &random)
                    while acknowledged < limit, let line = child.line() {
                        acknowledged = try #require(Int(line), "\(line)")
                    }
                    child.kill()
                    while let line = child.line() { acknowledged = try #require(Int(line), "\(line)") }

                    let store = try await FileJobStore(directory: URL(filePath: path, directoryHint: .isDirectory))
                    #expect(store.recovery.quarantined.isEmpty)
                    let contents = try await StoreContents(store)
                    for _ in 0..<acknowledged { _ = script.next() }
                    // The operation that was being made when the kill came counts or does not, but never in part.
                    var later = script
                    _ = later.next()
                    script.reopen()
                    later.reopen()
                    if contents != StoreContents(script.state) {
                        #expect(contents == StoreContents(later.state), "round \(round)")
                        script = later
                        acknowledged += 1
                    }
                    segments.append("\(acknowledged)")
                    try await store.close()
                }
            }
        }

        @Test("A second process cannot open the folder until the first is killed")
        func secondProcess() async throws {
            try await withTemporaryFolder { path in
                let child = try ChildProcess("hold", path)
                #expect(child.line() == "open")
                let folder = URL(filePath: path, directoryHint: .isDirectory)
                let error = await #expect(throws: FileStoreError.self) { try await FileJobStore(directory: folder) }
                #expect(error?.code == .locked)
                #expect(error?.message.contains("close it first") == true)
                child.kill()
                let store = try await FileJobStore(directory: folder)
                try await store.close()
            }
        }

        @Test(
            "Two processes never write to one folder, whatever is moved before the second opens it",
            arguments: Displacement.all)
        func twoProcesses(displacement: Displacement) async throws {
            try await withTemporaryFolder { path in
                let folder = path + "/store"
                let child = try ChildProcess("hold", folder)
                #expect(child.line() == "open")
                child.say("insert")
                #expect(child.line() == "done")
                let names = try PosixFileSystem().names(inFolder: folder)
                displacement.perform(on: folder, names: names, aside: path + "/aside", by: PosixIntruder())
                let directory = URL(filePath: folder, directoryHint: .isDirectory)
                var second: FileJobStore?
                if displacement.movesFolder {
                    second = try await FileJobStore(directory: directory)
                } else {
                    let error = await #expect(throws: FileStoreError.self) {
                        try await FileJobStore(directory: directory)
                    }
                    #expect(error?.code == .locked)
                }
                let inserted = try await second?.insert([JobInsertion(FileJobStoreTests.job(7))])
                child.say("insert")
                let answer = try #require(child.line())
                let isUnchanged = displacement.isHarmless || [.snapshot, .unfinished].contains(displacement.target)
                #expect(answer == (isUnchanged ? "done" : "filesChanged"))
                child.endInput()
                #expect(child.line() == answer)
                try await second?.close()
                guard isUnchanged || inserted != nil else { return }
                let store = try await FileJobStore(directory: directory)
                let jobs = try await store.jobs(JobQuery()).items
                #expect(jobs.count(where: { $0.name == "held" }) >= (isUnchanged ? 2 : 0))
                if inserted != nil { #expect(jobs.contains { $0.id.bits == 7 }) }
                try await store.close()
            }
        }
    }

    extension ChildProcess {
        /// Starts the program beside the tests that the kill tests kill.
        fileprivate convenience init(_ arguments: String...) throws {
            let beside = [CommandLine.arguments[0]] + Bundle.allBundles.map { $0.bundleURL.path(percentEncoded: false) }
            let candidates = beside.map {
                URL(filePath: $0).deletingLastPathComponent().appending(path: "crash-child").path(percentEncoded: false)
            }
            let found = candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
            try self.init(
                try #require(found as String?, "crash-child is not beside the tests"), arguments,
                errorOutput: .inherited)
        }
    }

    /// Calls the body with a folder that is removed afterwards.
    private func withTemporaryFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rota-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder.path(percentEncoded: false))
    }
#endif
