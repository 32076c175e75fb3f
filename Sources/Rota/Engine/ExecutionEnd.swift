import Foundation
import RotaStore
import Synchronization

/// An execution that has just ended, and what may follow: notifications, or a breaker that opens or closes.
struct ExecutionEnd {
    let execution: Execution
    /// The job as it was when the attempt began; `nil` if the execution ended without an attempt.
    private let jobBefore: Job?

    /// - Returns: `nil` if nothing can follow.
    init?(withoutAttempt execution: Execution) {
        guard execution.progress.status.isTerminal, execution.source != .notification else { return nil }
        self.execution = execution
        jobBefore = nil
    }

    /// - Returns: `nil` if the execution has not ended, or nothing can follow.
    init?(_ outcome: Completion.Outcome, of work: ClaimedWork) {
        guard case .recorded(let execution) = outcome, execution.progress.status.isTerminal,
            execution.source != .notification, work.mayHaveConsequences
        else { return nil }
        self.execution = execution
        jobBefore = work.claim.job
    }

    /// Whether this end opened or closed the job's breaker.
    func changedBreaker(of job: Job) -> Bool {
        if let trip = job.scheduleState.breaker?.trip {
            job.scheduleState.isHeldByBreaker && trip.date == execution.progress.finishedAt
        } else {
            (jobBefore.map { $0.scheduleState.breaker?.trip != nil } ?? true) && execution.details.circuitPermit != nil
        }
    }
}

extension ClaimedWork {
    /// Whether anything can follow from the end of the execution.
    var mayHaveConsequences: Bool {
        // Most jobs have no extras, which costs less to know than to read each of them.
        claim.job.hasExtras
            && (!claim.job.notifications.isEmpty || !claim.job.chain.isEmpty || claim.job.breaker != nil)
            || claim.job.scheduleState.hasBreaker
    }
}

extension SchedulerContext {
    /// Cancels the attempt of an execution that was canceled while it ran, if it runs or is queued in this process.
    ///
    /// Another process learns of it when it renews the lease.
    func withdraw(_ execution: Execution) {
        guard execution.progress.status == .running, let lease = execution.leaseKey,
            execution.progress.lease?.owner == owner
        else { return }
        workers.withdraw(lease, because: .requested)
    }

    /// Cancels the attempts of jobs that were deleted, those that run or are queued in this process.
    func withdraw(jobs ids: [JobID]) {
        guard !ids.isEmpty else { return }
        workers.withdraw(jobs: Set(ids), because: .lost)
    }

    /// Announces executions that ended without an attempt, and what follows from it.
    func announceEnds(of executions: [Execution], at now: Date) async throws {
        guard !executions.isEmpty else { return }
        // Notifications, and executions that waited for these to end, may be due.
        defer { signal.raise() }
        for execution in executions { ends.announce(execution) }
        events.metrics.ended(executions)
        for execution in executions { events.send(ended: execution, at: now) }
        try await announceConsequences(of: executions.compactMap { ExecutionEnd(withoutAttempt: $0) }, at: now)
    }

    /// Announces the notifications that were queued and the breakers that changed when executions ended.
    func announceConsequences(of ends: [ExecutionEnd], at now: Date) async throws {
        var changed: Set<JobID> = []
        var jobs: [JobID: Job?] = [:]
        for end in ends {
            let id = end.execution.jobID
            let found: Job?
            if let known = jobs[id] { found = known } else { found = try await store.job(id) }
            jobs[id] = .some(found)
            guard let job = found else { continue }
            // Their identifiers contain the date of the end.
            let date = end.execution.finishedAt ?? now
            let notifications = job.notifications(of: end.execution, at: date)
            if !notifications.isEmpty {
                events.send(fired: notifications, skips: [], of: job.id, named: job.name, at: now)
            }
            try await announceChain(from: end.execution, by: job, at: date)
            guard end.changedBreaker(of: job), changed.insert(job.id).inserted else { continue }
            events.changedBreaker(of: job, at: now)
        }
    }

    /// Announces the executions that the chain of a job queued when one ended.
    private func announceChain(from run: Execution, by job: Job, at now: Date) async throws {
        var targets: [ChainRule.Target: Job] = [:]
        for rule in job.definition.chain where rule.condition.isMet(by: run.status) && targets[rule.target] == nil {
            targets[rule.target] = try await store.target(of: rule, in: job.attributes.project)
        }
        for execution in job.chained(from: run, at: now, find: { targets[$0] }) {
            events.send(fired: [execution], skips: [], of: execution.jobID, named: execution.jobName, at: now)
            // One that could not be made has ended already.
            if execution.status.isTerminal { events.send(ended: execution, at: now) }
        }
    }
}

extension JobStore {
    /// The job that a chain rule names.
    func target(of rule: ChainRule, in project: String?) async throws -> Job? {
        switch rule.target {
        case .job(let id): try await job(id)
        case .slug(let slug): try await job(slug: slug, in: project)
        }
    }

    /// The job with a slug in a project, or among those without one.
    func job(slug: String, in project: String?) async throws -> Job? {
        // Without a project, the query lists the jobs of all projects.
        var query = JobQuery(limit: 1000)
        query.project = project
        query.slug = slug
        repeat {
            let page = try await jobs(query)
            if let job = page.items.first(where: { $0.attributes.project == project }) { return job }
            query.after = page.next
        } while query.after != nil
        return nil
    }
}
