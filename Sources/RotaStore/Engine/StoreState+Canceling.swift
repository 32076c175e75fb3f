import Foundation

extension StoreState {
    package mutating func cancel(_ requests: [Cancellation], log: inout ChangeLog) -> [Cancellation.Outcome] {
        requests.map { cancel($0, log: &log) }
    }

    mutating func cancel(_ request: Cancellation, log: inout ChangeLog) -> Cancellation.Outcome {
        guard var execution = executions[request.executionID] else { return .missing }
        guard !execution.progress.status.isTerminal else { return .alreadyOver(execution) }
        execution.progress.cancelReason = request.reason ?? execution.progress.cancelReason
        execution.progress.cancelRequestedAt = execution.progress.cancelRequestedAt ?? request.date
        guard execution.progress.status != .running else {
            record(.putProgress(execution.id, execution.progress), log: &log)
            return .requested(execution)
        }
        end(&execution, as: .canceled, at: request.date, log: &log)
        return .canceled(execution)
    }

    /// Cancels all unfinished executions that a query lists, up to about 16 MiB of records in one step.
    ///
    /// - Complexity: O(k log n) for k unfinished executions, of the query's jobs if it names at most 100.
    package mutating func cancel(matching request: BulkCancellation, log: inout ChangeLog) throws(StoreError)
        -> CancellationReport
    {
        guard request.limit >= 1 else {
            throw StoreError(
                .invalidQuery, "A bulk cancellation must be of 1 execution or more at a time, not \(request.limit).")
        }
        var query = request.query
        query.statuses = request.statuses
        var report = CancellationReport()
        // All are found before any is canceled: the end of one may queue another, which the query then lists no more.
        var found: [ExecutionID] = []
        var bytes = 0
        for id in MergedWalk(sets(for: query), .ascending, after: nil) {
            guard let execution = executions[id], query.lists(execution),
                execution.progress.status != .running || execution.progress.cancelRequestedAt == nil
            else { continue }
            guard found.count < request.limit, bytes < Self.largeCommit else {
                report.hasMore = true
                break
            }
            // With the notifications of its end.
            bytes += execution.progress.savedBytes + 256 + (request.reason?.utf8.count ?? 0)
            bytes += (jobs.read(execution.jobID) { $0.notifications.count } ?? 0) * 1_024
            found.append(id)
        }
        for id in found {
            switch cancel(Cancellation(id, reason: request.reason, date: request.date), log: &log) {
            case .canceled(let execution): report.canceled.append(execution)
            case .requested(let execution): report.requested.append(execution)
            case .alreadyOver, .missing: break
            }
        }
        return report
    }

    package mutating func completeWaiting(_ completions: [ExternalCompletion], log: inout ChangeLog)
        -> [ExternalCompletion.Outcome]
    {
        completions.map { completion in
            guard var execution = executions[completion.executionID] else { return .missing }
            guard execution.progress.status == .waiting, !execution.awaitsBatch,
                !execution.awaitsItsTurn || completion.next.isQueued
            else { return .notWaiting(execution) }
            if let output = completion.output { execution.progress.output = output }
            switch completion.next {
            case .queued(let date):
                execution.progress.expiresAt =
                    execution.awaitsItsTurn ? expiry(ofNextInBackfillOf: execution.jobID, dueAt: date) : nil
                execution.progress.move(to: .queued)
                execution.progress.dueAt = date
                execution.progress.delayedFrom = completion.date
                record(.putProgress(execution.id, execution.progress), log: &log)
            case .succeeded:
                (execution.progress.failure, execution.progress.checkpoint) = (nil, nil)
                end(&execution, as: .succeeded, at: completion.date, log: &log)
            case .failed(let failure):
                execution.progress.failure = failure
                end(&execution, as: .failed, at: completion.date, log: &log)
            case .canceled: end(&execution, as: .canceled, at: completion.date, log: &log)
            case .waiting(let report):
                execution.progress.heartbeatAt = completion.date
                if let report { execution.progress.report = report }
                record(.putProgress(execution.id, execution.progress), log: &log)
            }
            return .recorded(execution)
        }
    }

    /// Ends an execution that is not running.
    mutating func end(
        _ execution: inout Execution, as status: ExecutionStatus, at date: Date, log: inout ChangeLog
    ) {
        guard execution.progress.move(to: status) else { return }
        execution.progress.finishedAt = date
        record(.putProgress(execution.id, execution.progress), log: &log)
        recordEnd(of: execution, at: date, log: &log)
    }
}
