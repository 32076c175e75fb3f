import Foundation
import RotaRetry

extension StoreState {
    package mutating func fire(_ fires: [FireRequest], log: inout ChangeLog) -> [FireRequest.Outcome] {
        fires.map { fire($0, log: &log) }
    }

    private mutating func fire(_ fire: FireRequest, log: inout ChangeLog) -> FireRequest.Outcome {
        guard var job = jobs[fire.jobID], job.scheduleState.revision == fire.expectedRevision,
            job.scheduleState.allowsFire, isInOrder(fire, after: job.scheduleState.decidedThrough)
        else { return .conflict }
        var replaced: [Execution] = []
        var skipped = fire.skips
        var refused: Set<ExecutionID> = []
        var unusedPermits: [(permit: CircuitPermit, date: Date)] = []
        for execution in fire.executions {
            if let reason = reasonToSkip(execution, of: job) {
                refused.insert(execution.id)
                if let permit = execution.circuitPermit { unusedPermits.append((permit, execution.createdAt)) }
                skipped.append(
                    SkippedOccurrence(
                        jobID: job.id, first: execution.scheduledFor, last: execution.scheduledFor, count: 1,
                        reason: reason, decidedAt: execution.createdAt))
            } else {
                if job.overlap.rule == .replace { replaced += replaceExecutions(with: execution, log: &log) }
                record(execution, log: &log)
            }
        }
        let fired = refused.isEmpty ? fire.executions : fire.executions.filter { !refused.contains($0.id) }
        // A replaced execution may have been the one that the schedule awaited.
        if !replaced.isEmpty { job = jobs[job.id] ?? job }
        if skipped.count > 1 { skipped.sort { $0.first < $1.first } }
        for skip in skipped {
            let lastFired = fired.last { $0.scheduledFor < skip.first }?.scheduledFor ?? job.scheduleState.lastFired
            recordSkip(skip, job: job, lastFired: lastFired, log: &log)
        }
        var scheduleState = fire.scheduleState
        // The end of a replaced probe is recorded in the state that this one takes the place of.
        for execution in replaced where execution.progress.status.isTerminal {
            if let permit = execution.circuitPermit {
                unusedPermits.append((permit, execution.progress.finishedAt ?? execution.createdAt))
            }
        }
        for unused in unusedPermits { scheduleState.breaker?.record(.ignored, unused.permit, at: unused.date) }
        scheduleState.firedCount = job.scheduleState.firedCount
        scheduleState.lastFired = job.scheduleState.lastFired
        scheduleState.awaitedExecutionID = job.scheduleState.awaitedExecutionID
        scheduleState.recordFired(
            fired.count, last: fired.last.map { ($0.id, $0.scheduledFor) }, of: job.schedule)
        job.move(to: scheduleState)
        record(job.scheduleState, of: job.id, log: &log)
        return .fired(executions: fired, skips: skipped, replaced: replaced)
    }

    /// Cancels the executions that a new one of the schedule replaces.
    ///
    /// - Returns: The replaced executions, canceled or still running.
    private mutating func replaceExecutions(with execution: Execution, log: inout ChangeLog) -> [Execution] {
        claims.serialExecutions(of: execution.jobID).compactMap { id in
            guard executions[id]?.progress.cancelRequestedAt == nil else { return nil }
            let request = Cancellation(
                id, reason: "Replaced by the next execution of the schedule.", date: execution.createdAt)
            return switch cancel(request, log: &log) {
            case .canceled(let old), .requested(let old): old
            case .alreadyOver, .missing: nil
            }
        }
    }

    private mutating func reasonToSkip(_ execution: Execution, of job: Job) -> SkippedOccurrence.Reason? {
        if hasFired(job, for: execution.scheduledFor) { return .duplicate }
        if execution.hasDetails, existingExecution(matching: execution) != nil { return .duplicate }
        let rule = job.overlap.rule
        if rule == .allow { return nil }
        switch rule {
        case .allow, .replace, .queue(limit: nil): return nil
        case .skip: return hasUnfinished(job, at: execution.createdAt) ? .overlap : nil
        case .queue(let limit?):
            // The execution that may start next does not count as queued.
            let (all, started) = (claims.serialCount(of: job.id), claims.startedSerialCount(of: job.id))
            let live = all - expired(claims.serialExecutions(of: job.id), at: execution.createdAt).count
            return live + 1 - max(1, started) > limit ? .overlap : nil
        }
    }

