import Foundation
public import Rota
import RotaCore
public import RotaHTTP

/// A handler that runs a program.
///
/// ```swift
/// let backup = CommandHandler(
///     "pg_dump", arguments: ["--file=/backup/main.sql", "main"],
///     environment: .inherited(changing: ["PGPASSWORD": "secret://pg-password"]))
/// try await scheduler.handle("backup", backup)
/// try await scheduler.declare(
///     [
///         .init(
///             name: "backup", schedule: .daily(at: "03:00", in: "Europe/Berlin"),
///             action: .handler("backup", timeout: .hours(1)))
///     ], owner: "my-app")
/// ```
///
/// The program gets a session and process group of its own, no blocked or ignored signals, and no descriptor but its
/// standard ones. The execution's output is a ``CommandResult``; a failure's record has it too, and ends with what the
/// program wrote last.
///
/// When an attempt is canceled or exceeds its timeout, its whole process group gets SIGTERM, and SIGKILL after
/// ``grace``. The attempt ends when nothing of the group is left. It does not wait for a process that left the group,
/// even if that still has the output open.
///
/// Programs can run on Linux and macOS. If this process ends by a crash, its programs continue.
public struct CommandHandler: Sendable, Hashable {
    /// The program: an absolute path, or a name that is looked up in the `PATH` of the command's environment.
    public var executable: String
    /// The arguments, without the program's name.
    ///
    /// No shell reads them. Other users of the machine can see them, so they cannot contain `secret://`.
    public var arguments: [String]
    /// The environment variables.
    public var environment: CommandEnvironment
    /// The absolute path of the working folder, or `nil` for that of this process.
    public var folder: String?
    /// The standard input.
    public var input: CommandInput
    /// The meaning of the exit statuses.
    public var exitStatuses: ExitStatuses
    /// The most bytes of each output to keep, from 0 to 16 MiB: the beginning and the end.
    public var outputLimit: Int
    /// How long the command may take to end after SIGTERM, from zero to an hour.
    ///
    /// It must be shorter than `SchedulerConfiguration.cancellationGrace`, after which the scheduler abandons
    /// the attempt.
    public var grace: Duration
    /// The treatment of what the command leaves running.
    public var leftovers: CommandLeftovers

    /// Creates a handler.
    ///
    /// - Parameters:
    ///   - executable: The program: an absolute path, or a name to look up in `PATH`.
    ///   - arguments: The arguments, without the program's name.
    ///   - environment: The environment variables.
    ///   - folder: The absolute path of the working folder, or `nil` for that of this process.
    ///   - input: The standard input.
    ///   - exitStatuses: The meaning of the exit statuses.
    ///   - outputLimit: The most bytes of each output to keep, from 0 to 16 MiB.
    ///   - grace: How long the command may take to end after SIGTERM, from zero to an hour.
    ///   - leftovers: The treatment of what the command leaves running.
    public init(
        _ executable: String, arguments: [String] = [], environment: CommandEnvironment = .inherited,
        folder: String? = nil, input: CommandInput = .nothing, exitStatuses: ExitStatuses = .standard,
        outputLimit: Int = 65_536, grace: Duration = .seconds(3), leftovers: CommandLeftovers = .end
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.input = input
        self.exitStatuses = exitStatuses
        self.outputLimit = outputLimit
        self.grace = grace
        self.leftovers = leftovers
    }

    /// Creates a handler that runs a script by `/bin/sh -c`.
    ///
    /// ```swift
    /// let report = CommandHandler.shell("df -h | mail -s \"$ROTA_JOB_NAME\" ops@example.com")
    /// try await scheduler.handle("disk-report", report)
    /// ```
    ///
    /// - Parameter script: The script. Do not insert values from outside: pass them in the environment, and write
    ///   `"$NAME"`.
    public static func shell(_ script: String) -> CommandHandler {
        CommandHandler("/bin/sh", arguments: ["-c", script])
    }

    /// Runs the command for an attempt, for handlers that do more than that.
    ///
    /// ```swift
    /// try await scheduler.handle("disk-space") { context in
    ///     let disk = try await CommandHandler("df", arguments: ["-P", "/"]).run(for: context)
    ///     print(disk.output.text)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - context: The context of the attempt.
    ///   - secrets: The source of the secrets in the environment.
    /// - Returns: The end of a command that was a success.
    /// - Throws: ``CommandError``, or `CancellationError` if the task was canceled before the command started.
    public func run(
        for context: HandlerContext, secrets: any SecretProvider = NoSecrets()
    ) async throws -> CommandResult {
        try validate()
        try Task.checkCancellation()
        var variables = environment.variables(of: ProcessInfo.processInfo.environment)
        var values: [SecretValue] = []
        for (name, text) in environment.changes where text.map(SecretReference.isMentioned) ?? false {
            variables[name] = try await resolve(text ?? "", of: name, secrets: secrets, into: &values)
        }
        variables.merge(Self.identity(of: context)) { $1 }
        let launch = Launch(
            executable: executable, arguments: arguments, environment: variables, folder: folder,
            input: try bytes(of: context))
        try CommandLoop.shared.open()
        let capture = OutputCapture(
            limit: outputLimit, redaction: Redaction(values),
            longestSecret: values.map(\.value.utf8.count).max() ?? 0)
        let ending = await CommandLoop.shared.attend(
            try launch.start(), input: launch.input, output: capture, grace: grace, leftovers: leftovers)
        let result = CommandResult(
            status: ending.status, signal: ending.signal, output: ending.output.output(isCut: ending.isCut),
            errorOutput: ending.errorOutput.output(isCut: ending.isCut))
        guard !ending.isCanceled, let status = ending.status, exitStatuses.success.contains(status) else {
            let signals: CommandError.Signals? =
                ending.isCanceled ? (ending.isKilled ? .killed(after: grace) : .terminated) : nil
            throw CommandError(result, of: executable, canceledBy: signals, statuses: exitStatuses)
        }
        return result
    }

