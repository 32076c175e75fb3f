import RotaHTTP

/// The program `rota`: its commands, and how it runs one.
package struct RotaProgram: Sendable {
    let root: Command

    package init() {
        root = Self.tree
    }

    private static let tree: Command = {
        var root = Command(
            "rota", "Schedules HTTP requests and handlers, and tells what became of them",
            details: """
                A command talks to the server at --url, which is http://127.0.0.1:8484 unless ROTA_URL says otherwise, or
                to the store in the folder at --store. The token is read from --token-file or from ROTA_TOKEN.
                A request may take ROTA_TIMEOUT seconds, 60 unless it is set.

                Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 conflict, 6 refused input,
                7 unreachable, 124 timed out, 130 interrupted.
                """,
            [
                JobCommands.group, ExecutionCommands.group, JobFiles.apply, SystemCommands.timers, SystemCommands.tail,
                SystemCommands.stats, SystemCommands.metrics, ScheduleCommands.next, ScheduleCommands.explain,
                ScheduleCommands.zones, LintCommand.command, CrontabCommands.group, CalendarCommands.group,
                StoreCommands.group, SecretCommands.group, ServeCommand.command, ShellCommands.completion,
                ShellCommands.version,
                ShellCommands.help,
                ShellCommands.complete,
            ])
        root.options = [
            .value("url", "server", as: "URL", help: "The server to talk to"),
            .value("store", as: "DIR", .folders, help: "The folder of a store to use instead of a server"),
            .value("token-file", as: "FILE", .files, help: "The file that holds the token"),
            .choice("output", "o", of: OutputFormat.allCases.map(\.rawValue), help: "The form of the output"),
            .value("zone", as: "ZONE", .zones, help: "The time zone of dates; the system's by default"),
            .flag("utc", help: "Write dates in UTC"),
            .flag("yes", "y", help: "Do not ask"),
            .flag("no-color", help: "No colors, as with the variable NO_COLOR"),
        ]
        return root
    }()

    /// Runs a command line, without the program's name.
    package func run(_ words: [String], on console: Console) async -> ExitCode {
        do {
            switch try CommandParser(root: root).parse(words) {
            case .help(let path):
                console.write(Help.text(path))
                return .done
            case .run(let command, let arguments):
                guard let action = command.action else { return .usage }
                let exit = try await action(arguments, console)
                guard exit == .done, let reason = console.outputFailure() else { return exit }
                throw Failure(.failed, code: "output_lost", "The output could not be written: \(reason).")
            }
        } catch let exit as ExitCode {
            return exit
        } catch let failure as Failure {
            tell(failure, words, on: console)
            return failure.exit
        } catch is CancellationError {
            return .interrupted
        } catch {
            let failure = Failure(.failed, "\(error)")
            tell(failure, words, on: console)
            return failure.exit
        }
    }

    private func tell(_ failure: Failure, _ words: [String], on console: Console) {
        guard Self.wantsJSON(words) else {
            console.writeError("rota: " + SafeText.lines(failure.description) + "\n")
            return
        }
        let details: [JSONValue] = failure.details.map {
            ["field": .string($0.field), "message": .string($0.message)]
        }
        let error = JSONValue.record([
            ("code", .string(failure.code)), ("message", .string(failure.message)),
            ("details", details.isEmpty ? nil : .array(details)),
            ("request_id", failure.requestID.map { .string($0) }), ("exit", .int(Int(failure.exit.rawValue))),
        ])
        console.writeError(JSONValue.record([("error", error)]).safeText + "\n")
    }

    /// Whether the output is JSON, also of a command line that cannot be parsed.
    private static func wantsJSON(_ words: [String]) -> Bool {
        for (place, word) in words.enumerated() {
            if ["-ojson", "-ojsonl", "--output=json", "--output=jsonl"].contains(word) { return true }
            guard word == "-o" || word == "--output", place + 1 < words.count else { continue }
            return words[place + 1].hasPrefix("json")
        }
        return false
    }
}
