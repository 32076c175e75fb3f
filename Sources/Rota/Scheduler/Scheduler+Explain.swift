public import Foundation
import RotaSchedule
public import RotaStore

extension Scheduler {
    /// Explains what happened, or will happen, to a job's occurrence at a date, and why.
    ///
    /// The definition that was in force on that date is used.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - date: The nominal date. Only an occurrence within the same millisecond counts, or one that is written the
    ///     same in milliseconds, because a store may keep dates no finer. For any other date, the explanation names the
    ///     occurrences before and after it.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` or `invalidRequest`; `ScheduleError` if the rules of the
    ///   schedule's time zone cannot be read now; or the store's error.
    public func explain(_ id: JobID, at date: Date) async throws -> OccurrenceExplanation {
        let job = try await job(id)
        try FieldCheck(code: .invalidRequest, jobName: job.definition.name).date(date, "The date to explain")
        let versions = try await context.store.versions(of: id)
        let executions = try await executions(of: id, around: date)
        let skips = try await context.store.skips(of: id)
        return try OccurrenceExplanation(
            on: date, of: job, versions: versions, executions: executions, skips: skips, at: context.clock.now)
    }

    /// Explains where an execution stands: what holds it back, since when, or how it ended.
    ///
    /// - Parameter id: The execution.
    /// - Throws: ``SchedulerError`` with code `executionNotFound`; or the store's error.
    public func explain(_ id: ExecutionID) async throws -> ExecutionExplanation {
        let execution = try await execution(id)
        let job = try await job(execution.jobID)
        let handler: String? =
            switch execution.notification {
            case .handler(let name)?: name
            case .webhook?: nil
            case nil: job.action.handler?.name
            }
        let missing = execution.status.isTerminal ? nil : handler.flatMap { handlers[$0] == nil ? $0 : nil }
        return ExecutionExplanation(
            execution: execution, holds: try await context.store.holds(on: id, at: context.clock.now),
            missingHandler: missing, similarHandler: missing.flatMap(handlers.similar),
            isRunning: context.status.isRunning,
            nextTimeout: [.queued, .waiting].contains(execution.status)
                ? await context.store.adaptiveTimeout(of: execution, of: job) : nil)
    }

    /// Returns the scheduled executions of occurrences within the millisecond of a date.
    private func executions(of id: JobID, around date: Date) async throws -> [Execution] {
        var query = ExecutionQuery(
            jobID: id, from: date.millisecondEarlier, to: date.millisecondLater, limit: 1000)
        var executions: [Execution] = []
        repeat {
            let page = try await context.store.executions(query)
            executions += page.items.filter { $0.source == .schedule && $0.scheduledFor.isSameMillisecond(as: date) }
            query.after = page.next
        } while query.after != nil
        return executions
    }

    /// Lists the history of a job, the latest date first: its executions, and the occurrences that did not fire.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - limit: The number of executions in a page, from 1 to 1,000. The skips among them come in addition.
    ///   - cursor: The position of the page, from the previous one; `nil` for the first page.
    /// - Throws: The store's error, also if the limit is out of range.
    public func history(
        of id: JobID, limit: Int = 50, after cursor: HistoryPage.Cursor? = nil
    ) async throws -> HistoryPage {
        let query = ExecutionQuery(
            jobID: id, sort: .scheduledFor, order: .descending, limit: limit, after: cursor?.executions)
        let page = try await context.store.executions(query)
        return HistoryPage(page, skips: try await context.store.skips(of: id), before: cursor?.before)
    }
}