    private func bytes(of context: HandlerContext) throws(CommandError) -> [UInt8]? {
        switch input.kind {
        case .nothing: return nil
        case .data(let data): return Array(data)
        case .payload:
            guard let payload = context.payload else {
                throw CommandError(
                    .missingPayload,
                    "The input of \(executable) is the payload, but neither the job nor the execution has one.")
            }
            return Array(payload.json)
        }
    }

    private func resolve(
        _ text: String, of variable: String, secrets: any SecretProvider, into values: inout [SecretValue]
    ) async throws -> String {
        var out = ""
        for piece in try SecretReference(parsing: text, field: variable).pieces {
            switch piece {
            case .text(let text): out += text
            case .secret(let name):
                guard let value = try await secrets.secret(named: name), !value.value.contains("\0") else {
                    throw CommandError(
                        .missingSecret,
                        "The secret \"\(name)\" of the variable \(variable) does not exist, or contains a zero byte. Add it to "
                            + "what the scheduler got as `secrets:`.")
                }
                values.append(value)
                out += value.value
            }
        }
        return out
    }

    /// The variables that say which attempt of which execution a command is.
    private static func identity(of context: HandlerContext) -> [String: String] {
        [
            "ROTA_JOB_NAME": context.job.name.replacing("\0", with: ""),
            "ROTA_JOB_ID": context.job.id.description,
            "ROTA_EXECUTION_ID": context.execution.id.description,
            "ROTA_ATTEMPT": "\(context.attempt)",
            "ROTA_SCHEDULED_FOR": ISO8601.description(context.scheduledFor),
        ]
    }
}

extension CommandHandler {
    /// Checks everything that does not depend on the machine.
    func validate() throws(CommandError) {
        try check(!executable.isEmpty, "The executable is empty. Write an absolute path, or a name to look up in PATH.")
        try check(
            executable.hasPrefix("/") || !executable.contains("/"),
            "The executable \(executable) is a relative path. Write an absolute path, or a name to look up in PATH.")
        try check(
            folder?.hasPrefix("/") ?? true,
            "The working folder \"\(folder ?? "")\" is a relative path. Write an absolute path.")
        try check(
            (0...(16 << 20)).contains(outputLimit), "outputLimit must be 0 to 16 MiB, not \(outputLimit).")
        try check(grace >= .zero && grace <= .seconds(3600), "grace must be zero to an hour, not \(grace.exactText).")
        let names = environment.changes.keys
        try check(
            names.allSatisfy { !$0.isEmpty && !$0.contains("=") },
            "The names of environment variables must not be empty, and must not contain \"=\".")
        let texts = [executable, folder ?? ""] + arguments + names + environment.changes.values.compactMap(\.self)
        try check(
            !texts.contains { $0.utf8.contains(0) },
            "The executable, the arguments, the folder and the environment must not contain zero bytes. Pass such data as "
                + "input.")
        try check(
            !([executable] + arguments).contains(where: SecretReference.isMentioned),
            "Arguments cannot contain secret://, because all users of the machine can see them. Pass the secret in the "
                + "environment.")
        for (name, value) in environment.changes {
            guard let value, SecretReference.isMentioned(in: value) else { continue }
            do { _ = try SecretReference(parsing: value, field: name) } catch {
                throw CommandError(.invalidCommand, "The variable \(name): \(error)", isFinal: true)
            }
        }
    }

    private func check(_ isValid: Bool, _ message: String) throws(CommandError) {
        guard !isValid else { return }
        throw CommandError(.invalidCommand, message, isFinal: true)
    }

    /// Checks the settings against those of a scheduler.
    func validate(for configuration: SchedulerConfiguration) throws(CommandError) {
        try validate()
        try check(
            grace < configuration.cancellationGrace,
            "grace is \(grace.exactText), but the scheduler abandons an attempt "
                + "\(configuration.cancellationGrace.exactText) after it was "
                + "canceled. Shorten grace, or raise the configuration's cancellationGrace.")
        // A character takes at most six bytes in JSON.
        let needed = 2 * 6 * (outputLimit + 100)
        try check(
            needed <= configuration.maximumOutputBytes,
            "Two outputs of \(outputLimit) bytes may take \(needed) bytes as JSON, but the scheduler stores at most "
                + "\(configuration.maximumOutputBytes). Lower outputLimit, or raise the configuration's "
                + "maximumOutputBytes.")
    }
}

extension Scheduler {
    /// Registers a command for jobs whose action is `.handler(name)`.
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - command: The command. Its secrets are those of the scheduler.
    /// - Throws: ``CommandError`` with code `invalidCommand` for invalid settings; `SchedulerError` with code
    ///   `duplicateHandler` if the name is taken.
    public func handle(_ name: String, _ command: CommandHandler) throws {
        try command.validate(for: configuration)
        try handle(name) { [secrets] context in try await command.run(for: context, secrets: secrets) }
    }
}
