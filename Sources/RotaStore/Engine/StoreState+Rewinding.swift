package import Foundation
import RotaCore
import RotaRetry
import RotaSchedule

// A clock that ran ahead and was put right leaves records from the future: jobs that count as decided for years, leases
// and delays that seem to last as long. Rewinding brings them back, so that time continues from now:
//
//                 now                              decidedThrough
//     ────────────┼──────────────────┬──────────────┼─────▶        before: nothing fires until the clock is there again
//                  skipped as missed   fired
//                 ├──────────────────┤├────────────┤
//     ────────────┼──────────────────┬──────────────┼─────▶        after: the skipped fire in time, the fired do not
//            decidedThrough            decidedAhead

extension StoreState {
    /// How much later than the current time a record may be dated: machines on one store differ a little.
    static let clockTolerance: TimeInterval = 1

    /// Whether records are dated later than a date, so that ``rewind(to:limit:log:)`` has work.
    ///
    /// A time outside the years that schedules know is itself wrong, and rewinds nothing.
    func isAhead(of now: Date) -> Bool {
        !checksClocks && latestDate > now.addingTimeInterval(Self.clockTolerance)
            && WholeSeconds.floor(now).map(WholeSeconds.supported.contains) ?? false
    }

    /// Remembers the date of a record.
    mutating func note(_ date: Date) {
        if date > latestDate { latestDate = date }
    }

    package mutating func rewind(to now: Date, limit: Int, log: inout ChangeLog) -> RewindReport {
        var report = RewindReport()
        guard isAhead(of: now) else { return report }
        setClock(to: now)
        trimmedAt = min(trimmedAt, now)
        let border = now.addingTimeInterval(Self.clockTolerance)
        var bytes = 0
        for id in Array(jobOrder.suffix()) {
            guard
                jobs.read(id, { max($0.updatedAt, $0.scheduleState.latestWritten) > border }) ?? false
            else { continue }
            guard report.count < limit, bytes < Self.largeCommit else { return report.truncated() }
            if let job = rewind(id, to: now, log: &log) {
                bytes += 1_024 + (job.action.handler?.payload?.json.count ?? 0)
                report.jobs.append(job)
            }
        }
        for status in [ExecutionStatus.running, .queued, .waiting] {
            for id in Array(executionIndex.executions(status).suffix()) {
                guard report.count < limit, bytes < Self.largeCommit else { return report.truncated() }
                guard let execution = executions[id],
                    let progress = execution.progress(rewoundTo: now, leaseSpan: longestLease)
                else { continue }
                bytes += progress.savedBytes
                record(progress, of: id, log: &log)
                if let execution = executions[id] { report.executions.append(execution) }
            }
        }
        let lead = latestDate.timeIntervalSince(now)
        for (key, expiry) in operations where expiry > latestDate {
            let operation = OperationKey(key.key, for: key.operation, until: expiry.addingTimeInterval(-lead))
            record(.putOperation(operation, key.job), log: &log)
        }
        latestDate = now
        return report
    }

    /// Brings one job back.
    ///
    /// - Returns: The job, or `nil` if it did not change.
    private mutating func rewind(_ id: JobID, to now: Date, log: inout ChangeLog) -> Job? {
        guard let old = jobs[id] else { return nil }
        var withdrawn: [Execution] = []
        if old.scheduleState.decidedThrough > now {
            // Nothing fires early, so what has not begun is decided again in its own time.
            withdrawn = liveExecutions(of: id).filter {
                $0.source == .schedule && $0.progress.status == .queued && $0.progress.startedAt == nil
                    && $0.scheduledFor > now && $0.scheduledFor != old.createdAt
            }
        }
        let skips = histories[id]?.skips ?? []
        guard let (job, kept) = old.rewound(to: now, skips: skips, withdrawn: withdrawn) else { return nil }
        for execution in withdrawn { record(.removeExecution(execution.id), log: &log) }
        record(.putJob(job), log: &log)
        if kept != skips { record(.putSkips(id, kept), log: &log) }
        return job
    }
}

