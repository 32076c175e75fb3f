import Rota
import RotaHTTP
import RotaStore

// Lists, after a cursor or from an offset on. Those that services show leave out notifications, which are executions of
// the same job but no runs of it.
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

    /// Reads a page of jobs, and fills it.
    ///
    /// - Parameters:
    ///   - query: Which jobs. Its limit has no effect.
    ///   - limit: How many to return at most.
    func page(of query: JobQuery, limit: Int) async throws -> RecordPage<Job> {
        var query = query
        var found: [Job] = []
        repeat {
            try checkTime()
            query.limit = limit - found.count
            let page = try await scheduler.jobs(query)
            found += page.items
            query.after = page.next
        } while query.after != nil && found.count < limit
        return RecordPage(items: found, next: query.after)
    }

    /// Reads all jobs of a query, or the first that fit.
    ///
    /// - Parameters:
    ///   - query: Which jobs. Its limit has no effect.
    ///   - limit: The number of jobs after which no other page is read.
    ///   - fits: Whether to take a job.
    func allJobs(
        _ query: JobQuery = JobQuery(), atLeast limit: Int = .max, where fits: (Job) -> Bool = { _ in true }
    ) async throws -> [Job] {
        var query = query
        query.limit = 1_000
        var found: [Job] = []
        repeat {
            try checkTime()
            let page = try await scheduler.jobs(query)
            found += page.items.filter(fits)
            query.after = page.next
        } while query.after != nil && found.count < limit
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

    /// Reads the jobs of a query from an offset on.
    ///
    /// - Returns: The jobs, at most `limit`, and whether there are more.
    func jobs(
        _ query: JobQuery, offset: Int = 0, limit: Int, where isShown: (Job) async throws -> Bool = { _ in true }
    ) async throws -> (items: [Job], hasMore: Bool) {
        var query = query
        return try await page(offset: offset, limit: limit) { limit, cursor in
            (query.limit, query.after) = (limit, cursor)
            var page = try await scheduler.jobs(query)
            var shown: [Job] = []
            for job in page.items where try await isShown(job) { shown.append(job) }
            page.items = shown
            return page
        }
    }

    /// Reads the executions of a query from an offset on.
    func runs(
        _ query: ExecutionQuery, offset: Int, limit: Int
    ) async throws -> (items: [Execution], hasMore: Bool) {
        var query = query
        return try await page(offset: offset, limit: limit) { limit, cursor in
            (query.limit, query.after) = (limit, cursor)
            var page = try await scheduler.executions(query)
            page.items.removeAll { $0.source == .notification }
            return page
        }
    }

    /// Skips `offset` records and returns the next ones.
    ///
    /// A page of the store may hold less than it was asked for.
    private func page<Item: Sendable>(
        offset: Int, limit: Int, _ read: (_ limit: Int, _ after: PageCursor?) async throws -> RecordPage<Item>
    ) async throws -> (items: [Item], hasMore: Bool) {
        var toSkip = offset
        var items: [Item] = []
        var cursor: PageCursor?
        repeat {
            try checkTime()
            let wanted = min(1_000, toSkip + limit - items.count + 1)
            let page = try await read(wanted, cursor)
            let skipped = min(toSkip, page.items.count)
            toSkip -= skipped
            items += page.items.dropFirst(skipped)
            cursor = page.next
        } while cursor != nil && items.count <= limit
        return (Array(items.prefix(limit)), items.count > limit)
    }
}
