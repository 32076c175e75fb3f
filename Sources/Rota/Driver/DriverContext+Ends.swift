import Foundation
import RotaStore

extension DriverContext {
    /// Ends the work on an execution that was called off while it ran, if it is done here or is about to be.
    ///
    /// What runs elsewhere is told of it when its lease is renewed.
    func withdraw(_ execution: Execution) {
        guard execution.progress.status == .running, let held = execution.heldLease,
            execution.progress.lease?.owner == owner
        else { return }
        workforce.withdraw(held, because: .requested)
    }

    /// Tells those who wait and those who watch of executions that ended without an attempt, and of what follows.
    func tellEnds(of executions: [Execution], at now: Date) async throws {
        guard !executions.isEmpty else { return }
        // What waited for their ends may be due, notices of them too.
        defer { signal.raise() }
        for execution in executions { ends.ended(execution) }
        events.metrics.ended(executions)
        for execution in executions { events.send(ended: execution, at: now) }
        try await tellConsequences(of: executions.compactMap { RunEnd(withoutAttempt: $0) }, at: now)
    }

    /// Tells of what the ends of runs brought with them: notices, and breakers that opened or closed.
    func tellConsequences(of ends: [RunEnd], at now: Date) async throws {
        var changed: Set<JobID> = []
        for end in ends {
            guard let job = try await store.job(end.run.jobID) else { continue }
            let notifications = job.notifications(of: end.run, at: now)
            if !notifications.isEmpty { events.send(fired: notifications, skips: [], of: job.id, at: now) }
            guard end.changedBreaker(of: job), changed.insert(job.id).inserted else { continue }
            events.changedBreaker(of: job, at: now)
        }
    }
}
