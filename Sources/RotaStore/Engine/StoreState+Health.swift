package import Foundation

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
            health[scope] = ledger(of: scope)
        }
        return health[scope]?.health(over: window, at: now) ?? JobHealth()
    }

    private func ledger(of scope: JobHealth.Scope) -> HealthLedger {
        var ledger = HealthLedger()
        let ids: [JobID] =
            switch scope {
            case .job(let id): [id]
            case .group(let name): Array(jobIndex.jobs(group: name).suffix())
            case .all: Array(jobOrder.suffix())
            }
        for id in ids {
            guard let history = histories[id] else { continue }
            for execution in history.executions.suffix() {
                if let entry = executions.read(execution, { HealthLedger.Entry($0) }) ?? nil { ledger.add(entry) }
            }
        }
        return ledger
    }

    /// Counts an execution that has ended in the scopes that were asked about.
    mutating func countHealth(of id: ExecutionID, _ job: JobID) {
        guard !health.isEmpty else { return }
        guard let entry = executions.read(id, { HealthLedger.Entry($0) }) ?? nil else { return }
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
