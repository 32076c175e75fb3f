package import Foundation
import RotaRetry
package import RotaStore

extension ReferenceTables {
    package mutating func fire(_ fires: [FireRequest]) -> [FireRequest.Outcome] {
        fires.map { fire($0) }
    }

    private mutating func fire(_ fire: FireRequest) -> FireRequest.Outcome {
        guard let job = job(fire.jobID), job.scheduleState.revision == fire.expectedRevision,
            job.scheduleState.allowsFire, isPossible(fire, for: job)
        else { return .conflict }
        var fired: [Execution] = []
        var replaced: [Execution] = []
        var skipped = fire.skips
        var breaker = fire.scheduleState.breaker
        for execution in fire.executions {
            if let reason = reasonToSkip(execution, of: job) {
                skipped.append(
                    SkippedOccurrence(
                        jobID: job.id, first: execution.scheduledFor, last: execution.scheduledFor, count: 1,
                        reason: reason, decidedAt: execution.createdAt))
                // Its probe is not made.
                if let permit = execution.details.circuitPermit {
                    breaker?.record(.ignored, permit, at: execution.createdAt)
                }
                continue
            }
            if job.definition.overlap.rule == .replace {
                let canceled = cancelReplaced(of: job.id, for: execution)
                replaced += canceled
                for probe in canceled where probe.progress.status.isTerminal {
                    guard let permit = probe.details.circuitPermit else { continue }
                    breaker?.record(.ignored, permit, at: probe.progress.finishedAt ?? probe.createdAt)
                }
            }
            executions.append(execution)
            fired.append(execution)
        }
        guard let index = index(of: fire.jobID) else { return .conflict }
        let present = jobs[index]
        skipped.sort { $0.first < $1.first }
        for skip in skipped {
            keep(
                skip, of: job,
                lastFired: fired.last { $0.scheduledFor < skip.first }?.scheduledFor ?? job.scheduleState.lastFired)
        }
        var scheduleState = fire.scheduleState
        scheduleState.breaker = breaker
        scheduleState.firedCount = present.scheduleState.firedCount
        scheduleState.lastFired = present.scheduleState.lastFired
        scheduleState.awaitedExecutionID = present.scheduleState.awaitedExecutionID
        scheduleState.recordFired(
            fired.count, last: fired.last.map { ($0.id, $0.scheduledFor) }, of: job.definition.schedule)
        jobs[index].take(scheduleState)
        return .fired(executions: fired, skips: skipped, replaced: replaced)
    }

    /// Whether a fire's executions belong to the job, are new, and are in order after the cursor.
    private func isPossible(_ fire: FireRequest, for job: Job) -> Bool {
        let dates = [job.scheduleState.decidedThrough] + fire.executions.map(\.scheduledFor)
        return zip(dates, dates.dropFirst()).allSatisfy { $0 < $1 }
            && fire.executions.allSatisfy {
                $0.jobID == job.id && self.execution($0.id) == nil && $0.progress.status == .queued
            }
            && fire.scheduleState.decidedThrough >= dates[dates.count - 1]
    }

    private func reasonToSkip(_ execution: Execution, of job: Job) -> SkippedOccurrence.Reason? {
        if let lastFired = job.scheduleState.lastFired, execution.scheduledFor <= lastFired,
            executions.contains(where: {
                $0.jobID == job.id && $0.source == .schedule && $0.scheduledFor == execution.scheduledFor
            })
        {
            return .duplicate
        }
        if existing(as: execution) != nil { return .duplicate }
        let series = series(of: job.id, countedAt: execution.createdAt)
        if job.definition.overlap.rule == .skip { return series.isEmpty ? nil : .overlap }
        guard let limit = job.definition.overlap.queueLimit else { return nil }
        // Started executions do not wait. If none has started, the first does not wait either.
        let begun = series.count { $0.progress.startedAt != nil }
        return series.count + 1 - max(1, begun) > limit ? .overlap : nil
    }

    /// Cancels the scheduled executions that a new one replaces.
    private mutating func cancelReplaced(of id: JobID, for execution: Execution) -> [Execution] {
        series(of: id).filter { $0.progress.cancelRequestedAt == nil }.compactMap {
            run in
            let reason = "Replaced by the next execution of the schedule."
            switch cancel(Cancellation(run.id, reason: reason, date: execution.createdAt)) {
            case .canceled(let old), .requested(let old): return old
            case .alreadyOver, .missing: return nil
            }
        }
    }

