package import Foundation

extension StoreState {
    /// Claims due executions under a lease, in the order of the queue, as far as limits allow.
    ///
    /// Each claim rewrites the saved values, so a step stops after 16 MiB of them.
    package mutating func claim(_ request: ClaimRequest, log: inout ChangeLog) -> [Claim] {
        setClock(to: request.now)
        longestLease = max(longestLease ?? 0, request.leaseExpiresAt.timeIntervalSince(request.now))
        var taken: [Claim] = []
        taken.reserveCapacity(min(max(0, request.limit), executionIndex.executions(.queued).count))
        var bytes = 0
        while taken.count < request.limit, bytes < Self.largeCommit, let entry = nextClaimable(at: request.now),
            taken.count < request.free ?? .max || !claims.isLimited(entry),
            let claim = start(entry, for: request, log: &log)
        {
            bytes += claim.execution.progress.savedBytes
            taken.append(claim)
        }
        if !trailKeepers.isEmpty { recordHolds(at: request.now, after: bytes, log: &log) }
        return taken
    }

    /// Adds to the trails of due executions the reasons why they do not start.
    ///
    /// Those that are not due, or wait for something else than a claim, got their reason when they were recorded.
    ///
    /// - Complexity: O(*k* log *n*) in the number *k* of due executions that keep a trail, up to 100. The longest due
    ///   come first.
    ///
    /// - Parameter bytes: The size of what the step writes anyway.
    private mutating func recordHolds(at now: Date, after bytes: Int, log: inout ChangeLog) {
        var bytes = bytes
        for key in Array(trailKeepers.suffix().prefix(Self.trailLimit)) {
            guard key.date <= now, bytes < Self.largeCommit else { break }
            guard let execution = executions[key.id], let job = jobs[execution.jobID], var trail = execution.trail,
                trail.append(holds(on: execution, of: job, at: now), at: now)
            else { continue }
            var progress = execution.progress
            progress.trail = trail
            bytes += progress.savedBytes
            record(progress, of: key.id, log: &log)
        }
    }

    private static var trailLimit: Int { 100 }

    /// The bytes after which a step that changes many executions leaves the rest to the next one.
    ///
    /// Commits have a limit, and each execution may have megabytes.
    package static var largeCommit: Int { 16 << 20 }

    /// Moves an execution to running under a lease with the next fencing token, and counts the start for rate limits.
    private mutating func start(_ entry: QueueEntry, for request: ClaimRequest, log: inout ChangeLog) -> Claim? {
        guard var execution = executions[entry.id], let job = jobs[entry.jobID] else { return nil }
        if execution.progress.startedAt == nil {
            let version = job.version(for: execution)
            execution.progress.runningVersion = version == execution.jobVersion ? nil : version
            execution.progress.startedAt = request.now
        }
        let token = (execution.progress.lease?.token ?? 0) &+ 1
        execution.progress.move(to: .running)
        execution.progress.attemptStartedAt = request.now
        execution.progress.delayedFrom = nil
        execution.progress.lease = Lease(owner: request.owner, token: token, expiresAt: request.leaseExpiresAt)
        if execution.progress.hasRareMembers {
            execution.progress.trail?.appendClaim(
                by: request.owner, attempt: execution.attempts.count + 1, at: request.now)
        }
        record(execution.progress, of: execution.id, log: &log)
        if claims.isLimited(entry) {
            let start = AttemptStart(date: request.now, executionID: execution.id, token: token)
            for (pool, window) in claims.pools(of: job.id) {
                record(.putStart(pool, start), log: &log)
                if let horizon = claims.startLog.forgettable(in: pool, window: window, at: request.now) {
                    record(.forgetStarts(pool, through: horizon), log: &log)
                }
            }
        }
        return Claim(execution, job: self.job(job, asSeenBy: execution))
    }

    /// The execution to claim next, if any may start.
    ///
    /// Blocks the jobs that it meets and whose limits allow no start.
    mutating func nextClaimable(at now: Date) -> QueueEntry? {
        while let id = claims.first(at: now), let entry = executions.read(id, { $0.queueEntry }) {
            if entry.dueAt > now {
                claims.postpone(entry)
            } else if !claims.isLimited(entry) || !claims.blockIfLimited(entry.jobID, at: now) {
                return entry
            }
        }
        return nil
    }

    /// Everything that keeps an execution from starting.
    package mutating func holds(on id: ExecutionID, at now: Date) -> [ExecutionHold] {
        setClock(to: now)
        guard let execution = executions[id], let job = jobs[execution.jobID] else { return [] }
        return holds(on: execution, of: job, at: now)
    }

    /// Everything that keeps an execution from starting, or would if it were queued.
    func holds(on execution: Execution, of job: Job, at now: Date) -> [ExecutionHold] {
        let holds = execution.holds(job, at: now)
        guard execution.status == .queued, execution.expiry.map({ $0 > now }) ?? true else { return holds }
        return holds + claims.holds(on: execution.queueEntry, at: now) + dependencyHolds(on: execution)
    }
}

extension ExecutionProgress {
    /// The size of the output and the checkpoint in bytes, which are written whenever the progress changes.
    package var savedBytes: Int {
        hasRareMembers ? (output?.json.count ?? 0) + (checkpoint?.json.count ?? 0) : 0
    }

    /// Changes the status if the transition is allowed.
    ///
    /// Status changes of stored executions go through here, except that the end of a batch queues its follow-up.
    ///
    /// - Returns: Whether it was allowed.
    @discardableResult
    mutating func move(to next: ExecutionStatus) -> Bool {
        guard status.canMove(to: next) else { return false }
        status = next
        return true
    }
}
