import RotaStore

/// Looks for jobs that call handlers which are not registered.
struct MissingHandlers: Sendable {
    let store: any JobStore
    let handlers: HandlerRegistry

    /// The most jobs that are looked at, so that a start never takes long.
    static let examinedLimit = 10_000
    /// The most jobs that are named for one handler.
    static let namedLimit = 20

    /// Reads the jobs.
    ///
    /// - Returns: For each missing handler, in the order of names, the jobs that call it, the oldest first.
    func find() async throws -> [(name: String, jobs: [JobID])] {
        var missing: [String: [JobID]] = [:]
        var query = JobQuery(limit: 1000)
        for _ in 0..<(Self.examinedLimit / 1000) {
            let page = try await store.jobs(query)
            for job in page.items where job.scheduleState.state != .completed {
                for name in job.definition.handlerNames where handlers[name] == nil {
                    if missing[name, default: []].count < Self.namedLimit { missing[name, default: []].append(job.id) }
                }
            }
            guard let next = page.next else { break }
            query.after = next
        }
        return missing.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension JobDefinition {
    /// The handlers that the job needs: its own and those of its notices.
    var handlerNames: Set<String> {
        var names = Set(
            notifications.compactMap { rule -> String? in
                guard case .handler(let name) = rule.channel else { return nil }
                return name
            })
        if let own = action.handler?.name { names.insert(own) }
        return names
    }
}