    /// Records a skip, or extends the last one if it has the same reason and nothing fired in between.
    mutating func keep(_ skip: SkippedOccurrence, of job: Job, lastFired: Date?) {
        let limit = job.definition.retention.maximumCount
        guard limit > 0 else { return }
        if let index = skips.lastIndex(where: { $0.jobID == job.id }), skips[index].reason == skip.reason,
            skips[index].last < skip.first, lastFired.map({ $0 <= skips[index].last }) ?? true
        {
            skips[index].last = skip.last
            skips[index].count = skips[index].count.flatMap { count in skip.count.map { count + $0 } }
            skips[index].decidedAt = skip.decidedAt
        } else {
            skips.append(skip)
        }
        trimSkips(of: job)
    }

    /// Removes the oldest skips beyond the number that a job keeps.
    mutating func trimSkips(of job: Job) {
        while skips.count(where: { $0.jobID == job.id }) > job.definition.retention.maximumCount,
            let oldest = skips.firstIndex(where: { $0.jobID == job.id })
        {
            skips.remove(at: oldest)
        }
    }

    package mutating func enqueue(_ new: [Execution]) throws(StoreError) -> [EnqueueOutcome] {
        var after = self
        var outcomes: [EnqueueOutcome] = []
        var firsts: [ExecutionID: Execution] = [:]
        for execution in new {
            guard job(execution.jobID) != nil else { throw .missing(execution.jobID) }
            if existing(as: execution) == nil {
                let isRepeated = execution.details.idempotencyKey != nil
                if let first = firsts[execution.id], !isRepeated || !first.isSameRequest(as: execution) {
                    throw StoreError(.duplicate, "Two executions of the call have the identifier \(execution.id).")
                }
                firsts[execution.id] = firsts[execution.id] ?? execution
                if self.execution(execution.id)?.isSameRequest(as: execution) != true { try requireFree(execution.id) }
                try requireNew(execution)
            }
            if let earlier = after.existing(as: execution) {
                outcomes.append(.existing(earlier))
                continue
            }
            if let earlier = executions.first(where: { $0.id == execution.id }), earlier.isSameRequest(as: execution) {
                outcomes.append(.existing(earlier))
                continue
            }
            if let same = after.sameWork(as: execution) {
                let isDuplicate = execution.details.uniqueness?.comparesPayloads ?? false
                outcomes.append(isDuplicate ? .duplicate(same) : .existing(same))
                continue
            }
            var execution = execution
            if let batch = execution.details.awaitedBatch, !execution.progress.status.isTerminal {
                let members = outcomes.filter { outcome in
                    if case .queued(let member) = outcome {
                        return member.details.batchID == batch && !member.progress.status.isTerminal
                    }
                    return false
                }
                execution.await(batch, of: members.count)
            }
            if let original = execution.details.replayOf.flatMap({ after.index(of: $0) }),
                after.executions[original].isDeadLetter
            {
                after.executions[original].progress.resolution = .replayed(execution.id)
            }
            if execution.trail != nil, !execution.progress.status.isTerminal {
                let holds = after.holds(on: execution, at: execution.createdAt)
                execution.progress.trail?.append(holds, at: execution.createdAt)
            }
            after.executions.append(execution)
            outcomes.append(.queued(execution))
        }
        self = after
        return outcomes
    }

    /// The execution that makes a request for unique work unnecessary, changed if the request is debounced.
    private mutating func sameWork(as request: Execution) -> Execution? {
        guard request.obeysUniqueness, let uniqueness = request.details.uniqueness else { return nil }
        let others = executions.indices.filter {
            executions[$0].jobID == request.jobID && executions[$0].uniqueKey == uniqueness.key
        }
        .sorted { executions[$0].id > executions[$1].id }
        for index in others
        where uniqueness.isMet(by: executions[index], isNewest: index == others.first, at: request.createdAt) {
            if uniqueness.rule == .debounce { executions[index] = executions[index].debounced(by: request) }
            return executions[index]
        }
        return nil
    }

    package mutating func discard(_ ids: [ExecutionID], at date: Date) -> [Bool] {
        ids.map { id in
            guard let index = index(of: id), executions[index].isDeadLetter else { return false }
            executions[index].progress.resolution = .discarded(date)
            return true
        }
    }
}
