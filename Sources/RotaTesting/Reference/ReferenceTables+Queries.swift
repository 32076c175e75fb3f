import Foundation
package import RotaStore

extension ReferenceTables {
    package func jobs(_ query: JobQuery) throws(StoreError) -> RecordPage<Job> {
        try requireLimit(query.limit)
        let found = jobs.filter { job in
            let attributes = job.definition.attributes
            return allows(query.ids, job.id) && allows(query.states, job.scheduleState.state)
                && name(job.definition.name, contains: query.nameContains)
                && query.tags.allSatisfy { attributes.tags[$0] == $1 } && allows(query.group, attributes.group)
                && allows(query.project, attributes.project) && allows(query.environment, attributes.environment)
                && allows(query.slug, attributes.slug) && allows(query.declaredBy, job.declaredBy)
        }
        if let cursor = query.after {
            switch query.sort {
            case .createdAt: break
            case .name: if cursor.name == nil { throw StoreError.foreign(cursor) }
            case .nextRun: if cursor.date == nil { throw StoreError.foreign(cursor) }
            }
        }
        let key: (Job) -> Place =
            switch query.sort {
            case .createdAt: { Place(id: $0.id.bits) }
            case .name: { Place(name: JobQuery.sortName(of: $0.definition), id: $0.id.bits) }
            case .nextRun: { Place(date: query.sortDate(of: $0), id: $0.id.bits) }
            }
        return page(found, key: key, query.order, after: query.after, limit: query.limit)
    }

    package func executions(_ query: ExecutionQuery) throws(StoreError) -> RecordPage<Execution> {
        try requireLimit(query.limit)
        let found = executions.filter { lists($0, query) }
        let isByDate = query.sort == .scheduledFor
        return page(
            found, key: { Place(date: isByDate ? $0.scheduledFor : nil, id: $0.id.bits) }, query.order,
            after: query.after, limit: query.limit)
    }

    /// Whether an execution meets the conditions of a query.
    func lists(_ execution: Execution, _ query: ExecutionQuery) -> Bool {
        allows(query.jobID, execution.jobID) && allows(query.jobIDs, execution.jobID)
            && allows(query.statuses, execution.progress.status) && allows(query.sources, execution.source)
            && query.from.map { $0 <= execution.scheduledFor } ?? true
            && query.to.map { $0 > execution.scheduledFor } ?? true
            && name(execution.jobName, contains: query.jobNameContains)
            && query.tags.allSatisfy { execution.details.tags?[$0] == $1 }
            && allows(query.batchID, execution.details.batchID)
            && allows(query.concurrencyKey, execution.details.concurrencyKey)
            && allows(query.isDeadLetter, execution.isDeadLetter)
            && query.failureKinds.map { kinds in execution.failure.map { kinds.contains($0.kind) } ?? false } ?? true
    }

    private func allows<Value>(_ wanted: Value?, _ value: Value?) -> Bool where Value: Equatable {
        wanted == nil || wanted == value
    }

    private func allows<Value>(_ wanted: Set<Value>?, _ value: Value) -> Bool {
        wanted.map { $0.contains(value) } ?? true
    }

    private func name(_ name: String, contains text: String?) -> Bool {
        guard let text, !text.isEmpty else { return true }
        return name.range(of: text, options: .caseInsensitive) != nil
    }

    private func requireLimit(_ limit: Int) throws(StoreError) {
        guard (1...1000).contains(limit) else {
            throw StoreError(.invalidQuery, "A page must have 1 to 1,000 records, not \(limit).")
        }
    }

    // MARK: Pages

    /// The sort key of a record in a list.
    private struct Place: Comparable {
        var date: Date?
        var name: String?
        var id: UInt128

        static func < (lhs: Place, rhs: Place) -> Bool {
            let dates = (lhs.date ?? .distantPast, rhs.date ?? .distantPast)
            let names = (lhs.name ?? "", rhs.name ?? "")
            return (dates.0, names.0, lhs.id) < (dates.1, names.1, rhs.id)
        }
    }

    private func page<Item: Sendable>(
        _ items: [Item], key: (Item) -> Place, _ order: RotaStore.ListOrder, after cursor: PageCursor?, limit: Int
    ) -> RecordPage<Item> {
        let isBefore: (Place, Place) -> Bool = order == .ascending ? { $0 < $1 } : { $1 < $0 }
        let start = cursor.map { Place(date: $0.date, name: $0.name, id: $0.bits) }
        let rest = items.filter { item in start.map { isBefore($0, key(item)) } ?? true }
            .sorted { isBefore(key($0), key($1)) }
        let page = Array(rest.prefix(limit))
        let last = page.last.map { key($0) }
        return RecordPage(
            items: page,
            next: rest.count > limit ? last.map { PageCursor(after: $0.id, at: $0.date, named: $0.name) } : nil)
    }
}
