package import Foundation
package import RotaAPI

/// How a command ended, as the exit code of the process.
package enum ExitCode: Int32, Sendable, Error {
    case done = 0
    /// The command did its work, and the finding is bad: a failed execution, damage, an error in a file.
    case failed = 1
    /// The command line is wrong.
    case usage = 2
    case notFound = 3
    case notAllowed = 4
    case conflict = 5
    /// The server refused what it was given.
    case refused = 6
    case unreachable = 7
    case timedOut = 124
    case interrupted = 130
}

/// The reason why a command failed, for people and for programs.
package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Detail: Sendable, Hashable {
        package let field: String
        package let message: String
    }

    package let exit: ExitCode
    /// A word for programs, such as `not_found`.
    package let code: String
    /// A sentence for people.
    package let message: String
    package var details: [Detail] = []
    /// The server's identifier of the request.
    package var requestID: String?

    package init(_ exit: ExitCode, code: String? = nil, _ message: String) {
        self.exit = exit
        self.code = code ?? Self.word(exit)
        self.message = message
    }

    package static func usage(_ message: String) -> Failure { Failure(.usage, message) }

    private static func word(_ exit: ExitCode) -> String {
        switch exit {
        case .done: "done"
        case .failed: "failed"
        case .usage: "usage"
        case .notFound: "not_found"
        case .notAllowed: "not_allowed"
        case .conflict: "conflict"
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .timedOut: "timed_out"
        case .interrupted: "interrupted"
        }
    }

    package var description: String {
        let rest = details.filter { !message.contains($0.message) }.map { "\n  \($0.field): \($0.message)" }
        return message + rest.joined()
    }
}

/// The world around a command: its streams, its environment and the time.
package struct Console: Sendable {
    /// The terminal, if there is one.
    package struct Terminal: Sendable {
        /// Whether the output goes to it, which then gets colors and fitted tables.
        package var showsOutput: Bool
        /// Whether questions can be answered.
        package var isInteractive: Bool
        /// Its columns.
        package var width: Int

        package init(showsOutput: Bool = false, isInteractive: Bool = false, width: Int = 80) {
            self.showsOutput = showsOutput
            self.isInteractive = isInteractive
            self.width = width
        }
    }

    /// Where a command reads and writes.
    package struct Streams: Sendable {
        package var write: @Sendable (String) -> Void
        package var writeError: @Sendable (String) -> Void
        package var readInput: @Sendable () -> Data
        package var readLine: @Sendable () -> String?

        package init(
            write: @escaping @Sendable (String) -> Void, writeError: @escaping @Sendable (String) -> Void,
            readInput: @escaping @Sendable () -> Data = { Data() },
            readLine: @escaping @Sendable () -> String? = { nil }
        ) {
            self.write = write
            self.writeError = writeError
            self.readInput = readInput
            self.readLine = readLine
        }
    }

    package var environment: [String: String]
    package var terminal: Terminal
    package var streams: Streams
    package var now: @Sendable () -> Date
    package var sleep: @Sendable (Duration) async throws -> Void
    /// Tells why output was lost, if it was.
    package var outputFailure: @Sendable () -> String? = { nil }
    /// Lets the user edit a file, and returns the exit status of the editor.
    package var edit: @Sendable (_ editor: String, _ file: String) -> Int32 = Console.runEditor
    /// Answers requests in place of a server, for tests.
    package var connect: (@Sendable (APIRequest) async throws -> APIResponse)?

    package init(
        environment: [String: String] = [:], terminal: Terminal = Terminal(), streams: Streams,
        now: @escaping @Sendable () -> Date, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.environment = environment
        self.terminal = terminal
        self.streams = streams
        self.now = now
        self.sleep = sleep
    }

    func write(_ text: String) { streams.write(text) }

    func writeError(_ text: String) { streams.writeError(text) }

    /// A variable of the environment, if it is set and not empty.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Reads a file, or the standard input for `-`.
    func read(_ file: String) throws(Failure) -> Data {
        if file == "-" { return streams.readInput() }
        // Not only files: a shell passes the output of a command as /dev/fd/63.
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            return try handle.readToEnd() ?? Data()
        } catch {
            throw Self.unreadable(file, error)
        }
    }

    /// Checks that a file can be opened, without reading it.
    func checkReadable(_ file: String) throws(Failure) {
        do {
            try FileHandle(forReadingFrom: URL(fileURLWithPath: file)).close()
        } catch {
            throw Self.unreadable(file, error)
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder = ObjCBool(false)
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Says why a file cannot be read.
    private static func unreadable(_ file: String, _ error: any Error) -> Failure {
        let (exit, reason): (ExitCode, String) =
            switch (error as? CocoaError)?.code {
            case .fileReadNoSuchFile, .fileNoSuchFile: (.notFound, "it does not exist")
            case .fileReadNoPermission: (.notAllowed, "permission is denied")
            default: (.failed, isFolder(file) ? "it is a folder" : "\(error.localizedDescription)")
            }
        return Failure(exit, code: "unreadable_file", "The file \(file) cannot be read: \(reason).")
    }

    func readText(_ file: String) throws(Failure) -> String {
        guard let text = String(data: try read(file), encoding: .utf8) else {
            throw Failure(.failed, code: "unreadable_file", "The file \(file) is not text in UTF-8.")
        }
        return text
    }

    /// Asks a question that is answered with yes or no.
    func confirms(_ question: String) -> Bool {
        writeError(question + " [y/N] ")
        return ["y", "yes"].contains(streams.readLine()?.trimmingCharacters(in: .whitespaces).lowercased() ?? "")
    }
}
