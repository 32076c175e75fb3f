public import Foundation
import RotaCore
public import RotaStore
import Synchronization

/// Prints what goes wrong, and nothing while all is well.
///
/// It reports failed attempts and executions, blocked addresses, skipped occurrences, missing handlers, unreadable
/// payloads, jobs that will never fire or were not changed, open breakers, late starts, and all else that needs
/// attention:
///
/// ```swift
/// let scheduler = Scheduler(store: InMemoryJobStore(), observers: [ConsoleObserver()])
/// try await scheduler.handle("greet") { _ in print("hello") }
/// try await scheduler.run()
/// ```
///
/// ```
/// 09:30:00.003 rota: daily-report: attempt 1 failed: HTTP status 503. Next attempt at 09:30:02.101.
/// 09:30:00.004 rota: cleanup: skipped 3 occurrences from 2026-11-28T08:00:00Z to 2026-11-28T09:00:00Z: misfire.
/// ```
public final class ConsoleObserver: SchedulerObserver {
    private let zone: TimeZone
    private let startDelay: Duration
    private let write: @Sendable (String) -> Void
    /// The date before which no other late start is reported.
    private let quietUntil = Mutex(Date.distantPast)
    private let lastLost = Mutex<ExecutionID?>(nil)

    /// How long the console says nothing about late starts after it did.
    private static let quiet = Duration.seconds(60)

    /// Creates an observer.
    ///
    /// - Parameters:
    ///   - zone: The time zone of the times of day.
    ///   - startDelay: The longest delay that is not reported: from the date on which an execution was due, after
    ///     smoothing and catching up, to the start of its first attempt. Longer delays are reported at most once a
    ///     minute.
    ///   - write: Writes a line. The default writes it to the standard error.
    public init(
        zone: TimeZone = .current, startDelay: Duration = .seconds(5),
        write: @escaping @Sendable (String) -> Void = ConsoleObserver.writeToStandardError
    ) {
        self.zone = zone
        self.startDelay = startDelay
        self.write = write
    }

