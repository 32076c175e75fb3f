import RotaCore
public import RotaStore

// Dead letters: executions that failed or expired for good, and that were neither replayed nor
// discarded. They are kept as long as the job's retention keeps its failed executions.

extension Scheduler {
    /// Lists dead letters, the newest first.
    ///
    /// ```swift
    /// for letter in try await scheduler.deadLetters(ExecutionQuery(jobID: job.id)).items {
    ///     print(letter.jobName, letter.failure?.message ?? "expired")
    /// }
    /// ```
    ///
    /// - Parameter query: Which of them: by job, tags, failure kinds, dates and so on.
    /// - Throws: The store's error.
    public func deadLetters(_ query: ExecutionQuery = ExecutionQuery()) async throws -> RecordPage<Execution> {
        try await context.store.executions(query.ofDeadLetters)
    }

    /// Counts the dead letters that a query lists.
    ///
    /// - Parameter query: Which of them. Its order, limit and cursor have no effect.
    /// - Throws: The store's error.
    /// - Complexity: O(n) in the number of dead letters.
    public func countDeadLetters(_ query: ExecutionQuery = ExecutionQuery()) async throws -> Int {
        var count = 0
        try await forEachDeadLetter(query) { count += $0.count }
        return count
    }

    /// Replays all dead letters that a query lists, like ``replay(_:idempotencyKey:author:)``.
    ///
    /// Up to 1,000 are replayed in one step of the store; more take another step each. A dead letter is replayed once,
    /// even if the call is repeated or made twice at the same time.
    ///
    /// - Parameters:
    ///   - query: Which of them. Its order, limit and cursor have no effect.
    ///   - author: The author of the replays, if it is to be recorded.
    /// - Returns: The replays, in the order in which the dead letters were created.
    /// - Throws: ``SchedulerError`` with code `invalidRequest` for the author; or the store's error, after which the
    ///   replays before it remain done.
    @discardableResult
    public func replayDeadLetters(
        matching query: ExecutionQuery = ExecutionQuery(), author: String? = nil
    ) async throws -> [Execution] {
        try FieldCheck(code: .invalidRequest).length(of: author, "The author", 1...255)
        try await context.prepareIDs()
        var replays: [Execution] = []
        try await forEachDeadLetter(query) { letters in
            replays += try await replay(letters, author: author)
        }
        return replays
    }

    /// Replays dead letters in one step, without those whose job is deleted meanwhile: they are gone too.
    private func replay(_ letters: [Execution], author: String?) async throws -> [Execution] {
        var jobs: [JobID: Job] = [:]
        while true {
            let known = jobs.count
            jobs = [:]
            for id in Set(letters.map(\.jobID)) { jobs[id] = try await context.store.job(id) }
            let executions = letters.compactMap { letter in
                jobs[letter.jobID].map {
                    replay(of: letter, by: $0, idempotencyKey: "replay of \(letter.id)", author: author)
                }
            }
            guard let first = executions.first else { return [] }
            do {
                return try await enqueue(executions, of: first.jobID).map(\.execution)
            } catch let error as SchedulerError where error.code == .jobNotFound && jobs.count != known {
                // One of the jobs was deleted since they were read: each turn has fewer of them.
                continue
            }
        }
    }

    /// Discards all dead letters that a query lists.
    ///
    /// They stay in the history as failed or expired.
    ///
    /// - Parameter query: Which of them. Its order, limit and cursor have no effect.
    /// - Returns: The number of executions that were discarded.
    /// - Throws: The store's error, after which the steps before it remain done.
    @discardableResult
    public func discardDeadLetters(matching query: ExecutionQuery = ExecutionQuery()) async throws -> Int {
        var count = 0
        let now = context.clock.now
        try await forEachDeadLetter(query) { letters in
            let outcomes = try await context.store.discard(letters.map(\.id), at: now)
            count += try outcomes.matching(letters.count, requestsTo: "discard").count { $0 }
        }
        return count
    }

    /// Discards a dead letter.
    ///
    /// - Returns: The execution, with its `resolution`.
    /// - Throws: ``SchedulerError`` with code `executionNotFound`, or `illegalState` if it has not failed or expired;
    ///   or the store's error.
    @discardableResult
    public func discardDeadLetter(_ id: ExecutionID) async throws -> Execution {
        _ = try await context.store.discard([id], at: context.clock.now)
        let execution = try await execution(id)
        guard execution.progress.resolution != nil else {
            throw SchedulerError(
                .illegalState,
                "Execution \(id) is \(execution.status.rawValue). Only failed and expired executions can be discarded.",
                value: execution.status.rawValue)
        }
        return execution
    }

    /// Passes all dead letters of a query on that exist now, the oldest first, up to 1,000 at a time.
    private func forEachDeadLetter(
        _ query: ExecutionQuery, _ body: ([Execution]) async throws -> Void
    ) async throws {
        var query = query.ofDeadLetters
        (query.sort, query.order, query.limit, query.after) = (.createdAt, .ascending, 1000, nil)
        try await context.prepareIDs()
        // Executions that are created from here on are left out: a replay may be a dead letter soon.
        let end = ExecutionID(bits: context.ids.makeID(at: context.clock.now))
        repeat {
            let page = try await context.store.executions(query)
            let letters = page.items.filter { $0.id < end }
            for batch in letters.batches { try await body(batch) }
            query.after = letters.count < page.items.count ? nil : page.next
        } while query.after != nil
    }
}

extension [Execution] {
    /// The executions in batches that one step of a store can record: up to 16 MiB, but at least one each.
    fileprivate var batches: [[Execution]] {
        var batches: [[Execution]] = []
        var (begin, bytes) = (startIndex, 0)
        for place in indices {
            let size = self[place].progress.savedBytes
            if bytes + size > StoreState.largeCommit, place > begin {
                batches.append(Array(self[begin..<place]))
                (begin, bytes) = (place, 0)
            }
            bytes += size
        }
        return begin < endIndex ? batches + [Array(self[begin...])] : batches
    }
}

extension ExecutionQuery {
    /// The query, of dead letters only.
    fileprivate var ofDeadLetters: ExecutionQuery {
        var query = self
        query.isDeadLetter = true
        return query
    }
}
