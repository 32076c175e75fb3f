import Foundation
import RotaStore
import RotaTesting

/// Checks the records of a store after a fleet has worked, and finds what the policies do not allow.
struct FleetAudit {
    let executions: [Execution]
    let skips: [SkippedOccurrence]
    let overlap: OverlapPolicy
    /// How many scheduled executions may be unfinished at the same time.
    let live: Int
    let delivery: DeliveryGuarantee
    let log: ExecutionLog

    /// The dates that have an outcome, once for each outcome.
    func decided(every period: Double) -> [Date] {
        let skipped = skips.flatMap { Array(stride(from: $0.first, through: $0.last, by: period)) }
        return (executions.map(\.scheduledFor) + skipped).sorted()
    }

    var complaints: [String] {
        executions.flatMap { end(of: $0) + attempts(of: $0) } + skips.flatMap(unfounded)
    }

    private func end(of execution: Execution) -> [String] {
        switch execution.status {
        case .succeeded: return []
        case .failed:
            let isExpected = delivery == .atMostOnce && execution.failure.map(isCutShort) ?? false
            return isExpected ? [] : ["\(execution.scheduledFor) failed: \(execution.failure?.message ?? "?")"]
        case .canceled:
            let isReplaced = executions.contains { other in
                other.scheduledFor > execution.scheduledFor && other.createdAt <= execution.finishedAt ?? .distantPast
            }
            return overlap == .replace && isReplaced ? [] : ["\(execution.scheduledFor) was canceled without a reason"]
        case .queued, .running, .waiting, .expired: return ["\(execution.scheduledFor) is \(execution.status)"]
        }
    }

    private func attempts(of execution: Execution) -> [String] {
        var found: [String] = []
        let good = execution.attempts.count { $0.failure == nil }
        if execution.status == .succeeded, good != 1 || execution.attempts.last?.failure != nil {
            found.append("\(execution.scheduledFor) succeeded \(good) times")
        }
        let starts = log.starts(of: execution.id)
        if execution.status == .succeeded, starts == 0 {
            found.append("\(execution.scheduledFor) succeeded without a start")
        }
        if delivery == .atMostOnce, starts > 1 { found.append("\(execution.scheduledFor) started \(starts) times") }
        for attempt in execution.attempts where attempt.failure.map({ !isCutShort($0) }) ?? false {
            found.append("\(execution.scheduledFor): \(attempt.failure?.message ?? "?")")
        }
        return found
    }

    /// Whether a scheduler died or stopped during the attempt.
    private func isCutShort(_ failure: ExecutionFailure) -> Bool {
        failure.kind == .crashed || failure.kind == .interrupted
    }

    /// Reports a skip although another execution was allowed.
    private func unfounded(_ skip: SkippedOccurrence) -> [String] {
        guard skip.reason == .overlap else { return ["a skip because of \(skip.reason.rawValue)"] }
        // A record may cover skips that were decided one after the other. It describes the last one.
        let others = executions.count { execution in
            execution.createdAt <= skip.decidedAt && execution.scheduledFor < skip.last
                && execution.finishedAt ?? .distantFuture >= skip.decidedAt
        }
        return others >= live ? [] : ["\(skip.first) to \(skip.last) skipped, with \(others) live"]
    }
}
