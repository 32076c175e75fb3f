public import RotaStore

extension Scheduler {
    /// Pauses jobs one after another, as ``pause(_:reason:until:author:idempotencyKey:)`` does (S-5).
    ///
    /// - Returns: The jobs as they are now, and those that were refused or could not be stored; the call may be repeated.
    public func pause(
        _ ids: [JobID], reason: String? = nil, author: String? = nil
    ) async throws -> BulkChangeResult {
        await each(ids) { try await self.pause($0, reason: reason, author: author) }
    }

    /// Resumes jobs one after another, as ``resume(_:author:idempotencyKey:)`` does (S-4).
    ///
    /// - Returns: The jobs as they are now, and those that were refused or could not be stored; the call may be repeated.
    public func resume(_ ids: [JobID], author: String? = nil) async throws -> BulkChangeResult {
        await each(ids) { try await self.resume($0, author: author) }
    }

    /// Pauses all active jobs that a query selects, such as those of a group (S-20).
    ///
    /// - Parameters:
    ///   - query: Which jobs; its limit is the number read at a time, not of jobs in all.
    ///   - reason: Why, in words.
    ///   - author: Who pauses them, if that is to be remembered.
    /// - Returns: The jobs that were paused, as they are now; a job that is created meanwhile may be missing.
    /// - Throws: The store's error if the jobs cannot be listed; then none was paused.
    public func pauseAll(
        _ query: JobQuery, reason: String? = nil, author: String? = nil
    ) async throws -> BulkChangeResult {
        let ids = try await ids(of: query, in: .active)
        return try await pause(ids, reason: reason, author: author)
    }

    /// Resumes all paused jobs that a query selects, such as those of a group (S-20).
    ///
    /// - Parameters:
    ///   - query: Which jobs; its limit is the number read at a time, not of jobs in all.
    ///   - author: Who resumes them, if that is to be remembered.
    /// - Returns: The jobs that were resumed, as they are now.
    /// - Throws: The store's error if the jobs cannot be listed; then none was resumed.
    public func resumeAll(_ query: JobQuery, author: String? = nil) async throws -> BulkChangeResult {
        try await resume(ids(of: query, in: .paused), author: author)
    }

    private func ids(of query: JobQuery, in state: JobState) async throws -> [JobID] {
        var query = query
        guard query.states?.contains(state) ?? true else { return [] }
        query.states = [state]
        var ids: [JobID] = []
        repeat {
            let page = try await context.store.jobs(query)
            ids += page.items.map(\.id)
            query.after = page.next
        } while query.after != nil
        return ids
    }

    private func each(_ ids: [JobID], _ body: (JobID) async throws -> Job) async -> BulkChangeResult {
        var batch = BulkChangeResult()
        for id in ids {
            do { batch.jobs.append(try await body(id)) } catch {
                batch.refusals.append(BulkChangeResult.Refusal(jobID: id, error: error))
            }
        }
        return batch
    }
}
