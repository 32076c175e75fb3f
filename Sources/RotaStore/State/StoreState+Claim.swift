import Foundation

extension StoreState {
    package mutating func claim(_ request: ClaimRequest, log: inout ChangeLog) -> [Claim] {
        var claims: [Claim] = []
        while claims.count < request.limit, let key = queue.first, key.instant <= request.now,
            let execution = executions[key.id], let job = jobs[execution.jobID]
        {
            var progress = execution.progress
            progress.status = .running
            progress.startedAt = progress.startedAt ?? request.now
            progress.attemptStartedAt = request.now
            progress.lease = Lease(
                owner: request.owner, token: (progress.lease?.token ?? 0) &+ 1, expiresAt: request.leaseExpiresAt)
            record(.putProgress(key.id, progress), log: &log)
            var claimed = execution
            claimed.progress = progress
            claims.append(Claim(execution: claimed, job: job.asPinned(by: claimed)))
        }
        return claims
    }

    package mutating func renew(_ renewals: [LeaseRenewal], log: inout ChangeLog) -> [ExecutionID] {
        renewals.compactMap { renewal in
            guard var progress = executions[renewal.executionID]?.progress, progress.status == .running,
                progress.lease?.token == renewal.token
            else { return renewal.executionID }
            progress.lease?.expiresAt = renewal.expiresAt
            record(.putProgress(renewal.executionID, progress), log: &log)
            return nil
        }
    }

    /// Ends every lease at once: for a store whose only writer has just opened it, so that no holder can be alive.
    package mutating func expireAllLeases(log: inout ChangeLog) {
        for key in Array(leases.suffix()) {
            guard var progress = executions[key.id]?.progress else { continue }
            progress.lease?.expiresAt = .distantPast
            record(.putProgress(key.id, progress), log: &log)
        }
    }
}

extension Job {
    /// The job as an execution sees it: with the definition that the execution began with.
    func asPinned(by execution: Execution) -> Job {
        guard let pinned = execution.pinned else { return self }
        var job = self
        job.definition = pinned
        job.version = execution.jobVersion
        return job
    }
}
