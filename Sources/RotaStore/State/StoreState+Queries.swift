import Foundation

extension StoreState {
    package func jobs(_ query: JobQuery) throws(StoreError) -> Page<Job> {
        try checkLimit(query.limit)
        return page(jobOrder.suffix(after: query.after.map { JobID(bits: $0.bits) }), limit: query.limit) { id in
            guard let job = jobs[id] else { return nil }
            if let states = query.states, !states.contains(job.position.state) { return nil }
            if let text = query.nameContains, !contains(job.definition.name, text) { return nil }
            return job
        }
    }

    package func executions(_ query: ExecutionQuery) throws(StoreError) -> Page<Execution> {
        try checkLimit(query.limit)
        let index = query.jobID.map { histories[$0]?.executions ?? OrderedIndex() } ?? executionOrder
        let after = query.after.map { ExecutionID(bits: $0.bits) }
        let select = { (id: ExecutionID) -> Execution? in
            guard let execution = executions[id] else { return nil }
            if let statuses = query.statuses, !statuses.contains(execution.progress.status) { return nil }
            if let from = query.from, execution.scheduledFor < from { return nil }
            if let to = query.to, execution.scheduledFor >= to { return nil }
            if let text = query.jobNameContains, !contains(execution.jobName, text) { return nil }
            return execution
        }
        return switch query.order {
        case .ascending: page(index.suffix(after: after), limit: query.limit, select)
        case .descending: page(index.prefixReversed(before: after), limit: query.limit, select)
        }
    }

    private func page<ID: RecordID, Item: Sendable>(
        _ ids: some Sequence<ID>, limit: Int, _ select: (ID) -> Item?
    ) -> Page<Item> {
        var items: [Item] = []
        var last: ID?
        for id in ids {
            guard let item = select(id) else { continue }
            if items.count == limit { return Page(items: items, next: last.map { PageCursor(after: $0.bits) }) }
            items.append(item)
            last = id
        }
        return Page(items: items, next: nil)
    }

    private func contains(_ name: String, _ text: String) -> Bool {
        text.isEmpty || name.range(of: text, options: .caseInsensitive) != nil
    }

    private func checkLimit(_ limit: Int) throws(StoreError) {
        guard (1...1000).contains(limit) else {
            throw StoreError(.invalidQuery, "A page cannot have \(limit) items; its limit is from 1 to 1,000.")
        }
    }
}
