@preconcurrency import Dispatch
import Foundation
import Rota
import RotaCommands

/// A scheduler whose jobs follow a crontab.
struct Daemon {
    let crontab: String
    let metricsFile: String?
    let scheduler: Scheduler

    init(crontab: String, store: some JobStore, metricsFile: String? = nil) async throws {
        (self.crontab, self.metricsFile) = (crontab, metricsFile)
        scheduler = Scheduler(store: store, observers: [ConsoleObserver()])
        try await scheduler.handle(CronCommand.handlerName, payload: CronCommand.self) { command, context in
            try await Self.handler(for: command).run(for: context)
        }
    }

    /// Runs until SIGTERM or SIGINT, and reads the crontab again on SIGHUP.
    func run() async throws {
        let hangups = Self.hangups()
        let declared = try await load()
        for job in declared.jobs where job.schedule == .onDemand { try await scheduler.trigger(job.id) }
        let reloading = Task {
            for await _ in hangups {
                do { try await load() } catch { say("The crontab is not used: \(error)") }
            }
        }
        let measuring = Task { while !Task.isCancelled { try await measure() } }
        defer {
            reloading.cancel()
            measuring.cancel()
        }
        try await scheduler.run(stoppingOn: .terminate, .interrupt)
    }

    /// Makes the jobs follow the file.
    ///
    /// A file with a mistake changes nothing.
    @discardableResult
    func load() async throws -> Scheduler.DeclarationResult {
        let table = try CommandTable(file: crontab)
        guard table.problems.isEmpty else {
            throw Mistake(table.problems.map { "\(crontab), \($0)" }.joined(separator: "\n"))
        }
        let result = try await scheduler.declare(try table.drafts(), owner: "crond", orphans: .delete)
        say("\(crontab): \(result)")
        return result
    }

    static func handler(for command: CronCommand) -> CommandHandler {
        let home = command.environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
        return CommandHandler(
            command.shell, arguments: ["-c", command.script],
            environment: .inherited(changing: command.environment.mapValues(Optional.some)), folder: home,
            input: command.input.map { .text($0) } ?? .nothing, leftovers: .leave)
    }

    /// Writes the metrics for the textfile collector of a node exporter, and waits a minute.
    private func measure() async throws {
        if let metricsFile {
            do {
                let text = try await scheduler.metrics().openMetrics
                try Data(text.utf8).write(to: URL(filePath: metricsFile), options: .atomic)
            } catch { say("The metrics cannot be written to \(metricsFile): \(error)") }
        }
        try await Task.sleep(for: .seconds(60))
    }

    private static func hangups() -> AsyncStream<Void> {
        signal(SIGHUP, SIG_IGN)
        return AsyncStream { continuation in
            let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
            source.setEventHandler { continuation.yield() }
            continuation.onTermination = { _ in source.cancel() }
            source.resume()
        }
    }
}

/// Prints a line at once, also to a pipe.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
