import Foundation
import RotaTesting
import Synchronization

/// An observer that records a line for every call.
final class ObserverLog: SchedulerObserver {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock(\.self) }

    private func add(_ line: String) { lines.withLock { $0.append(line) } }

    func didEnqueue(_ executions: [Execution], at date: Date) {
        for execution in executions { add("queued \(execution.source.rawValue)") }
    }
    func didSkip(_ skip: SkippedOccurrence, of jobName: String, at date: Date) {
        add("skipped \(skip.reason.rawValue) \(skip.count ?? -1)")
    }
    func didStart(_ execution: Execution, attempt: Int, at date: Date) { add("started \(attempt)") }
    func didFinish(_ attempt: Attempt, of execution: Execution, at date: Date) {
        add("attempt \(attempt.number) \(attempt.failure?.kind.rawValue ?? "ok")")
    }
    func didFinish(_ execution: Execution, at date: Date) { add("ended \(execution.status)") }
    func didRelease(_ execution: Execution, at date: Date) { add("released \(execution.status)") }
    func didLoseLease(of id: ExecutionID, at date: Date) { add("lost") }
    func didAbandon(_ execution: Execution, because reason: String, at date: Date) {
        add("abandoned \(execution.attempts.count + 1)")
    }
    func didDropLateResult(of execution: Execution, at date: Date) { add("dropped \(execution.attempts.count + 1)") }
    func didChangeBreaker(of job: Job, at date: Date) {
        add("breaker \(job.scheduleState.isHeldByBreaker ? "open" : "closed")")
    }
    func handlerMissing(_ name: String, jobs: [Job], at date: Date) {
        add("missed \(name) [\(jobs.map(\.id.description).joined(separator: ", "))]")
    }
    func didPostpone(_ job: Job, until next: Date, because error: any Error, at date: Date) {
        add("postponed \(job.name) \(next.timeIntervalSince(date))")
    }
    func didPrune(_ report: PruneReport, at date: Date) { add("pruned \(report.expired.count)") }
    func didFail(_ error: any Error, at date: Date) { add("failed \(error)") }
    func didSleep(until wake: Date, at date: Date) { add("asleep") }
    func didWake(at date: Date) { add("awake") }
}
