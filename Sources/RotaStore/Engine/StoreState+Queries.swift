package import Foundation
import RotaCore

extension String {
    /// Whether it contains a text, ignoring case.
    func contains(anyCaseOf text: String) -> Bool {
        text.isEmpty || range(of: text, options: .caseInsensitive) != nil
    }
}

extension StoreState {
    /// Lists executions.
    ///
    /// - Complexity: O(log n + limit) in creation order for all executions, one job or one status, and by nominal date
    ///   for all executions, one job or a range of dates. O(log n) in any order for a range of dates with at most 1,000
    ///   executions. The first list by nominal date of a job with k executions takes O(k log k). Other filters examine
    ///   up to 10,000 executions a page.
    package mutating func executions(_ query: ExecutionQuery) throws(StoreError) -> RecordPage<Execution> {
        try Paging.check(query.limit)
        switch query.sort {
        case .createdAt:
            let place = query.after.map { ExecutionID(bits: $0.bits) }
            let walk = MergedWalk(sets(for: query), query.order, after: place)
            return Paging.page(walk, limit: query.limit, cursor: { PageCursor(after: $0.bits) }) { id in
                executions[id].flatMap { query.lists($0) ? $0 : nil }
            }
        case .scheduledFor:
            let keys = MergedWalk(schedules(for: query), query.order, after: try query.place)
                .lazy.prefix(while: query.isInRange)
            return Paging.page(keys, limit: query.limit, cursor: { PageCursor(after: $0.id.bits, at: $0.date) }) {
                executions[$0.id].flatMap { query.lists($0) ? $0 : nil }
            }
        }
    }

    /// The smallest sets that together contain all executions the query can list.
    func sets(for query: ExecutionQuery) -> [OrderedIndex<ExecutionID>] {
        var best = [executionIndex.order]
        var size = executionIndex.order.count
        func consider(_ sets: [OrderedIndex<ExecutionID>]) {
            let count = sets.reduce(0) { $0 + $1.count }
            if count < size { (best, size) = (sets, count) }
        }
        if let jobs = query.jobs, jobs.count <= Self.mergeLimit {
            consider(jobs.map { histories[$0]?.executions ?? OrderedIndex() })
        }
        if let statuses = query.statuses { consider(statuses.map { executionIndex.executions($0) }) }
        if query.isDeadLetter == true {
            consider(ExecutionStatus.allCases.filter(\.isDead).map { executionIndex.executions($0) })
        }
        if size > Self.rangeLimit, let keys = keysInRange(of: query) {
            consider([OrderedIndex(sorting: keys.map(\.id))])
        }
        return best
    }

    /// The largest number of executions in a range of dates that is examined as a whole.
    private static var rangeLimit: Int { 1000 }

    /// The executions between the dates of a query, or `nil` if it does not give both or there are many.
    private func keysInRange(of query: ExecutionQuery) -> [DueKey<ExecutionID>]? {
        guard let from = query.from, let to = query.to else { return nil }
        let keys = Array(
            executionIndex.schedule.suffix(after: .end(of: from.justBefore)).lazy.prefix { $0.date < to }
                .prefix(Self.rangeLimit + 1))
        return keys.count <= Self.rangeLimit ? keys : nil
    }

    /// The largest number of jobs whose executions are merged.
    ///
    /// For more jobs all executions are examined.
    private static var mergeLimit: Int { 100 }

    /// Sets by nominal date that together contain all executions the query can list.
    private mutating func schedules(for query: ExecutionQuery) -> [OrderedIndex<DueKey<ExecutionID>>] {
        guard let jobs = query.jobs, jobs.count <= Self.mergeLimit, keysInRange(of: query) == nil,
            jobs.reduce(0, { $0 + (histories[$1]?.executions.count ?? 0) }) < executionIndex.schedule.count
        else { return [executionIndex.schedule] }
        return jobs.map { job in
            executionIndex.schedule(of: job) ?? executionIndex.keepSchedule(of: job, schedule(of: job))
        }
    }

    /// The executions of a job by nominal date.
    private func schedule(of job: JobID) -> OrderedIndex<DueKey<ExecutionID>> {
        let keys = histories[job]?.executions.suffix().compactMap { id in
            executions.read(id) { DueKey(date: $0.scheduledFor, id: id) }
        }
        return OrderedIndex(sorting: keys ?? [])
    }
}

