import Foundation
import Rota
import RotaStore

/// The crontab whose lines are jobs of `rota serve`, which follows the file on SIGHUP.
struct CrontabFile: Sendable {
    /// The owner of the jobs among crontabs.
    private static let name = "serve"

    let path: String
    private let console: Console
    private let printer: Printer

    init(_ path: String, _ console: Console, _ printer: Printer) {
        (self.path, self.console, self.printer) = (path, console, printer)
    }

    /// Makes the jobs follow a text, and prints what changed.
    ///
    /// A text with a mistake changes nothing.
    ///
    /// - Parameter known: The jobs after the import before, which are not told again; `nil` to only count new ones.
    /// - Returns: The jobs of the lines.
    func load(_ text: String, into scheduler: Scheduler, known: Set<JobID>? = nil) async throws -> Set<JobID> {
        let result: Crontab.ImportResult
        do {
            result = try await scheduler.importCrontab(text, named: Self.name)
        } catch let error as Crontab.ParseError {
            throw Failure(.refused, code: "invalid_crontab", error.description)
        }
        if let known {
            for job in result.jobs where !known.contains(job.id) { printer.remark("+ \(job.name)") }
            for job in result.removed { printer.remark("- \(job.name)") }
        }
        printer.remark("Crontab: \(result.added) jobs are new, \(result.removed.count) lost their line.")
        return Set(result.jobs.map(\.id))
    }

    /// Reads the file again for each of some signals, until the task is canceled.
    func follow(_ signals: AsyncStream<Void>, into scheduler: Scheduler, known: Set<JobID>) async {
        var known = known
        for await _ in signals {
            do {
                known = try await load(console.readText(path), into: scheduler, known: known)
            } catch {
                console.writeError("rota: The crontab \(path) is not used, and its jobs stay as they are: \(error)\n")
            }
        }
    }

    /// Watches SIGHUP, if the file can be read again.
    ///
    /// - Returns: The watch, which must be ended, and a signal for each SIGHUP, or fewer if they come fast.
    func hangups() throws -> (watch: SignalWatch, signals: AsyncStream<Void>)? {
        guard path != "-" else { return nil }
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        return (try SignalWatch([.hangup]) { _ in continuation.yield() }, signals)
    }
}
