import Foundation
import RotaTesting
import Synchronization

/// An observer that records a line for every call.
final class ObserverLog: SchedulerObserver {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock(\.self) }

    private func add(_ line: String) { lines.withLock { $0.append(line) } }

    func queued(_ executions: [Execution], at date: Date) {
        for execution in executions { add("queued \(execution.source.rawValue)") }
    }
    func skipped(_ skip: SkippedOccurrence, at date: Date) {
        add("skipped \(skip.reason.rawValue) \(skip.count ?? -1)")
    }
    func started(_ execution: Execution, attempt: Int, at date: Date) { add("started \(attempt)") }
    func ended(_ attempt: Attempt, of execution: Execution, at date: Date) {
        add("attempt \(attempt.number) \(attempt.failure?.kind.rawValue ?? "ok")")
    }
    func ended(_ execution: Execution, at date: Date) { add("ended \(execution.status)") }
    func released(_ execution: Execution, at date: Date) { add("released \(execution.status)") }
    func lostLease(of id: ExecutionID, at date: Date) { add("lost") }
    func changedBreaker(of job: Job, at date: Date) {
        add("breaker \(job.scheduleState.isHeldByBreaker ? "open" : "closed")")
    }
    func missedHandler(_ name: String, jobs: [JobID], at date: Date) {
        add("missed \(name) [\(jobs.map(\.description).joined(separator: ", "))]")
    }
    func pruned(_ report: PruneReport, at date: Date) { add("pruned \(report.expired.count)") }
    func failed(_ error: any Error, at date: Date) { add("failed \(error)") }
    func fellAsleep(until wake: Date, at date: Date) { add("asleep") }
    func woke(at date: Date) { add("awake") }
}
