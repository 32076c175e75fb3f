import Rota
import RotaHTTP
import RotaStore

// Lists of executions as several services show them: after a cursor, and without notifications, which are
// executions of the same job but no runs of it.
extension APICall {
    /// Reads a page of executions.
    ///
    /// - Parameters:
    ///   - query: Which executions. Its limit has no effect.
    ///   - limit: How many to return at most.
    ///   - isShown: Whether an execution belongs to the list, for what the query cannot say.
    func runs(
        _ query: ExecutionQuery, limit: Int, where isShown: (Execution) -> Bool = { _ in true }
    ) async throws -> RecordPage<Execution> {
        var query = query
        var found: [Execution] = []
        repeat {
            try checkTime()
            // No more than are missing, so that the store's cursor follows the last one that is returned.
            query.limit = limit - found.count
            let page = try await scheduler.executions(query)
            found += page.items.filter { $0.source != .notification && isShown($0) }
            query.after = page.next
        } while query.after != nil && found.count < limit
        return RecordPage(items: found, next: query.after)
    }

    /// Reads all jobs of a query.
    ///
    /// - Parameter query: Which jobs. Its limit has no effect.
    func allJobs(_ query: JobQuery = JobQuery()) async throws -> [Job] {
        var query = query
        query.limit = 1_000
        var found: [Job] = []
        repeat {
            try checkTime()
            let page = try await scheduler.jobs(query)
            found += page.items
            query.after = page.next
        } while query.after != nil
        return found
    }

    /// Where a list continues.
    func cursor() throws(APIError) -> PageCursor? {
        guard let text = query.text("cursor") else { return nil }
        guard let cursor = PageCursor(text) else {
            throw .invalid("cursor", "cursor must be the one of an earlier page.")
        }
        return cursor
    }

    /// Whether work of a job is unfinished.
    ///
    /// Notifications do not count.
    func hasActiveRuns(_ id: JobID) async throws -> Bool {
        let query = ExecutionQuery(jobID: id, statuses: [.queued, .running, .waiting])
        return try await !runs(query, limit: 1).items.isEmpty
    }
}