extension ExecutionQuery {
    /// The jobs whose executions it lists, if it names any.
    fileprivate var jobs: Set<JobID>? {
        guard let jobID else { return jobIDs }
        return jobIDs.map { $0.intersection([jobID]) } ?? [jobID]
    }

    /// The key after which a list by nominal date continues, or starts.
    fileprivate var place: DueKey<ExecutionID>? {
        get throws(StoreError) {
            guard let after else {
                return switch order {
                case .ascending: from.map { .end(of: $0.justBefore) }
                case .descending: to.map { DueKey(date: $0, id: ExecutionID(bits: 0)) }
                }
            }
            guard let date = after.date else { throw StoreError.foreign(after) }
            return DueKey(date: date, id: ExecutionID(bits: after.bits))
        }
    }

    /// Whether a key is within the dates asked for.
    fileprivate func isInRange(_ key: DueKey<ExecutionID>) -> Bool {
        switch order {
        case .ascending: to.map { key.date < $0 } ?? true
        case .descending: from.map { key.date >= $0 } ?? true
        }
    }

    /// Whether the query lists an execution.
    func lists(_ execution: Execution) -> Bool {
        if let jobs, !jobs.contains(execution.jobID) { return false }
        if let statuses, !statuses.contains(execution.progress.status) { return false }
        if let sources, !sources.contains(execution.source) { return false }
        if let from, execution.scheduledFor < from { return false }
        if let to, execution.scheduledFor >= to { return false }
        if let jobNameContains, !execution.jobName.contains(anyCaseOf: jobNameContains) { return false }
        if let isDeadLetter, execution.isDeadLetter != isDeadLetter { return false }
        if let failureKinds, !(execution.progress.failure.map { failureKinds.contains($0.kind) } ?? false) {
            return false
        }
        guard !tags.isEmpty || batchID != nil || concurrencyKey != nil else { return true }
        let details = execution.details
        if let batchID, details.batchID != batchID { return false }
        if let concurrencyKey, details.concurrencyKey != concurrencyKey { return false }
        return tags.allSatisfy { details.tags?[$0.key] == $0.value }
    }
}

extension StoreState {
    /// The largest number of scopes whose health is kept up to date.
    private static var healthLimit: Int { 100 }

    /// Returns the health of a scope within a window that ends now.
    ///
    /// - Complexity: O(log n) amortized; the first question about a scope reads its history.
    package mutating func health(
        of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date
    ) -> JobHealth {
        if health[scope] == nil {
            if health.count >= Self.healthLimit, let other = health.keys.first { health[other] = nil }
            health[scope] = healthIndex(of: scope)
        }
        return health[scope]?.health(over: window, at: now) ?? JobHealth()
    }

    private func healthIndex(of scope: JobHealth.Scope) -> HealthIndex {
        var index = HealthIndex()
        let ids: [JobID] =
            switch scope {
            case .job(let id): [id]
            case .group(let name): Array(jobIndex.jobs(group: name).suffix())
            case .all: Array(jobOrder.suffix())
            }
        for id in ids {
            guard let history = histories[id] else { continue }
            for execution in history.executions.suffix() {
                if let entry = executions.read(execution, { HealthIndex.Entry($0) }) ?? nil { index.add(entry) }
            }
        }
        return index
    }

    /// Counts an execution that has ended in the scopes that were asked about.
    mutating func countHealth(of id: ExecutionID, _ job: JobID) {
        guard !health.isEmpty else { return }
        guard let entry = executions.read(id, { HealthIndex.Entry($0) }) ?? nil else { return }
        for scope in scopes(of: job) { health[scope]?.add(entry) }
    }

    /// Takes out an execution that is removed.
    mutating func uncountHealth(of id: ExecutionID, _ job: JobID) {
        guard !health.isEmpty else { return }
        for scope in scopes(of: job) { health[scope]?.remove(id) }
    }

    private func scopes(of job: JobID) -> [JobHealth.Scope] {
        let group = jobs.read(job) { $0.hasExtras ? $0.definition.attributes.group : nil } ?? nil
        return [.job(job), .all] + (group.map { [.group($0)] } ?? [])
    }
}
