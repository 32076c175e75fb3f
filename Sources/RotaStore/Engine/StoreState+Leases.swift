import Foundation

extension StoreState {
    /// Extends leases, and stores what came with the renewals: heartbeats, progress and checkpoints.
    ///
    /// A lease whose token is not the latest one, or that another scheduler has, is lost.
    package mutating func renew(_ renewals: [LeaseRenewal], log: inout ChangeLog) -> [LeaseRenewal.Outcome] {
        renewals.map { renewal in
            guard var progress = executions.read(renewal.executionID, { $0.progress }), progress.status == .running,
                var lease = progress.lease, lease.isHeld(under: renewal.token, by: renewal.owner)
            else { return .lost }
            lease.expiresAt = renewal.expiresAt
            if let checkpoint = renewal.checkpoint {
                progress.renew(lease, heartbeatAt: renewal.heartbeatAt, report: renewal.report)
                progress.checkpoint = checkpoint
                record(.putProgress(renewal.executionID, progress), log: &log)
            } else {
                record(
                    .putLease(
                        renewal.executionID, lease, heartbeatAt: renewal.heartbeatAt, report: renewal.report),
                    log: &log)
            }
            return progress.cancelRequestedAt == nil ? .renewed : .cancelRequested
        }
    }

    /// The running executions under leases of an owner, as claims.
    package func leases(of owner: String) -> [Claim] {
        leases.suffix().compactMap { key in
            guard let execution = executions[key.id], let lease = execution.progress.lease, lease.owner == owner,
                let job = jobs[execution.jobID]
            else { return nil }
            return Claim(execution: execution, lease: lease, job: self.job(job, asSeenBy: execution))
        }
    }

    /// Expires all leases at once, for a store that its only writer has just opened: no lease holder can be alive.
    package mutating func expireAllLeases(log: inout ChangeLog) {
        for key in Array(leases.suffix()) {
            guard var lease = executions.read(key.id, { $0.progress.lease }) ?? nil else { continue }
            lease.expiresAt = .distantPast
            record(.putLease(key.id, lease, heartbeatAt: nil, report: nil), log: &log)
        }
    }

    /// The job with the definition of the version that an execution runs.
    package func job(_ job: Job, asSeenBy execution: Execution) -> Job {
        let version = execution.versionID.version
        guard version != job.version else { return job }
        let pinned = version == execution.jobVersion ? execution.pinned?.value : nil
        let definition = pinned ?? histories[job.id]?.versions.first { $0.version == version }?.definition
        guard let definition else { return job }
        var seen = job
        // Versions are kept unbound, because what their schedules name may change.
        seen.definition = definition.binding(calendars)
        seen.version = version
        return seen
    }
}

extension ExecutionProgress {
    /// Replaces the lease, and keeps the date of a heartbeat and a report, if there are any.
    mutating func renew(_ lease: Lease, heartbeatAt heartbeat: Date?, report: ProgressReport?) {
        self.lease = lease
        if let heartbeat { heartbeatAt = heartbeat }
        if let report { self.report = report }
    }
}

extension Job {
    /// The version of the definition with which an execution starts now.
    func version(for execution: Execution) -> Int {
        guard execution.jobVersion != version else { return version }
        return switch definition.versionPolicy {
        case .pin: execution.jobVersion
        case .latest: version
        case .minor: definition.isBackwardsCompatible ? version : execution.jobVersion
        }
    }
}
