public import Foundation

/// The environment variables of a command.
///
/// Every command also gets `ROTA_JOB_NAME`, `ROTA_JOB_ID`, `ROTA_EXECUTION_ID`, `ROTA_ATTEMPT` and
/// `ROTA_SCHEDULED_FOR`. A value may contain `secret://name`, which the scheduler's secrets replace immediately before
/// the command starts; what was inserted is removed from the output that is recorded.
///
/// ```swift
/// let environment = CommandEnvironment.inherited(changing: ["PGPASSWORD": "secret://pg-password", "LANG": nil])
/// let handler = CommandHandler("/usr/bin/pg_dump", arguments: ["main"], environment: environment)
/// try await scheduler.handle("backup", handler)
/// ```
public struct CommandEnvironment: Sendable, Hashable {
    let isInherited: Bool
    let changes: [String: String?]

    /// The variables of this process.
    public static let inherited = CommandEnvironment(isInherited: true, changes: [:])

    /// The variables of this process, with changes.
    ///
    /// - Parameter changes: The values to set, by name; `nil` removes a variable.
    public static func inherited(changing changes: [String: String?]) -> CommandEnvironment {
        CommandEnvironment(isInherited: true, changes: changes)
    }

    /// These variables, and none of this process.
    ///
    /// Without a `PATH` among them, programs are found in `/usr/local/bin`, `/usr/bin` and `/bin`.
    public static func only(_ variables: [String: String]) -> CommandEnvironment {
        CommandEnvironment(isInherited: false, changes: variables.mapValues(Optional.some))
    }

    /// The variables for a process with variables of its own.
    func variables(of host: [String: String]) -> [String: String] {
        var variables = isInherited ? host : [:]
        for (name, value) in changes { variables[name] = value }
        return variables
    }
}

extension CommandEnvironment: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names, without values, which may be confidential.
    public var description: String {
        (isInherited ? ["inherited"] : []).appending(contentsOf: changes.keys.sorted()).joined(separator: ", ")
    }
    /// The same as the description.
    public var debugDescription: String { description }
    /// A mirror without the values.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Array {
    fileprivate func appending(contentsOf others: [Element]) -> [Element] { self + others }
}

/// The standard input of a command.
public struct CommandInput: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case nothing
        case data(Data)
        case payload
    }

    let kind: Kind

    /// Nothing: the command reads the end of its input at once.
    public static let nothing = CommandInput(kind: .nothing)
    /// The JSON of the execution's payload, or else of the job's.
    ///
    /// Without either, the attempt fails and is not retried.
    public static let payload = CommandInput(kind: .payload)
    /// These bytes.
    ///
    /// A command need not read them.
    public static func data(_ data: Data) -> CommandInput { CommandInput(kind: .data(data)) }
    /// This text, in UTF-8.
    public static func text(_ text: String) -> CommandInput { .data(Data(text.utf8)) }
}

/// The meaning of the exit statuses of a command.
///
/// ```swift
/// let grep = ExitStatuses(success: [0, 1])
/// let careful = ExitStatuses(retried: [75])  // EX_TEMPFAIL; every other failure is final
/// print(grep.success.contains(1), careful.isFinal(2))  // true true
/// ```
public struct ExitStatuses: Sendable, Hashable {
    /// The statuses that are a success.
    public var success: Set<Int32>
    /// The failures that no further attempt can mend, under any retry policy.
    public var final: Set<Int32>
    /// The only failures that the job's retry policy decides about, or `nil` for all that are not final.
    public var retried: Set<Int32>?

    /// Creates a meaning.
    ///
    /// - Parameters:
    ///   - success: The statuses that are a success.
    ///   - final: The failures that are not retried. The default is 126 and 127, with which a shell says that a program
    ///     cannot be executed or does not exist.
    ///   - retried: The only failures that are retried, or `nil` for all that are not final.
    public init(success: Set<Int32> = [0], final: Set<Int32> = [126, 127], retried: Set<Int32>? = nil) {
        self.success = success
        self.final = final
        self.retried = retried
    }

    /// Zero is a success, and the job's retry policy decides about every other status but 126 and 127.
    public static let standard = ExitStatuses()

    /// The statuses of `sysexits.h`: wrong usage, data, permissions or configuration are final; what may be temporary,
    /// such as 75, is retried.
    public static let sysexits = ExitStatuses(final: [64, 65, 66, 67, 68, 70, 72, 73, 76, 77, 78, 126, 127])

    /// Whether a failure is not retried.
    public func isFinal(_ status: Int32) -> Bool {
        final.contains(status) || retried.map { !$0.contains(status) } ?? false
    }
}

/// The treatment of what a command leaves running in its process group when it has ended.
public enum CommandLeftovers: Sendable, Hashable {
    /// End it: with SIGTERM, and with SIGKILL after the grace period. The attempt waits for it, and when it has ended
    /// does nothing any more.
    case end
    /// Leave it running. If it still has the command's output open, the attempt waits for it, at most for the grace
    /// period.
    case leave
}