    /// Whether a job has unfinished executions that its overlap policy counts.
    private func hasUnfinished(_ job: Job, at date: Date) -> Bool {
        let countsAll = job.overlap.countsTriggered
        if !countsAll {
            guard histories.read(job.id, { $0.scheduledCount }) ?? 0 > 0 else { return false }
            if !mayHaveExpired(at: date) { return true }
        }
        return hasLiveExecution(of: job.id, in: countsAll ? .all : .scheduled, at: date)
    }

    /// Those of some executions that expired in the queue by a date, and are not pruned yet.
    ///
    /// No occurrence overlaps them.
    private func expired(_ ids: @autoclosure () -> [ExecutionID], at date: Date) -> [ExecutionID] {
        guard mayHaveExpired(at: date) else { return [] }
        return ids().filter { executions.read($0) { $0.hasExpiredInQueue(by: date) } ?? false }
    }

    private func mayHaveExpired(at date: Date) -> Bool { expiries.first.map { $0.date <= date } ?? false }

    /// Whether an occurrence of a job's schedule has fired before.
    ///
    /// Only a restarted schedule can return to an earlier date. The first such date costs a pass over the job's
    /// executions; later ones take constant time, until the schedule is past its last fired occurrence.
    private mutating func hasFired(_ job: Job, for date: Date) -> Bool {
        guard let lastFired = job.scheduleState.lastFired, date <= lastFired else {
            if !restarted.isEmpty { restarted[job.id] = nil }
            return false
        }
        if restarted[job.id] == nil {
            let fired = histories[job.id].map { history in
                history.executions.suffix().compactMap { executions[$0] }.filter { $0.source == .schedule }
            }
            restarted[job.id] = Dictionary((fired ?? []).map { ($0.scheduledFor, 1) }, uniquingKeysWith: +)
        }
        return restarted[job.id]?[date] ?? 0 > 0
    }

    /// Whether a fire belongs to one job and its executions are new, queued, and in order after the decided dates.
    private func isInOrder(_ fire: FireRequest, after decidedThrough: Date) -> Bool {
        var last = decidedThrough
        // By their places, because a loop over the executions would copy each of them.
        for place in fire.executions.indices {
            guard fire.executions[place].jobID == fire.jobID, fire.executions[place].scheduledFor > last,
                !executions.contains(fire.executions[place].id), fire.executions[place].progress.status == .queued
            else { return false }
            last = fire.executions[place].scheduledFor
        }
        if fire.executions.count > 1, Set(fire.executions.map(\.id)).count < fire.executions.count { return false }
        return fire.scheduleState.decidedThrough >= last && fire.skips.allSatisfy { $0.jobID == fire.jobID }
    }
}

// Skips: the record of what did not fire.

extension StoreState {
    /// Adds a skip to a job's history, or extends the last one if no occurrence fired in between.
    ///
    /// - Parameter lastFired: The nominal date of the last occurrence before the skip that fired.
    mutating func recordSkip(_ skip: SkippedOccurrence, job: Job, lastFired: Date?, log: inout ChangeLog) {
        let limit = job.definition.retention.maximumCount
        guard limit > 0 else { return }
        let skips = histories[job.id]?.skips ?? []
        if let extended = histories[job.id]?.extended(by: skip, lastFired: lastFired) {
            record(.putSkip(extended, keeping: limit), log: &log)
        } else if skips.contains(where: { $0.first == skip.first }) {
            // A restarted schedule: `putSkip` would replace the earlier skip with the same first date.
            record(.putSkips(job.id, Array((skips + [skip]).suffix(limit))), log: &log)
        } else {
            record(.putSkip(skip, keeping: limit), log: &log)
        }
    }

    /// Removes the oldest skips beyond the job's retention, if that has changed.
    ///
    /// The list is logged as a whole even if none is removed. Changes may be replayed over a snapshot that is newer:
    /// then skips that were added under the old limit would drop others that the new one keeps.
    ///
    /// - Parameter old: The limit before.
    mutating func trimSkips(of job: Job, after old: Int, log: inout ChangeLog) {
        let limit = max(0, job.definition.retention.maximumCount)
        guard limit != old, let skips = histories[job.id]?.skips, !skips.isEmpty else { return }
        record(.putSkips(job.id, Array(skips.suffix(limit))), log: &log)
    }
}
