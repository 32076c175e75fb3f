import Foundation
import RotaStore
import RotaTesting

/// Looks at what a store holds after a fleet has worked, and finds what the policies do not allow.
struct FleetAudit {
    let runs: [Execution]
    let skips: [SkippedOccurrence]
    let overlap: OverlapPolicy
    /// How many runs of the schedule may be at once.
    let live: Int
    let delivery: DeliveryGuarantee
    let log: RunLog

    /// The instants that have a verdict, one for each verdict.
    func verdicts(every period: Double) -> [Date] {
        let skipped = skips.flatMap { Array(stride(from: $0.first, through: $0.last, by: period)) }
        return (runs.map(\.scheduledFor) + skipped).sorted()
    }

    var complaints: [String] {
        runs.flatMap { end(of: $0) + attempts(of: $0) } + skips.flatMap(groundless)
    }

    private func end(of run: Execution) -> [String] {
        switch run.status {
        case .succeeded: return []
        case .failed:
            let isCrash = run.failure?.kind == .crashed && delivery == .atMostOnce
            return isCrash ? [] : ["\(run.scheduledFor) failed: \(run.failure?.message ?? "?")"]
        case .canceled:
            let isReplaced = runs.contains { other in
                other.scheduledFor > run.scheduledFor && other.createdAt <= run.finishedAt ?? .distantPast
            }
            return overlap == .replace && isReplaced ? [] : ["\(run.scheduledFor) was canceled, and by nothing"]
        case .queued, .running, .waiting, .expired: return ["\(run.scheduledFor) is \(run.status)"]
        }
    }

    private func attempts(of run: Execution) -> [String] {
        var found: [String] = []
        let good = run.attempts.count { $0.failure == nil }
        if run.status == .succeeded, good != 1 || run.attempts.last?.failure != nil {
            found.append("\(run.scheduledFor) succeeded \(good) times")
        }
        let starts = log.starts(of: run.id)
        if run.status == .succeeded, starts == 0 { found.append("\(run.scheduledFor) succeeded without a start") }
        if delivery == .atMostOnce, starts > 1 { found.append("\(run.scheduledFor) began \(starts) times") }
        for attempt in run.attempts where attempt.failure.map({ $0.kind != .crashed }) ?? false {
            found.append("\(run.scheduledFor): \(attempt.failure?.message ?? "?")")
        }
        return found
    }

    /// Complains of a skip at whose time there was room.
    private func groundless(_ skip: SkippedOccurrence) -> [String] {
        guard skip.reason == .overlap else { return ["a skip because of \(skip.reason.rawValue)"] }
        // The skips of one record may have been decided one after the other; the last one is what it tells of.
        let others = runs.count { run in
            run.createdAt <= skip.decidedAt && run.scheduledFor < skip.last
                && run.finishedAt ?? .distantFuture >= skip.decidedAt
        }
        return others >= live ? [] : ["\(skip.first) to \(skip.last) skipped, with \(others) live"]
    }
}
