import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaStore

/// `rota store`: the files of a store.
enum StoreCommands {
    static let group = Command(
        "store", "Look after the files of a store", [status, verify, compact, export, importing])

    private static let folder = CommandArgument(
        "DIR", help: "The folder; that of --store if absent", optional: true, .folders)

    private static func path(_ arguments: Arguments, at place: Int = 0) throws(Failure) -> String {
        guard let path = arguments.argument(place) ?? arguments.programText("store") else {
            throw .usage("Which folder? Name it, or give --store DIR.")
        }
        return path
    }

    private static func inspected(_ path: String) async throws -> FileJobStore {
        try await FolderConnection.inspect(path)
    }

    private static func opened(_ path: String) async throws -> FileJobStore {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(.notFound, "There is no folder \(path).")
        }
        try FolderConnection.checkIsStore(path)
        return try await FolderConnection.telling(path) { try await FileJobStore(directory: URL(filePath: path)) }
    }

    private static let status = Command(
        "status", "Show the status of the server's store, or of one in a folder", arguments: [folder]
    ) { arguments, console in
        let printer = try Printer(arguments, console)
        guard arguments.argument(0) != nil || arguments.programText("store") != nil else {
            let session = try Session(arguments, console)
            let store = try await session.connection.get("store")
            printer.record(store, store.members.map { ($0.name, $0.value.cell) })
            return .done
        }
        let path = try path(arguments)
        let store = try await inspected(path)
        let status = await store.status
        let holder = FolderHolder.process(of: path)
        printer.record(
            JSONValue.record([
                ("folder", .string(path)), ("jobs", .int(status.jobs)), ("executions", .int(status.executions)),
                ("journalBytes", .int(status.journalBytes)), ("snapshotBytes", .int(status.snapshotBytes)),
                ("heldBy", holder.map { .int($0) }), ("damage", store.recovery.damage.map { .string($0.description) }),
            ]),
            [
                ("folder", path), ("jobs", "\(status.jobs)"), ("executions", "\(status.executions)"),
                ("journal", bytes(status.journalBytes)), ("snapshot", bytes(status.snapshotBytes)),
                ("in use by", holder.map { "process \($0)" }), ("damage", store.recovery.damage?.description),
            ])
        return .done
    }

    private static func bytes(_ count: Int) -> String {
        count < 10_000 ? "\(count) bytes" : count < 10_000_000 ? "\(count / 1_000) kB" : "\(count / 1_000_000) MB"
    }

    private static let verify = Command(
        "verify", "Read all files of a store, and exit with 1 if any is damaged", arguments: [folder]
    ) { arguments, console in
        let path = try path(arguments)
        let printer = try Printer(arguments, console)
        let store = try await inspected(path)
        let report = store.recovery
        let isSound = report.damage == nil && report.quarantined.isEmpty
        printer.changed(
            JSONValue.record([
                ("folder", .string(path)), ("isSound", .bool(isSound)), ("report", .string(report.description)),
                ("damage", report.damage.map { .string($0.description) }),
                ("quarantined", .array(report.quarantined.map { .string($0) })),
            ]), "\(path): \(isSound ? "sound" : "damaged"): \(report)")
        return isSound ? .done : .failed
    }

    private static let compact = Command(
        "compact", "Replace the journals of a store by a snapshot", arguments: [folder]
    ) { arguments, console in
        let path = try path(arguments)
        let printer = try Printer(arguments, console)
        let store = try await opened(path)
        let before = await store.status
        try await store.compact()
        let after = await store.status
        try await store.close()
        printer.changed(
            [
                "folder": .string(path), "bytesBefore": .int(before.journalBytes + before.snapshotBytes),
                "bytesAfter": .int(after.journalBytes + after.snapshotBytes),
            ],
            "\(path): \(bytes(before.journalBytes + before.snapshotBytes)) became "
                + "\(bytes(after.journalBytes + after.snapshotBytes)).")
        return .done
    }

    private static let export = Command(
        "export", "Write all records of a store as lines of JSON", details: "It works beside a process that writes.",
        arguments: [folder],
        options: [.value("to", as: "FILE", .files, help: "A new file; the standard output if absent")]
    ) { arguments, console in
        let store = try await inspected(try path(arguments))
        let lines = try await store.exportRecords()
        guard let file = arguments.text("to") else {
            for try await line in lines {
                guard console.outputFailure() == nil else { break }
                console.write(line + "\n")
            }
            return .done
        }
        do {
            try await lines.write(to: URL(filePath: file))
        } catch let error as FileStoreError {
            throw Failure(.failed, code: "\(error.code)", error.description)
        }
        try Printer(arguments, console).changed(["file": .string(file)], "Wrote \(file).")
        return .done
    }

    private static let importing = Command(
        "import", "Fill an empty store with the records of an export",
        arguments: [
            CommandArgument("FILE", help: "A file that \"store export\" wrote, or - for the standard input", .files),
            folder,
        ]
    ) { arguments, console in
        let (path, file) = (try path(arguments, at: 1), arguments.argument(0) ?? "")
        // Read before the folder is made, so that a wrong name leaves none behind.
        let input = file == "-" ? try console.readText(file) : nil
        if input == nil { try console.checkReadable(file) }
        let isNew = !FileManager.default.fileExists(atPath: path)
        let store = try await FolderConnection.telling(path) { try await FileJobStore(directory: URL(filePath: path)) }
        do {
            if let input {
                try await store.importRecords(
                    AsyncStream { lines in
                        for line in input.split(separator: "\n") { lines.yield(String(line)) }
                        lines.finish()
                    })
            } else {
                try await store.importRecords(from: URL(filePath: file))
            }
        } catch {
            try? await store.close()
            if isNew { try? FileManager.default.removeItem(atPath: path) }
            let isFull = (error as? StoreImportError)?.code == .storeNotEmpty
            throw Failure(isFull ? .conflict : .refused, code: "import", "\(error)")
        }
        let status = await store.status
        try await store.close()
        try Printer(arguments, console).changed(
            ["folder": .string(path), "jobs": .int(status.jobs), "executions": .int(status.executions)],
            "\(path) has \(Printer.count(status.jobs, "job")) and \(Printer.count(status.executions, "execution")).")
        return .done
    }
}
