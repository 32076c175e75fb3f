import Foundation
import RotaCore
import RotaHTTP

/// Commands that wait for what happens: `executions wait`, `executions tail` and `tail`.
enum ExecutionWaiting {
    static let command = Session.command(
        "wait", "Wait until an execution has ended", details: "It exits with 1 if the execution did not succeed.",
        arguments: [ExecutionCommands.id],
        options: [.value("timeout", as: "TIME", help: "How long to wait at most; exit 124 after it")]
    ) { session in
        try await wait(session, for: session.arguments.argument(0) ?? "")
    }

    private static let ended: Set<String> = ["succeeded", "failed", "canceled", "expired"]

    /// The longest a server is asked to wait, in seconds.
    ///
    /// Events of other processes are not among its own, so the execution is read again after that anyway.
    private static let longestWait = 5

    /// Waits for an execution, and prints it.
    static func wait(_ session: Session, for id: String) async throws -> ExitCode {
        let deadline = try session.arguments.duration("timeout").map { session.now.advanced(by: $0) }
        var reconnection = Reconnection()
        var cursor = try? await session.connection.get("events", query: [("limit", "1")])["next"]?.string
        while true {
            guard
                let execution = try await reconnection.attempt(
                    session, by: deadline,
                    {
                        try await session.connection.get("executions", id)
                    })
            else { continue }
            let status = execution["status"]?.string ?? ""
            if ended.contains(status) {
                ExecutionCommands.show(execution, session.printer)
                return status == "succeeded" ? .done : .failed
            }
            var seconds = longestWait
            if let deadline {
                let left = deadline.timeIntervalSince(session.now)
                guard left > 0 else {
                    throw Failure(.timedOut, "The execution is still \(status). Its identifier is \(id).")
                }
                seconds = min(seconds, Int(left.rounded(.up)))
            }
            if let folder = session.connection.folder {
                // Another process writes it, and does not tell.
                try await session.console.sleep(.seconds(1))
                await folder.refresh()
                continue
            }
            let page = try await reconnection.attempt(session, by: deadline) { [cursor] in
                try await session.connection.send(
                    "GET", ["events"], query: [("after", cursor), ("wait", "\(seconds)"), ("limit", "100")],
                    waiting: .seconds(seconds))
            }
            cursor = page?["next"]?.string ?? cursor
        }
    }

    /// Waits for a server that is being started again.
    private struct Reconnection {
        private var failures = 0
        /// How long it waits after each failure in a row, in seconds: half a minute in all.
        private static let pauses = [1, 2, 4, 8, 15]

        /// Returns what a request returns, or `nil` after a pause if the server could not be reached.
        mutating func attempt<Value>(
            _ session: Session, by deadline: Date? = nil, _ request: () async throws -> Value
        ) async throws -> Value? {
            do {
                let value = try await request()
                failures = 0
                return value
            } catch let failure as Failure where failure.exit == .unreachable && failures < Self.pauses.count {
                var pause = Duration.seconds(Self.pauses[failures])
                if let deadline {
                    guard deadline > session.now else { throw failure }
                    pause = min(pause, deadline.elapsed(since: session.now))
                }
                if failures == 0 { session.console.writeError(SafeText.line(failure.message) + " Trying again.\n") }
                failures += 1
                try await session.console.sleep(pause)
                return nil
            }
        }
    }

    static let tail = Session.command(
        "tail", "Show what happens to executions", options: options
    ) { session in
        try await follow(session) { $0["executionID"] != nil }
    }

    static let options: [CommandOption] = [
        .flag("follow", "f", help: "Continue until interrupted"),
        .value("job", as: "JOB", .jobs, help: "Only events of this job"),
        .value("limit", "n", as: "COUNT", help: "How many of the latest events to begin with; 20 by default"),
    ]

    /// Prints the latest events, and perhaps those that follow.
    static func follow(_ session: Session, where isShown: (JSONValue) -> Bool) async throws -> ExitCode {
        try session.connection.requireServer(
            for: session.arguments.path.joined(separator: " "), "events are those of a running process")
        let limit = try session.arguments.int("limit", in: 0...1_000) ?? 20
        var job: String?
        if let name = try session.arguments.filter("job") {
            job = try await session.connection.get("jobs", name)["id"]?.string
        }
        func shown(_ events: [JSONValue]) -> [JSONValue] {
            events.filter { isShown($0) && (job == nil || $0["jobID"]?.string == job) }
        }
        var page = try await session.connection.get("events", query: [("limit", "1000")])
        let latest = Array(shown(page.items).suffix(limit))
        guard session.arguments.has("follow") else {
            guard session.printer.format != .json else {
                session.printer.list(latest, columns: [], nothing: "")
                return .done
            }
            for event in latest { print(event, session.printer) }
            if latest.isEmpty, limit > 0 {
                session.console.writeError("Nothing has happened since the server started.\n")
            }
            return .done
        }
        for event in latest { print(event, session.printer) }
        var reconnection = Reconnection()
        while !Task.isCancelled, session.console.outputFailure() == nil {
            let next = page["next"]?.string
            let more = try await reconnection.attempt(session) {
                try await session.connection.send(
                    "GET", ["events"], query: [("after", next), ("wait", "20"), ("limit", "1000")],
                    waiting: .seconds(20))
            }
            guard let more else { continue }
            page = more
            if page["isIncomplete"]?.bool == true {
                session.console.writeError("Some events were missed: there were too many.\n")
            }
            for event in shown(page.items) { print(event, session.printer) }
        }
        return .interrupted
    }

    private static func print(_ event: JSONValue, _ printer: Printer) {
        switch printer.format {
        case .json, .jsonl: printer.line(event.safeText)
        case .ids: event["executionID"]?.string.map { printer.line(SafeText.line($0)) }
        case .table, .wide, .github:
            let type = event["type"]?.string ?? ""
            let text = SafeText.line(event["text"]?.string ?? type)
            let date = printer.times.text(event["at"])
            let job = SafeText.line(event["jobName"]?.string ?? "")
            let title = text.hasPrefix(job) ? text : "\(job): \(text)"
            guard printer.isColored else { return printer.line("\(date)  \(title)") }
            printer.line(Table.colored(date, .faint) + "  " + Table.colored(title, Table.tone(type)))
        }
    }
}
