import Foundation
import RotaCore
import RotaHTTP

/// Commands for the operators of a scheduler.
enum SystemCommands {
    static let timers = Session.command(
        "timers", "List jobs by their next run, as systemctl list-timers does",
        options: Session.pageOptions
    ) { session in
        let page = try await session.pages(["timers"], query: [])
        // A timer is known by its job.
        let items = session.printer.format == .ids ? page.items.compactMap { $0["job"] } : page.items
        let times = session.printer.times
        @Sendable func left(_ timer: JSONValue) -> String {
            Times.date(JobCommands.next(timer)).map {
                Times.span(.init(clamping: abs($0.timeIntervalSince(times.now))))
            } ?? "-"
        }
        session.printer.list(
            items, next: page.next,
            columns: [
                Column("NEXT") { times.text(JobCommands.next($0)) + JobCommands.skips($0) }, Column("LEFT", left),
                Column("LAST") { times.text($0["last"]) }, Column("PASSED") { times.relative($0["last"]) },
                Column("STATUS", status: true) { timer in
                    timer["state"]?.string == "paused" ? "paused" : timer["lastStatus"]?.cell ?? "-"
                }, Column("JOB") { $0["job"]?["name"]?.string ?? "-" },
                Column("ID", wide: true) { $0["job"]?["id"]?.string ?? "-" },
            ], nothing: "No job has a next run.")
        return .done
    }

    static let tail = Session.command(
        "tail", "Show what happens", options: ExecutionWaiting.options
    ) { session in
        try await ExecutionWaiting.follow(session) { _ in true }
    }

    static let stats = Session.command(
        "stats", "Count jobs and executions, and tell how punctual they are"
    ) { session in
        try session.connection.requireServer(
            for: "rota stats", "punctuality is that of a running process; \"rota store status\" counts the records")
        let stats = try await session.connection.get("stats")
        func counts(_ value: JSONValue?) -> String {
            let shown = (value?.members ?? []).filter { $0.value.int ?? 0 > 0 }
            return shown.isEmpty ? "none" : shown.map { "\($0.value.cell) \($0.name)" }.joined(separator: ", ")
        }
        func spread(_ value: JSONValue?) -> String? {
            guard let value, value["count"]?.int ?? 0 > 0 else { return nil }
            func span(_ name: String) -> String {
                value[name]?.int.map { Times.span(.milliseconds($0)) } ?? "-"
            }
            return "median \(span("p50Milliseconds")), 99th percentile \(span("p99Milliseconds"))"
        }
        let today = stats["failedToday"]?.cell ?? "0"
        session.printer.record(
            stats,
            [
                ("jobs", counts(stats["jobs"])), ("executions", counts(stats["executions"])),
                ("failed in 24 h", today + (stats["failedTodayIsMore"]?.bool == true ? " or more" : "")),
                ("lateness", spread(stats["lateness"])), ("attempts", spread(stats["attempts"])),
                ("retries", stats["retries"]?.cell), ("leases lost", stats["leasesLost"]?.cell),
            ])
        return .done
    }

    static let metrics = Session.command("metrics", "Print metrics in the format of OpenMetrics") { session in
        try session.connection.requireServer(for: "rota metrics", "metrics are those of a running process")
        session.printer.text(try await session.connection.text("metrics").trimmingCharacters(in: .newlines))
        return .done
    }
}

/// Commands about the program itself.
enum ShellCommands {
    static let version = Command("version", "Print the program's version") {
        arguments, console in
        let printer = try Printer(arguments, console)
        printer.changed(["version": .string(Version.text)], "rota \(Version.text)")
        return .done
    }

    static let completion = Command(
        "completion", "Print a script that completes commands in a shell",
        arguments: [
            CommandArgument("SHELL", help: "bash, zsh or fish", .words(CompletionScript.shells))
        ]
    ) { arguments, console in
        let shell = arguments.argument(0) ?? ""
        guard CompletionScript.shells.contains(shell) else {
            throw Failure.usage("SHELL must be bash, zsh or fish, not \(shell).")
        }
        console.write(CompletionScript.text(for: shell))
        return .done
    }

    static let help = Command(
        "help", "Show help about a command",
        arguments: [CommandArgument("COMMAND", help: "A command", optional: true, repeats: true, .commands)]
    ) { arguments, console in
        let root = RotaProgram().root
        guard case .help(let path) = try CommandParser(root: root).parse(arguments.positional + ["--help"]) else {
            return .usage
        }
        console.write(Help.text(path))
        return .done
    }

    /// Prints what the last of some words can become, for the scripts of ``completion``.
    static let complete: Command = {
        var command = Command(
            "__complete", "Complete words",
            arguments: [CommandArgument("WORD", help: "", optional: true, repeats: true)]
        ) { arguments, console in
            let question = CompletionScript.question(arguments.positional, in: RotaProgram().root)
            switch question.completion {
            case .files, .folders: console.write("__files__\n")
            default:
                var words = question.words
                words += await candidates(question.completion, arguments.positional, console)
                for (word, remark) in words where word.hasPrefix(question.beginning) {
                    console.write(SafeText.line(word) + (remark.isEmpty ? "" : "\t" + SafeText.line(remark)) + "\n")
                }
            }
            return .done
        }
        command.isHidden = true
        command.takesEverything = true
        return command
    }()

    private static func candidates(
        _ completion: Completion, _ words: [String], _ console: Console
    ) async -> [(word: String, remark: String)] {
        switch completion {
        case .words(let words): return words.map { ($0, "") }
        case .zones: return ScheduleCommands.zoneNames.map { ($0, "") }
        case .commands: return RotaProgram().root.subcommands.filter { !$0.isHidden }.map { ($0.name, $0.summary) }
        case .jobs, .executions:
            let kind = completion == .jobs ? "jobs" : "executions"
            // The options of the program may say which server it is.
            var arguments = Arguments()
            for (name, next) in zip(words, words.dropFirst()) {
                guard let option = RotaProgram().root.option(name), option.value != nil else { continue }
                arguments.values[Arguments.programKey(option.name)] = [next]
            }
            guard let session = try? Session(arguments, console),
                let page = try? await session.connection.get(kind, query: [("limit", "100")])
            else { return [] }
            return page.items.map { item in
                (
                    item["id"]?.string ?? "",
                    [item["name"] ?? item["jobName"], item["state"] ?? item["status"]].compactMap { $0?.cell }
                        .joined(separator: ", ")
                )
            }
        case .nothing, .files, .folders: return []
        }
    }
}
