import Foundation
package import RotaStore

extension ReferenceTables {
    package mutating func claim(_ request: ClaimRequest) -> [Claim] {
        var claims: [Claim] = []
        // A claim never frees an execution that was held back, so one pass is enough.
        for execution in runnable(at: request.now) where claims.count < request.limit {
            guard let job = job(execution.jobID), isAllowed(execution, of: job, at: request.now),
                let index = index(of: execution.id)
            else { continue }
            var progress = execution.progress
            if progress.startedAt == nil {
                let version = version(with: execution, of: job)
                progress.runningVersion = version == execution.jobVersion ? nil : version
                progress.startedAt = request.now
            }
            progress.status = .running
            progress.attemptStartedAt = request.now
            progress.delayedFrom = nil
            let lease = Lease(
                owner: request.owner, token: (progress.lease?.token ?? 0) + 1, expiresAt: request.leaseExpiresAt)
            progress.lease = lease
            progress.trail?.appendClaim(by: request.owner, attempt: execution.attempts.count + 1, at: request.now)
            executions[index].progress = progress
            if !isNotification(execution) {
                starts += counters(of: job).map { Start(counter: $0, date: request.now) }
            }
            claims.append(
                Claim(execution: executions[index], lease: lease, job: self.job(job, asRunBy: executions[index])))
        }
        for index in executions.indices
        where executions[index].keepsTrail && executions[index].progress.dueAt <= request.now {
            let holds = holds(on: executions[index], at: request.now)
            executions[index].progress.trail?.append(holds, at: request.now)
        }
        return claims
    }

    /// The reasons why an execution does not start, for its trail: without rates, windows, series and dependencies.
    func holds(on execution: Execution, at now: Date) -> [ExecutionHold] {
        guard let job = job(execution.jobID) else { return [] }
        let limits = job.definition.limits
        let running = executions.filter {
            $0.jobID == job.id && $0.progress.status == .running && !isNotification($0)
        }
        var holds = execution.holds(job, at: now)
        guard execution.progress.status == .queued, !isNotification(execution), !hasExpired(execution, at: now) else {
            return holds
        }
        if let limit = limits.concurrency, running.count >= max(1, limit) {
            holds.append(.concurrency(limit: max(1, limit)))
        }
        if let limit = limits.concurrencyPerKey, let key = execution.details.concurrencyKey,
            running.count(where: { $0.details.concurrencyKey == key }) >= max(1, limit)
        {
            holds.append(.concurrencyPerKey(key, limit: max(1, limit)))
        }
        return holds
    }

    /// The executions that are due and not expired, the most urgent first.
    ///
    /// A step of priority counts as a minute of waiting.
    private func runnable(at now: Date) -> [Execution] {
        executions.filter {
            $0.progress.status == .queued && $0.progress.dueAt <= now && !hasExpired($0, at: now)
        }
        .map { ($0, rank: ClaimOrder.rank(dueAt: $0.progress.dueAt, priority: priority(of: $0))) }
        .sorted { ($0.rank, $0.0.id) < ($1.rank, $1.0.id) }
        .map(\.0)
    }

    private func priority(of execution: Execution) -> Int {
        execution.details.priority
            ?? (isNotification(execution) ? 0 : job(execution.jobID)?.definition.priority ?? 0)
    }

    /// Whether an execution was not started or completed in time.
    func hasExpired(_ execution: Execution, at now: Date) -> Bool {
        switch execution.progress.status {
        case .waiting where execution.awaitsBatch: false
        case .queued where execution.progress.startedAt == nil, .waiting:
            execution.progress.expiresAt.map { $0 <= now } ?? false
        case .queued, .running, .succeeded, .failed, .canceled, .expired: false
        }
    }

    // MARK: Limits

    private func isAllowed(_ execution: Execution, of job: Job, at now: Date) -> Bool {
        if isNotification(execution) { return true }
        let limits = job.definition.limits
        if job.holdsWork { return false }
        let running = executions.filter {
            $0.jobID == job.id && $0.progress.status == .running && !isNotification($0)
        }
        if let limit = limits.concurrency, running.count >= max(1, limit) { return false }
        if let limit = limits.concurrencyPerKey, let key = execution.details.concurrencyKey,
            running.count(where: { $0.details.concurrencyKey == key }) >= max(1, limit)
        {
            return false
        }
        if let window = limits.window, !window.contains(now) { return false }
        if let rate = limits.rate, isExhausted(rate, .job(job.id), at: now) { return false }
        if limits.sharedRates.contains(where: { isExhausted($0.limit, .shared($0.name), at: now) }) { return false }
        if execution.progress.startedAt == nil, !dependenciesAreMet(for: execution) { return false }
        return !job.definition.overlap.isSerial || !isCounted(execution, by: job.definition.overlap)
            || isNextInSeries(execution, at: now)
    }

