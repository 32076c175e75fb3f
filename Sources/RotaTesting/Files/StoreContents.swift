import Foundation
package import RotaStore

/// All that a store shows of itself.
package struct StoreContents: Equatable {
    package var jobs: [Job] = []
    package var executions: [Execution] = []
    package var skips: [JobID: [SkippedOccurrence]] = [:]
    package var versions: [JobID: [JobVersion]] = [:]
    package var dependencies: [JobID: [JobDependency]] = [:]

    /// What the state machine holds.
    package init(_ state: StoreState) {
        jobs = state.jobs.values.sorted { $0.id < $1.id }
        executions = state.executions.values.sorted { $0.id < $1.id }
        for job in jobs {
            skips[job.id] = state.histories[job.id]?.skips ?? []
            versions[job.id] = state.versions(of: job.id)
            dependencies[job.id] = state.dependencies(of: job.id)
        }
    }

    /// What a store answers, page by page.
    package init(_ store: some JobStore) async throws {
        var after: PageCursor?
        repeat {
            let page = try await store.jobs(JobQuery(limit: 100, after: after))
            jobs += page.items
            after = page.next
        } while after != nil
        repeat {
            let page = try await store.executions(ExecutionQuery(order: .ascending, limit: 100, after: after))
            executions += page.items
            after = page.next
        } while after != nil
        for job in jobs {
            skips[job.id] = try await store.skips(of: job.id)
            versions[job.id] = try await store.versions(of: job.id)
            dependencies[job.id] = try await store.dependencies(of: job.id)
        }
    }
}