extension RewindReport {
    fileprivate var count: Int { jobs.count + executions.count }

    fileprivate func truncated() -> RewindReport {
        var report = self
        report.hasMore = true
        return report
    }
}

extension Job {
    /// Returns the job and its skips rewound to a date, or `nil` if nothing changes.
    ///
    /// - Parameters:
    ///   - now: The current date.
    ///   - skips: The job's recorded skips.
    ///   - withdrawn: Its executions for dates after `now`, which have not begun and are removed.
    fileprivate func rewound(
        to now: Date, skips: [SkippedOccurrence], withdrawn: [Execution]
    ) -> (Job, [SkippedOccurrence])? {
        var job = self
        var kept = skips
        // The clock was ahead by this much when the job was last changed by a caller.
        let lead = updatedAt.timeIntervalSince(now)
        if lead > 0 {
            job.updatedAt = now
            job.definition.schedule = definition.schedule.movingAnchors([createdAt, updatedAt], before: now)
        }
        var state = scheduleState
        state.rewindHolds(to: now, lead: lead)
        for permit in withdrawn.compactMap(\.circuitPermit) { state.breaker?.record(.ignored, permit, at: now) }
        if scheduleState.decidedThrough > now {
            let freed = freedRanges(after: now, skips: skips, withdrawn: withdrawn)
            let decided = decidedRanges(after: now, except: freed)
            var rewound = state
            rewound.decidedThrough = now
            rewound.decidedAhead = decided + state.decidedAhead.filter { $0.first > state.decidedThrough }
            rewound.forgetLapsedRanges(after: now)
            rewound.cutOutOfForce(at: now)
            rewound.firedCount = max(0, state.firedCount &- withdrawn.count)
            if let awaited = state.awaitedExecutionID, withdrawn.contains(where: { $0.id == awaited }) {
                rewound.awaitedExecutionID = nil
            }
            if rewound.resumeSchedule(job.definition.schedule, at: now) || !withdrawn.isEmpty {
                state = rewound
                kept = skips.compactMap { $0.cut(at: now, schedule: schedule) }
            }
        }
        guard state != scheduleState || job != self else { return nil }
        job.move(to: state, restarting: true)
        return (job, kept)
    }

    /// The ranges of nominal dates after a date whose occurrences have neither fired nor been skipped for good.
    private func freedRanges(after now: Date, skips: [SkippedOccurrence], withdrawn: [Execution]) -> [DecidedRange] {
        var freed = withdrawn.map { DecidedRange(first: $0.scheduledFor, last: $0.scheduledFor) }
        freed += skips.filter { $0.last > now && $0.reason.isLapse }.map {
            DecidedRange(first: max($0.first, now.justAfter), last: $0.last)
        }
        freed += scheduleState.lapsedRanges.filter { $0.last > now }.map {
            DecidedRange(first: max($0.first, now.justAfter), last: $0.last)
        }
        // A job has decided nothing before it existed, and only an immediate one fires at its creation.
        let beginning = scheduleState.lastFired == createdAt ? createdAt.justBefore : createdAt
        if createdAt > now { freed.append(DecidedRange(first: now.justAfter, last: beginning)) }
        // Older skips may have been trimmed, or none are kept at all.
        if skips.count >= definition.retention.maximumCount {
            let earliest = skips.first?.first ?? scheduleState.decidedThrough
            if scheduleState.lastFired.map({ $0 <= now }) ?? true {
                // Nothing fired while the clock was ahead.
                freed.append(DecidedRange(first: now.justAfter, last: earliest.justBefore))
            } else if scheduleState.hasForgottenLapses, earliest > now.addingTimeInterval(86_400) {
                // After more than a day, firing twice what has no record any more is better than not firing.
                let end = min(earliest, max(scheduleState.lastFired ?? earliest, now))
                freed.append(DecidedRange(first: now.justAfter, last: end.justBefore))
            }
        }
        return freed.sorted { ($0.first, $0.last) < ($1.first, $1.last) }
    }

