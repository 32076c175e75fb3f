public import Foundation
public import Rota
import RotaCore
import RotaStore

/// The reason a command failed or did not start.
public struct CommandError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidCommand, executableNotFound, notExecutable, folderNotFound, missingSecret, missingPayload
            case tooLarge, outOfResources, cannotStart, exited, signaled, canceled, statusLost
        }

        private let kind: Kind

        /// A setting of the command is invalid.
        public static let invalidCommand = Code(kind: .invalidCommand)
        /// No such program exists.
        public static let executableNotFound = Code(kind: .executableNotFound)
        /// The file exists, but cannot be executed.
        public static let notExecutable = Code(kind: .notExecutable)
        /// The working folder does not exist, or must not be entered.
        public static let folderNotFound = Code(kind: .folderNotFound)
        /// A secret of the environment does not exist or cannot be read.
        public static let missingSecret = Code(kind: .missingSecret)
        /// The payload is the command's input, but there is none.
        public static let missingPayload = Code(kind: .missingPayload)
        /// The arguments and the environment are larger than the system allows.
        public static let tooLarge = Code(kind: .tooLarge)
        /// The process has no descriptors, processes or memory left.
        public static let outOfResources = Code(kind: .outOfResources)
        /// The system refused for another reason.
        public static let cannotStart = Code(kind: .cannotStart)
        /// The command ended with a status that is not a success.
        public static let exited = Code(kind: .exited)
        /// A signal ended the command.
        public static let signaled = Code(kind: .signaled)
        /// The command was ended because its attempt was canceled or took longer than its timeout.
        public static let canceled = Code(kind: .canceled)
        /// The command ended, but another part of this process took its status.
        public static let statusLost = Code(kind: .statusLost)

        /// The name of the code, such as `exited`.
        public var description: String { kind.rawValue }
    }

    /// The kind of error.
    public let code: Code
    /// A sentence for people: what was wrong, and what would be right.
    ///
    /// If the command ran, the end of its error output follows.
    public let message: String
    /// The status, the signal and the output of a command that ran.
    public let result: CommandResult?
    /// Whether no further attempt is made, under any retry policy.
    public let isFinal: Bool

    package init(_ code: Code, _ message: String, result: CommandResult? = nil, isFinal: Bool = false) {
        self.code = code
        self.message = message
        self.result = result
        self.isFinal = isFinal
    }

    /// The message.
    public var description: String { message }
}

extension CommandError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}

extension CommandError: AttemptFailureConvertible {
    /// The error as a failure: a command that cannot start as it is configured is not retried by default.
    public var attemptFailure: AttemptFailure {
        switch code {
        case .invalidCommand, .executableNotFound, .notExecutable, .folderNotFound, .missingPayload:
            AttemptFailure(.invalidRequest)
        case .missingSecret: AttemptFailure(.missingSecret)
        case .tooLarge: AttemptFailure(.tooLarge)
        case .canceled: AttemptFailure(.canceled)
        default: AttemptFailure(.handlerError)
        }
    }
}

extension CommandError: DetailedFailure {
    /// The JSON of the result.
    package var preview: String? {
        guard let result, let payload = try? JSONPayload(result) else { return nil }
        return String(decoding: payload.json, as: UTF8.self)
    }
}

extension CommandError {
    /// The signals that a command got when its attempt was canceled.
    enum Signals {
        case terminated
        /// It ran on for the grace period.
        case killed(after: Duration)
    }

    /// Creates the error of a command that ran and did not succeed.
    init(_ result: CommandResult, of name: String, canceledBy signals: Signals?, statuses: ExitStatuses) {
        let code: Code
        let end: String
        switch (result.status, result.signal) {
        case _ where signals != nil:
            code = .canceled
            var killed = ""
            if case .killed(let grace)? = signals { killed = ", SIGKILL after the grace period of \(grace.text)," }
            let way =
                result.status.map { "ended with status \($0)" }
                ?? result.signal.map { "was ended by signal \($0) (\(Self.name(of: $0)))" } ?? "ended"
            end = "The command \(name) was stopped with its attempt: it got SIGTERM\(killed) and \(way)."
        case (let status?, _):
            code = .exited
            end = "The command \(name) ended with status \(status)."
        case (_, let signal?):
            code = .signaled
            end = "The command \(name) was ended by signal \(signal) (\(Self.name(of: signal)))."
        default:
            code = .statusLost
            end =
                "The command \(name) ended, but its status is unknown: another part of this process waits for all "
                + "children. Let it wait for its own children only, and leave SIGCHLD at its default."
        }
        self.init(
            code, end + Self.tail(of: result), result: result,
            isFinal: code == .exited && statuses.isFinal(result.status ?? 0))
    }

    /// The last lines that a failed command wrote.
    private static func tail(of result: CommandResult) -> String {
        for (name, output) in [("error output", result.errorOutput), ("output", result.output)] {
            let text = output.text.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty else { continue }
            guard text.utf8.count > tailBytes else { return " Its \(name):\n\(text)" }
            return " The end of its \(name):\n…"
                + String(decoding: text.utf8.suffix(tailBytes).droppingRest, as: UTF8.self)
        }
        return ""
    }

    /// How much of the output is in a message, in bytes of UTF-8.
    private static let tailBytes = 2000

    private static func name(of signal: Int32) -> String {
        strsignal(signal).map { String(cString: $0) } ?? "unknown"
    }
}