    private func dependenciesAreMet(for execution: Execution) -> Bool {
        dependencies.filter { $0.jobID == execution.jobID }.allSatisfy { dependency in
            let ended = executions.filter { $0.jobID == dependency.dependsOn && $0.progress.status.isTerminal }
            let status: ExecutionStatus?
            if let key = execution.details.idempotencyKey, execution.details.replayOf == nil,
                execution.source != .backfill
            {
                status = ended.first { $0.details.idempotencyKey == key }?.progress.status
            } else if let key = execution.details.dependencyKey {
                status =
                    ended.filter { $0.details.dependencyKey == key && $0.progress.finishedAt != nil }
                    .max {
                        ($0.progress.finishedAt ?? .distantPast, $0.id) < (
                            $1.progress.finishedAt ?? .distantPast, $1.id
                        )
                    }?
                    .progress.status
            } else {
                status = job(dependency.dependsOn)?.statistics.lastStatus
            }
            return status.map(dependency.condition.isMet) ?? false
        }
    }

    /// Whether an execution is a notification, to which the limits of its job do not apply.
    private func isNotification(_ execution: Execution) -> Bool { execution.source == .notification }

    /// Whether another start would exceed the rate within the window that ends now.
    ///
    /// A start more than a window in the future was recorded by a clock that was ahead and has been corrected.
    private func isExhausted(_ rate: RateLimit, _ counter: Start.Counter, at now: Date) -> Bool {
        let window = rate.window / .seconds(1)
        let (begin, end) = (now.addingTimeInterval(-window), now.addingTimeInterval(window))
        let count = starts.count { $0.counter == counter && $0.date > begin && $0.date < end }
        return rate.window > .zero && count >= max(1, rate.maximum)
    }

    private func counters(of job: Job) -> [Start.Counter] {
        let limits = job.definition.limits
        return (limits.rate == nil ? [] : [.job(job.id)]) + Set(limits.sharedRates.map(\.name)).map { .shared($0) }
    }

    /// Whether no other execution of the series goes first: none has started and is unfinished, and none is earlier.
    private func isNextInSeries(_ execution: Execution, at now: Date) -> Bool {
        let series = series(of: execution.jobID).filter { !hasExpired($0, at: now) || $0.progress.status == .waiting }
        return (series.first { $0.progress.startedAt != nil } ?? series.first)?.id == execution.id
    }

    // MARK: Versions

    private func version(with execution: Execution, of job: Job) -> Int {
        switch job.definition.versionPolicy {
        case .pin: execution.jobVersion
        case .latest: job.version
        case .minor: job.definition.isBackwardsCompatible ? job.version : execution.jobVersion
        }
    }

    /// The job with the definition that an execution runs.
    func job(_ job: Job, asRunBy execution: Execution) -> Job {
        let number = execution.versionID.version
        guard number != job.version, let version = versions(of: job.id).first(where: { $0.version == number })
        else { return job }
        var seen = job
        seen.version = number
        seen.definition = version.definition
        return seen
    }

    // MARK: Leases

    package mutating func renew(_ renewals: [LeaseRenewal]) -> [LeaseRenewal.Outcome] {
        renewals.map { renewal in
            guard let index = index(of: renewal.executionID), executions[index].progress.status == .running,
                executions[index].progress.lease?.isHeld(under: renewal.token, by: renewal.owner) == true
            else { return .lost }
            executions[index].progress.lease?.expiresAt = renewal.expiresAt
            if let heartbeat = renewal.heartbeatAt { executions[index].progress.heartbeatAt = heartbeat }
            if let report = renewal.report { executions[index].progress.report = report }
            if let checkpoint = renewal.checkpoint { executions[index].progress.checkpoint = checkpoint }
            return executions[index].progress.cancelRequestedAt == nil ? .renewed : .cancelRequested
        }
    }

    /// Expires all leases, as a store does when it opens and knows that no owner is alive.
    package mutating func endLeases() {
        trimmedAt = .distantPast
        for index in executions.indices where executions[index].progress.status == .running {
            executions[index].progress.lease?.expiresAt = .distantPast
        }
    }
}