    /// Writes a line to the standard error.
    ///
    /// A line that cannot be written, because the disk is full or nothing is there, is lost, and nothing else happens.
    @usableFromInline static let writeToStandardError: @Sendable (String) -> Void = { line in
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    private func say(_ text: String, at date: Date) {
        write("\(timeOfDay(date)) rota: \(text)")
    }

    private func timeOfDay(_ date: Date) -> String {
        guard let second = WholeSeconds.floor(date) else { return "--:--:--" }
        let local = second + Int64(zone.secondsFromGMT(for: date))
        let ofDay = local - local.floorDivided(by: 86_400) * 86_400
        let milliseconds = Int64(((date.timeIntervalSince1970 - Double(second)) * 1_000).rounded(.down))
        func digits(_ number: Int64, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return "\(digits(ofDay / 3_600, 2)):\(digits(ofDay / 60 % 60, 2)):\(digits(ofDay % 60, 2))."
            + digits(min(max(milliseconds, 0), 999), 3)
    }

    /// Reports skipped occurrences.
    public func didSkip(_ skip: SkippedOccurrence, of jobName: String, at date: Date) {
        let what =
            skip.first == skip.last
            ? "skipped the occurrence at \(skip.first.text)"
            : "skipped \(skip.count.map(String.init) ?? "many") occurrences from \(skip.first.text) to \(skip.last.text)"
        say("\(jobName): \(what): \(skip.reason.rawValue).", at: date)
    }

    /// Reports a first attempt that starts long after the execution was due.
    public func didStart(_ execution: Execution, attempt: Int, at date: Date) {
        let delay = date.elapsed(since: execution.progress.dueAt)
        guard attempt == 1, delay > startDelay else { return }
        let isFirst = quietUntil.withLock { quietUntil in
            guard date >= quietUntil else { return false }
            quietUntil = date.advanced(by: Self.quiet)
            return true
        }
        guard isFirst else { return }
        say(
            "\(execution.jobName): started \(delay.text) after it was due. The scheduler is falling behind, "
                + "or a limit or the concurrency held the execution back.", at: date)
    }

    /// Reports a failed attempt that will be retried.
    public func didFinish(_ attempt: Attempt, of execution: Execution, at date: Date) {
        guard let failure = attempt.failure, !execution.status.isTerminal else { return }
        let gap = failure.message.contains("\n") ? "\n" : " "
        let next = execution.nextRetryAt.map { "\(gap)Next attempt at \(timeOfDay($0))." } ?? ""
        say(
            "\(execution.jobName): attempt \(attempt.number) failed: \(Self.sentence(failure.message))\(next)", at: date
        )
    }

    /// Reports an execution that failed or expired.
    public func didFinish(_ execution: Execution, at date: Date) {
        switch execution.status {
        case .failed:
            let reason = Self.sentence(execution.failure?.message ?? "No reason was given.")
            let gap = reason.contains("\n") ? "\n" : " "
            let count = execution.attempts.count
            say(
                "\(execution.jobName): failed after \(count) attempt\(count == 1 ? "" : "s"): \(reason)\(gap)Execution "
                    + "\(execution.id).", at: date)
        case .expired:
            say("\(execution.jobName): expired before it could start. Execution \(execution.id).", at: date)
        case .queued, .running, .waiting, .succeeded, .canceled: break
        }
    }

    /// Reports a lost lease.
    public func didLoseLease(of execution: Execution, at date: Date) {
        let id = execution.id
        // The renewal tells of it, and so does the attempt that ends afterwards.
        let isKnown = lastLost.withLock { last in
            defer { last = id }
            return last == id
        }
        guard !isKnown else { return }
        say(
            "\(execution.jobName): execution \(id) lost its lease: another scheduler took over, or it was deleted.",
            at: date)
    }

    /// Reports an abandoned attempt.
    public func didAbandon(_ execution: Execution, because reason: String, at date: Date) {
        say("\(execution.jobName): \(reason)", at: date)
    }

    /// Reports a result that came too late.
    public func didDropLateResult(of execution: Execution, at date: Date) {
        say("\(execution.jobName): an abandoned attempt ended, and its result was dropped.", at: date)
    }

    /// Reports a breaker that opened or closed.
    public func didChangeBreaker(of job: Job, at date: Date) {
        say(
            job.scheduleState.isHeldByBreaker
                ? "\(job.name): \(job.scheduleState.reason ?? "its breaker opened.")"
                : "\(job.name): its breaker closed, and the job continues.", at: date)
    }

    /// Reports a missing handler.
    public func handlerMissing(_ name: String, jobs: [Job], similar: String?, at date: Date) {
        let names = jobs.prefix(5).map(\.name).joined(separator: ", ")
        let more = jobs.count > 5 ? " and others" : ""
        say(
            "No handler \"\(name)\" is registered here, which \(names)\(more) need\(jobs.count == 1 ? "s" : "")"
                + (similar.map { "; did you mean \"\($0)\"?" } ?? ".")
                + " Register it with `handle(\"\(name)\") { … }`; until then, their executions wait.", at: date)
    }

    /// Reports a payload that its handler cannot read.
    public func payloadUnreadable(of job: Job, because reason: String, at date: Date) {
        say("\(job.name): \(Self.sentence(reason)) Its attempts will fail.", at: date)
    }

    /// Reports a job that will never fire.
    public func didFindNoOccurrence(of job: Job, at date: Date) {
        say(
            "\(job.name): will never fire. \(job.schedule.reasonForNoOccurrence(after: date)) Use `update(_:_:)`.",
            at: date)
    }

    /// Reports a job that was not changed by being created again.
    public func didKeepDefinition(of job: Job, differing members: [String], at date: Date) {
        say(
            "\(job.name): was created earlier with this idempotency key and another definition (\(members.joined(separator: ", ")) "
                + "differ\(members.count == 1 ? "s" : "")), so it is unchanged. Change it with `update(_:_:)`, or keep it in "
                + "step with the code by `declare(_:owner:)`.", at: date)
    }

    /// Reports a job whose schedule cannot be computed now.
    public func didPostpone(_ job: Job, until next: Date, because error: any Error, at date: Date) {
        say(
            "\(job.name): is due, but its schedule cannot be computed: \(error) Next try at \(timeOfDay(next)).",
            at: date)
    }

    /// Reports that the clock had been ahead.
    public func didRewind(_ report: RewindReport, at date: Date) {
        say(
            "The clock had been ahead. \(report.jobs.count) jobs and \(report.executions.count) executions continue from "
                + "the current time.", at: date)
    }

    /// Reports that nothing ran, because the shutdown came first.
    public func didStopBeforeRunning(at date: Date) {
        say(
            "`run()` returned at once, because `beginShutdown()` was called before it. Call `run()` again to run.",
            at: date)
    }

    /// Reports that the store failed.
    public func didFail(_ error: any Error, at date: Date) {
        say("The store failed, and `run()` ends: \(error)", at: date)
    }

    /// Reports that the store is out of reach, and that the scheduler tries again.
    public func didLoseStore(because error: StoreError, at date: Date) {
        say("The store is out of reach; trying again until it is back: \(error)", at: date)
    }

    /// Reports that the store is back.
    public func didRegainStore(after outage: Duration, at date: Date) {
        say("The store is back after \(outage.text).", at: date)
    }

    /// Reports the store's advice.
    public func storeLimited(because reason: String, at date: Date) {
        say("The store works, but could do better. \(reason)", at: date)
    }

    /// Returns a text as a sentence, with a period at its end.
    private static func sentence(_ text: String) -> String {
        // The lines of a command's output are no sentence.
        text.contains("\n") || text.hasSuffix(".") || text.hasSuffix("!") || text.hasSuffix("?") ? text : text + "."
    }
}
