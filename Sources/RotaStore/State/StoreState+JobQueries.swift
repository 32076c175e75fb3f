import Foundation

extension StoreState {
    /// Lists jobs.
    ///
    /// - Complexity: O(log n + limit) for one state, group, project, tag or slug; other filters look at up to 10,000
    ///   jobs a page.
    package func jobs(_ query: JobQuery) throws(StoreError) -> RecordPage<Job> {
        try Paging.check(query.limit)
        let walk = Walk(sets(for: query), query.order, after: query.after.map { JobID(bits: $0.bits) })
        return Paging.page(walk, limit: query.limit, cursor: { PageCursor(after: $0.bits) }) { id in
            jobs[id].flatMap { query.lists($0) ? $0 : nil }
        }
    }

    /// The smallest sets that hold all jobs asked for.
    private func sets(for query: JobQuery) -> [OrderedIndex<JobID>] {
        if let ids = query.ids {
            var set = OrderedIndex<JobID>()
            for id in ids.sorted() { set.insert(id) }
            return [set]
        }
        var choices = [[jobIndex.order]]
        if let slug = query.slug { choices.append([jobIndex.jobs(slug: slug)]) }
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
    /// Whether the query lists a job.
    fileprivate func lists(_ job: Job) -> Bool {
        if let ids, !ids.contains(job.id) { return false }
        if let states, !states.contains(job.scheduleState.state) { return false }
        if let nameContains, !job.definition.name.contains(anyCaseOf: nameContains) { return false }
        guard !tags.isEmpty || group != nil || project != nil || environment != nil || slug != nil else { return true }
        let attributes = job.definition.attributes
        if let group, attributes.group != group { return false }
        if let project, attributes.project != project { return false }
        if let environment, attributes.environment != environment { return false }
        if let slug, attributes.slug != slug { return false }
        return tags.allSatisfy { attributes.tags[$0.key] == $0.value }
    }
}

extension String {
    /// Whether a text is part of this one, whatever the case.
    func contains(anyCaseOf text: String) -> Bool {
        text.isEmpty || range(of: text, options: .caseInsensitive) != nil
    }
}