    /// The ranges from a date through ``ScheduleState/decidedThrough`` that stay decided and name an occurrence.
    private func decidedRanges(after now: Date, except freed: [DecidedRange]) -> [DecidedRange] {
        guard schedule.isSeries else { return [] }
        var decided: [DecidedRange] = []
        var start = now.justAfter
        for range in freed where range.last >= start {
            if range.first > start { decided.append(DecidedRange(first: start, last: range.first.justBefore)) }
            start = range.last.justAfter
        }
        if start <= scheduleState.decidedThrough {
            decided.append(DecidedRange(first: start, last: scheduleState.decidedThrough))
        }
        return decided.filter { range in
            schedule.next(after: range.first.justBefore).map { $0 <= range.last } ?? false
        }
    }
}

extension ScheduleState {
    /// The latest date at which the state was written, as far as it tells.
    var latestWritten: Date {
        guard let trip = breaker?.trip else { return decidedThrough }
        return max(decidedThrough, trip.date)
    }

    /// Brings back the end of a pause, and the job's breaker.
    fileprivate mutating func rewindHolds(to now: Date, lead: TimeInterval) {
        let isHeld = isHeldByBreaker
        if var breaker, breaker.rewind(to: now) {
            self.breaker = breaker
            if isHeld, case .open(let end) = breaker.state(at: now), let trip = breaker.trip {
                resumesAt = end
                reason = Self.reason(breakerOpenUntil: end, because: trip)
            }
        } else if !isHeld, lead > 0, let end = resumesAt, end > now.addingTimeInterval(lead) {
            resumesAt = end.addingTimeInterval(-lead)
        }
    }

    /// Finds the next occurrence after a date that lies before the decided ones.
    ///
    /// - Returns: Whether there is another one than before.
    fileprivate mutating func resumeSchedule(_ schedule: Schedule, at now: Date) -> Bool {
        let old = next
        if !schedule.isSeries, awaitedExecutionID != nil { return false }
        if let limit = schedule.maximumRuns, firedCount >= limit { return false }
        guard let occurrence = nextOccurrence(of: schedule, after: now) else { return false }
        if state == .completed {
            state = .active
            reason = nil
        }
        proceed(to: occurrence)
        return next != old
    }
}

extension SkippedOccurrence {
    /// Returns the part of a skip through a date, or `nil` if there is none.
    fileprivate func cut(at now: Date, schedule: Schedule) -> SkippedOccurrence? {
        guard reason.isLapse, last > now else { return self }
        guard first <= now, let end = schedule.previous(before: now.justAfter), end >= first else { return nil }
        var part = self
        part.last = end
        part.count = schedule.count(from: first, through: end, limit: 10_000)
        return part
    }
}

extension Execution {
    /// Returns the progress of an unfinished execution whose dates lie beyond a date, or `nil` if none does.
    ///
    /// A delay is as long as it was, counted from `now`.
    ///
    /// - Parameter leaseSpan: The length of the longest lease that was granted, if one was.
    fileprivate func progress(rewoundTo now: Date, leaseSpan: TimeInterval?) -> ExecutionProgress? {
        var new = progress
        let origin = progress.delayedFrom ?? createdAt
        func moved(_ date: Date) -> Date {
            date >= origin ? now.addingTimeInterval(date.timeIntervalSince(origin)) : date
        }
        switch progress.status {
        case .queued, .waiting:
            guard origin > now else { return nil }
            new.dueAt = moved(progress.dueAt)
            new.expiresAt = progress.expiresAt.map(moved)
            // So that moving them again changes nothing.
            new.delayedFrom = now
        case .running:
            guard let lease = progress.lease else { return nil }
            let span = leaseSpan ?? lease.expiresAt.timeIntervalSince(progress.attemptStartedAt ?? now)
            new.lease?.expiresAt = min(lease.expiresAt, now.addingTimeInterval(max(0, span)))
            new.attemptStartedAt = progress.attemptStartedAt.map { min($0, now) }
        case .succeeded, .failed, .canceled, .expired: return nil
        }
        return new == progress ? nil : new
    }
}
