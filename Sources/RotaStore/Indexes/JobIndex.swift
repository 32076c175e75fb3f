/// The indexes behind lists of jobs.
package struct JobIndex: Sendable {
    private struct Tag: Sendable, Hashable {
        let name: String
        let value: String
    }

    package private(set) var order = OrderedIndex<JobID>()
    /// All jobs by name, once they were listed so.
    ///
    /// Derived and never persisted.
    private(set) var names: OrderedIndex<NameKey>?
    private var states = [OrderedIndex<JobID>](repeating: OrderedIndex(), count: 4)
    private var groups: [String: OrderedIndex<JobID>] = [:]
    private var projects: [String: OrderedIndex<JobID>] = [:]
    private var owners: [String: OrderedIndex<JobID>] = [:]
    private var tags: [Tag: OrderedIndex<JobID>] = [:]
    /// The jobs with a slug, by project.
    private var slugs: [String: [String?: JobID]] = [:]

    func jobs(_ state: JobState) -> OrderedIndex<JobID> { states[Self.place(of: state)] }
    func jobs(group: String) -> OrderedIndex<JobID> { groups[group] ?? OrderedIndex() }
    func jobs(declaredBy owner: String) -> OrderedIndex<JobID> { owners[owner] ?? OrderedIndex() }
    func jobs(project: String) -> OrderedIndex<JobID> { projects[project] ?? OrderedIndex() }
    func jobs(tag name: String, _ value: String) -> OrderedIndex<JobID> {
        tags[Tag(name: name, value: value)] ?? OrderedIndex()
    }

    /// The jobs with a slug, at most one for each project.
    func jobs(slug: String) -> OrderedIndex<JobID> {
        var jobs = OrderedIndex<JobID>()
        for id in (slugs[slug] ?? [:]).values { jobs.insert(id) }
        return jobs
    }

    func job(slug: String, project: String?) -> JobID? { slugs[slug]?[project] }

    /// Keeps all jobs by name up to date from now on, for the next page.
    mutating func keepNames(_ all: OrderedIndex<NameKey>) -> OrderedIndex<NameKey> {
        names = all
        return all
    }

    mutating func add(_ job: Job) {
        order.insert(job.id)
        names?.insert(NameKey(of: job))
        states[Self.place(of: job.scheduleState.state)].insert(job.id)
        if let owner = job.declaredBy { owners[owner, default: OrderedIndex()].insert(job.id) }
        guard job.hasExtras else { return }
        let attributes = job.definition.attributes
        if let group = attributes.group { groups[group, default: OrderedIndex()].insert(job.id) }
        if let project = attributes.project { projects[project, default: OrderedIndex()].insert(job.id) }
        for (name, value) in attributes.tags {
            tags[Tag(name: name, value: value), default: OrderedIndex()].insert(job.id)
        }
        if let slug = attributes.slug { slugs[slug, default: [:]][attributes.project] = job.id }
    }

    mutating func remove(_ job: Job) {
        order.remove(job.id)
        names?.remove(NameKey(of: job))
        states[Self.place(of: job.scheduleState.state)].remove(job.id)
        if let owner = job.declaredBy { Self.remove(job.id, from: &owners[owner]) }
        guard job.hasExtras else { return }
        let attributes = job.definition.attributes
        if let group = attributes.group { Self.remove(job.id, from: &groups[group]) }
        if let project = attributes.project { Self.remove(job.id, from: &projects[project]) }
        for (name, value) in attributes.tags { Self.remove(job.id, from: &tags[Tag(name: name, value: value)]) }
        guard let slug = attributes.slug, slugs[slug]?[attributes.project] == job.id else { return }
        slugs[slug]?[attributes.project] = nil
        if slugs[slug]?.isEmpty ?? false { slugs[slug] = nil }
    }

    mutating func move(_ id: JobID, from old: JobState, to new: JobState) {
        guard old != new else { return }
        states[Self.place(of: old)].remove(id)
        states[Self.place(of: new)].insert(id)
    }

    private static func remove(_ id: JobID, from index: inout OrderedIndex<JobID>?) {
        index?.remove(id)
        if index?.isEmpty ?? false { index = nil }
    }

    private static func place(of state: JobState) -> Int {
        switch state {
        case .draft: 0
        case .active: 1
        case .paused: 2
        case .completed: 3
        }
    }
}

/// A key that orders jobs by name in any case, and jobs with one name by their identifiers.
struct NameKey: Comparable, Sendable {
    let name: String
    let id: JobID

    init(name: String, id: JobID) {
        self.name = name
        self.id = id
    }

    init(of job: Job) {
        self.init(name: JobQuery.sortName(of: job.definition), id: job.id)
    }

    static func < (left: NameKey, right: NameKey) -> Bool {
        left.name == right.name ? left.id < right.id : left.name < right.name
    }
}
