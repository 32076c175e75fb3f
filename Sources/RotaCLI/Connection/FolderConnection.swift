import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaStore

/// Answers requests from a store in a folder, in this process.
///
/// A command that only reads does so beside a process that writes. The first request that changes something locks the
/// folder, and keeps it until the command has ended.
actor FolderConnection {
    private let path: String
    private var reader: SchedulerAPI?
    private var writer: (api: SchedulerAPI, store: FileJobStore)?

    init(_ path: String) {
        self.path = path
    }

    func respond(to request: APIRequest) async throws -> APIResponse {
        if let writer { return await writer.api.respond(to: request) }
        guard Self.changes(request) else {
            let api = try await read()
            return await api.respond(to: request)
        }
        return await (try await write()).respond(to: request)
    }

    func close() async throws {
        try await writer?.store.close()
        writer = nil
    }

    /// Lets the next look see what another process has written since.
    func refresh() { reader = nil }

    /// Whether a request writes: not if it only asks what would happen.
    private static func changes(_ request: APIRequest) -> Bool {
        guard request.method != "GET" else { return false }
        guard request.method == "POST" else { return true }
        let body = (try? JSONValue(parsing: Array(request.body))) ?? .null
        switch request.target {
        case "/_rota/jobs/preview": return false
        case "/_rota/declare": return body["dryRun"] != true
        // Without a confirmation, the records are counted.
        case "/_rota/jobs/bulk", "/_rota/executions/bulk": return body["confirm"] != nil || body["ids"] != nil
        default: return true
        }
    }

    private func read() async throws -> SchedulerAPI {
        if let reader { return reader }
        let store = try await Self.inspect(path)
        let api = Self.api(store)
        reader = api
        return api
    }

    private func write() async throws -> SchedulerAPI {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(.notFound, "There is no folder \(path). \"rota serve --store \(path)\" creates it.")
        }
        try Self.checkIsStore(path)
        let store = try await Self.telling(path) { try await FileJobStore(directory: URL(filePath: path)) }
        let api = Self.api(store)
        writer = (api, store)
        return api
    }

    private static func api(_ store: FileJobStore) -> SchedulerAPI {
        SchedulerAPI(Scheduler(store: store), as: APIProfile.allCases[0]) { _, _ in .allow(actor: "rota") }
    }

    /// Opens the store in a folder for reading only.
    static func inspect(_ path: String) async throws -> FileJobStore {
        try checkIsStore(path)
        return try await telling(path) { try await FileJobStore(inspecting: URL(filePath: path)) }
    }

    /// Refuses a folder that is there and holds no store, which would look like a store without jobs.
    static func checkIsStore(_ path: String) throws(Failure) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return }
        let isStore = names.contains { $0 == "LOCK" || $0.hasPrefix("journal-") || $0.hasPrefix("snapshot-") }
        guard isStore else {
            throw Failure(
                .notFound, code: "no_store",
                "The folder \(path) holds no store: it has neither a journal nor a snapshot. Is it the right one?")
        }
    }

    /// Opens a store, and tells why it cannot be opened in a command's terms.
    static func telling<Value>(_ path: String, _ open: () async throws -> Value) async throws -> Value {
        do {
            return try await open()
        } catch let error as FileStoreError {
            switch error.code {
            case .locked:
                let holder = FolderHolder.process(of: path).map { "process \($0)" } ?? "another process"
                throw Failure(
                    .conflict, code: "locked",
                    "The folder \(path) is in use by \(holder). Let that process do it: name its server with --url.")
            case .unusableFolder: throw Failure(.notFound, code: "\(error.code)", error.description)
            default: throw Failure(.failed, code: "\(error.code)", error.description)
            }
        }
    }
}

/// Finds out which process has the folder of a store open.
enum FolderHolder {
    /// The number of the process, where the system tells.
    static func process(of path: String) -> Int? {
        let inodes = [path, (path as NSString).appendingPathComponent("LOCK")].compactMap { file in
            try? FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? NSNumber
        }.map { "\($0)" }
        // The list may change while it is read, so that lines are missing.
        for _ in 0..<5 {
            let locks = (try? String(contentsOfFile: "/proc/locks", encoding: .utf8)) ?? ""
            let holders = Set(locks.split(separator: "\n").compactMap { holder(in: $0, of: inodes) })
            // Files of two disks may have one number. Then it is better to name no process than the wrong one.
            if holders.count == 1 { return holders.first }
        }
        return nil
    }

    /// The process that a line of the list names, if it is about one of the files.
    ///
    /// `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`
    private static func holder(in line: Substring, of inodes: [String]) -> Int? {
        let words = line.split(separator: " ")
        guard words.count >= 6, inodes.contains(where: { words[5].hasSuffix(":" + $0) }), let process = Int(words[4]),
            process > 0
        else { return nil }
        return process
    }
}
