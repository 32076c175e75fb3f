import Foundation

extension StoreState {
    package mutating func claim(_ request: ClaimRequest, log: inout ChangeLog) -> [Claim] {
        var claims: [Claim] = []
        claims.reserveCapacity(max(0, min(request.limit, queue.count)))
        while claims.count < request.limit, let key = queue.first, key.instant <= request.now,
            var progress = executions.read(key.id, { $0.progress })
        {
            progress.status = .running
            progress.startedAt = progress.startedAt ?? request.now
            progress.attemptStartedAt = request.now
            progress.lease = Lease(
                owner: request.owner, token: (progress.lease?.token ?? 0) &+ 1, expiresAt: request.leaseExpiresAt)
            record(.putProgress(key.id, progress), log: &log)
            guard let claimed = executions[key.id], let job = jobs[claimed.jobID] else { break }
            claims.append(Claim(execution: claimed, job: self.job(job, asSeenBy: claimed)))
        }
        return claims
    }

    package mutating func renew(_ renewals: [LeaseRenewal], log: inout ChangeLog) -> [LeaseRenewal.Outcome] {
        renewals.map { renewal in
            guard var progress = executions[renewal.executionID]?.progress, progress.status == .running,
                progress.lease?.token == renewal.token
            else { return .lost }
            progress.lease?.expiresAt = renewal.expiresAt
            if let heartbeat = renewal.heartbeatAt { progress.heartbeatAt = heartbeat }
            if let report = renewal.report { progress.report = report }
            record(.putProgress(renewal.executionID, progress), log: &log)
            return progress.cancelRequestedAt == nil ? .renewed : .cancelRequested
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

extension StoreState {
    /// The job as an execution sees it: with the definition of the version that it runs.
    func job(_ job: Job, asSeenBy execution: Execution) -> Job {
        let version = execution.versionID.version
        guard version != job.version else { return job }
        let definition =
            execution.pinned?.value ?? histories[job.id]?.versions.first { $0.version == version }?.definition
        guard let definition else { return job }
        var seen = job
        seen.definition = definition
        seen.version = version
        return seen
    }
}
