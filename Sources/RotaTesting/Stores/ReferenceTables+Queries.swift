import Foundation
package import RotaStore

extension ReferenceTables {
    package func jobs(_ query: JobQuery) throws(StoreError) -> Page<Job> {
        try requireLimit(query.limit)
        let found = jobs.filter { job in
            query.states.map { $0.contains(job.position.state) } ?? true
                && query.nameContains.map { name(job.definition.name, contains: $0) } ?? true
        }
        return page(found.sorted { $0.id < $1.id }, after: query.after, limit: query.limit)
    }

    package func executions(_ query: ExecutionQuery) throws(StoreError) -> Page<Execution> {
        try requireLimit(query.limit)
        let found = executions.filter { execution in
            query.jobID.map { $0 == execution.jobID } ?? true
                && query.statuses.map { $0.contains(execution.progress.status) } ?? true
                && query.from.map { $0 <= execution.scheduledFor } ?? true
                && query.to.map { $0 > execution.scheduledFor } ?? true
                && query.jobNameContains.map { name(execution.jobName, contains: $0) } ?? true
        }
        let isAscending = query.order == .ascending
        return page(
            found.sorted { isAscending ? $0.id < $1.id : $1.id < $0.id }, after: query.after, limit: query.limit,
            isAscending: isAscending)
    }

    private func page<Item: Identifiable & Sendable>(
        _ items: [Item], after cursor: PageCursor?, limit: Int, isAscending: Bool = true
    ) -> Page<Item> where Item.ID: RecordID {
        let rest = items.drop { item in
            cursor.map { isAscending ? item.id.bits <= $0.bits : item.id.bits >= $0.bits } ?? false
        }
        let page = Array(rest.prefix(limit))
        return Page(
            items: page, next: rest.count > limit ? page.last.map { PageCursor(after: $0.id.bits) } : nil)
    }

    private func requireLimit(_ limit: Int) throws(StoreError) {
        guard (1...1000).contains(limit) else {
            throw StoreError(.invalidQuery, "A page has from 1 to 1,000 records, not \(limit).")
        }
    }

    private func name(_ name: String, contains text: String) -> Bool {
        text.isEmpty || name.range(of: text, options: .caseInsensitive) != nil
    }
}
