import Foundation

// Lists of jobs, each order from an index: of identifiers, of names, or of due dates.

extension StoreState {
    /// The job with a slug, in a project or in none.
    package func job(slug: String, project: String?) -> Job? {
        jobIndex.job(slug: slug, project: project).flatMap { jobs[$0] }
    }

    /// Lists jobs.
    ///
    /// - Complexity: O(log n + limit) for all jobs in each order, and in creation order for one state, group, project,
    ///   owner, tag or slug; by name or next run, O(k log k) if one of these has k jobs, at most 1,000. The first list
    ///   by name of more of n jobs takes O(n log n). Other filters examine up to 10,000 jobs a page.
    package mutating func jobs(_ query: JobQuery) throws(StoreError) -> RecordPage<Job> {
        try Paging.check(query.limit)
        let sets = sets(for: query)
        switch query.sort {
        case .createdAt:
            let walk = MergedWalk(sets, query.order, after: query.after.map { JobID(bits: $0.bits) })
            return page(walk, of: query, cursor: { PageCursor(after: $0.bits) }) { id in jobs[id] }
        case .name:
            let walk = MergedWalk([names(in: sets)], query.order, after: try query.namePlace)
            return page(walk, of: query, cursor: { PageCursor(after: $0.id.bits, named: $0.name) }) { jobs[$0.id] }
        case .nextRun:
            let walk = runs(in: sets, of: query, after: try query.datePlace)
            return page(walk, of: query, cursor: { PageCursor(after: $0.id.bits, at: $0.date) }) { key in
                // Of a job that is due but does not run, such as a paused one, the walk has two keys.
                jobs[key.id].flatMap { query.sortDate(of: $0).inOrder == key.date ? $0 : nil }
            }
        }
    }

    private func page<Key>(
        _ keys: some Sequence<Key>, of query: JobQuery, cursor: (Key) -> PageCursor, _ job: (Key) -> Job?
    ) -> RecordPage<Job> {
        Paging.page(keys, limit: query.limit, cursor: cursor) { key in
            job(key).flatMap { query.lists($0) ? $0 : nil }
        }
    }

    /// The largest number of jobs that are sorted for a page; for more, all jobs are examined in an index's order.
    private static var sortLimit: Int { 1_000 }

    /// The jobs of some sets, unless they are many or all.
    private func few(in sets: [OrderedIndex<JobID>]) -> MergedWalk<JobID>? {
        let count = sets.reduce(0) { $0 + $1.count }
        return count <= Self.sortLimit && count < jobOrder.count ? MergedWalk(sets, .ascending, after: nil) : nil
    }

    /// Names that include those of all jobs in some sets.
    private mutating func names(in sets: [OrderedIndex<JobID>]) -> OrderedIndex<NameKey> {
        func keys(of ids: some Sequence<JobID>) -> OrderedIndex<NameKey> {
            OrderedIndex(
                sorting: ids.compactMap { id in
                    self.jobs.read(id) { NameKey(name: JobQuery.sortName(of: $0.definition), id: id) }
                })
        }
        if let few = few(in: sets) { return keys(of: few) }
        return jobIndex.names ?? jobIndex.keepNames(keys(of: jobOrder.suffix()))
    }

    /// Next runs that include those of all jobs in some sets, after a key.
    private func runs(
        in sets: [OrderedIndex<JobID>], of query: JobQuery, after place: DueKey<JobID>?
    ) -> AnySequence<DueKey<JobID>> {
        let (order, never) = (query.order, query.never)
        if let few = few(in: sets) {
            let keys = few.compactMap { id in
                jobs.read(id) { DueKey(date: $0.nextRunAt ?? never, id: id) }
            }
            return AnySequence(MergedWalk([OrderedIndex(sorting: keys)], order, after: place))
        }
        // The jobs with a date, and those without one, which follow in the order of their identifiers.
        let dated = AnySequence(MergedWalk([dueJobs], order, after: place))
        let isAmongIdle = place?.date == never
        let idle = AnySequence(
            MergedWalk(sets, order, after: isAmongIdle ? place?.id : nil).lazy
                .map { DueKey(date: never, id: $0) })
        return AnySequence([dated, idle].lazy.joined())
    }

    /// The smallest sets that together contain all jobs the query can list.
    private func sets(for query: JobQuery) -> [OrderedIndex<JobID>] {
        if let ids = query.ids {
            return [OrderedIndex(sorting: ids)]
        }
        var choices = [[jobOrder]]
        if let slug = query.slug { choices.append([jobIndex.jobs(slug: slug)]) }
        if let owner = query.declaredBy { choices.append([jobIndex.jobs(declaredBy: owner)]) }
        if let group = query.group { choices.append([jobIndex.jobs(group: group)]) }
        if let project = query.project { choices.append([jobIndex.jobs(project: project)]) }
        if let states = query.states { choices.append(states.map { jobIndex.jobs($0) }) }
        for (name, value) in query.tags { choices.append([jobIndex.jobs(tag: name, value)]) }
        return choices.smallest
    }
}

extension [[OrderedIndex<JobID>]] {
    fileprivate var smallest: [OrderedIndex<JobID>] {
        self.min { $0.reduce(0) { $0 + $1.count } < $1.reduce(0) { $0 + $1.count } } ?? []
    }
}

extension JobQuery {
    /// The key after which a list by name continues.
    fileprivate var namePlace: NameKey? {
        get throws(StoreError) {
            guard let after else { return nil }
            guard let name = after.name else { throw StoreError.foreign(after) }
            return NameKey(name: name, id: JobID(bits: after.bits))
        }
    }

    /// The key after which a list by next run continues.
    fileprivate var datePlace: DueKey<JobID>? {
        get throws(StoreError) {
            guard let after else { return nil }
            guard let date = after.date else { throw StoreError.foreign(after) }
            return DueKey(date: date, id: JobID(bits: after.bits))
        }
    }

    /// Whether the query lists a job.
    fileprivate func lists(_ job: Job) -> Bool {
        if let ids, !ids.contains(job.id) { return false }
        if let states, !states.contains(job.scheduleState.state) { return false }
        if let nameContains, !job.definition.name.contains(anyCaseOf: nameContains) { return false }
        if let declaredBy, job.declaredBy != declaredBy { return false }
        guard !tags.isEmpty || group != nil || project != nil || environment != nil || slug != nil else { return true }
        let attributes = job.definition.attributes
        if let group, attributes.group != group { return false }
        if let project, attributes.project != project { return false }
        if let environment, attributes.environment != environment { return false }
        if let slug, attributes.slug != slug { return false }
        return tags.allSatisfy { attributes.tags[$0.key] == $0.value }
    }
}
