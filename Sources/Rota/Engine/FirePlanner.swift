import Foundation
import RotaCore
import RotaRetry
import RotaSchedule
import RotaStore

/// Decides about a job's due occurrences: a pure function of the job and the time.
///
/// ```
///     decidedThrough                                now
/// ─────────┼────────────●────●────●────●────●────●────┼───▶
///            requested skips │ too late │ misfire │ fire
/// ```
///
/// Each due occurrence belongs to exactly one of four groups. Each group is one range of time, from old to new:
///
/// 1. Skipped on request.
/// 2. Skipped as too late: overdue by more than the job's maximum lateness.
/// 3. Skipped as a misfire: overdue by more than ``misfireThreshold``, and not chosen by the misfire policy.
/// 4. Fired. If the job's breaker is open, ``FireRequest/applyingBreaker(of:at:)`` skips them afterwards.
struct FirePlanner: Sendable {
    /// How long an occurrence may be overdue without counting as missed.
    let misfireThreshold: Duration
    /// The most executions in one fire; newer occurrences wait for the next one.
    let batchSize: Int

    /// The most occurrences that are counted one by one.
    ///
    /// The count of a longer range of skips is unknown.
    private static let countingLimit = 10_000

    /// Plans a fire.
    ///
    /// A paused job whose pause has ended is resumed, and its due occurrences are left to the next fire.
    ///
    /// - Returns: `nil` if nothing is due.
    /// - Throws: `ScheduleError` if the rules of a time zone of the job cannot be read now, or a calendar that it names
    ///   is unknown. A schedule that cannot be computed is not one that has ended, so nothing is decided.
    func plan(
        _ job: Job, at now: Date, catchUp: inout CatchUp, makeID: () -> ExecutionID
    ) throws(ScheduleError) -> FireRequest? {
        guard let wake = job.scheduleState.nextWakeup, wake <= now else { return nil }
        let schedule = job.schedule
        try schedule.checkComputable()
        if job.hasExtras { try job.limits.window?.checkZone() }
        if job.scheduleState.state == .paused { return resumption(of: job, at: wake, now: now) }
        guard let first = job.scheduleState.next else { return computation(of: job, after: wake) }
        if job.createdAt <= now, first < job.createdAt,
            job.scheduleState.decidedAhead.contains(where: { $0.last >= job.createdAt })
        {
            return advanceToCreation(of: job)
        }
        return fireRequest(of: job, from: first, at: now, catchUp: &catchUp, makeID: makeID)
    }

    /// Decides about the due occurrences of an active job: those to skip on request first, then the others.
    private func fireRequest(
        of job: Job, from first: Date, at now: Date, catchUp: inout CatchUp, makeID: () -> ExecutionID
    ) -> FireRequest {
        let schedule = job.schedule
        var scheduleState = job.scheduleState
        var skips: [SkippedOccurrence] = []
        var due: Occurrence? = schedule.occurrence(at: first)
        if scheduleState.skipsRemaining > 0 {
            let requested = requestedSkip(of: job, from: first, at: now)
            skips = [requested]
            scheduleState.skipsRemaining -= requested.count ?? 0
            scheduleState.decidedThrough = requested.last
            due = schedule.isSeries ? scheduleState.nextOccurrence(of: schedule, after: requested.last) : nil
        }
        var executions: [Execution] = []
        if let due, due.effective <= now {
            let decision = decide(from: due, job: job, now: now)
            scheduleState.decidedThrough = decision.last
            executions = decision.fired.map {
                execution(of: job, for: $0, id: makeID(), at: now, catchUp: &catchUp)
            }
            skips += self.skips(by: decision, job: job, now: now)
        }
        scheduleState.remember(skips, retention: job.retention)
        // A delay that follows an execution restarts from now. It is not a series that could catch up.
        if !schedule.isSeries { scheduleState.decidedThrough = max(scheduleState.decidedThrough, now) }
        let decided = scheduleState.decidedThrough
        if let ahead = scheduleState.decidedAhead.first, ahead.last <= decided {
            scheduleState.decidedAhead.removeAll { $0.last <= decided }
        }
        scheduleState.proceed(to: scheduleState.nextOccurrence(of: schedule, after: decided))
        return FireRequest(
            jobID: job.id, expectedRevision: job.scheduleState.revision, executions: executions, skips: skips,
            scheduleState: scheduleState)
    }

    /// Returns a fire that computes the next occurrence, which could not be computed before.
    ///
    /// See ``ScheduleState/nextEffective``: the schedule could not be read when the last execution ended.
    private func computation(of job: Job, after wake: Date) -> FireRequest {
        var scheduleState = job.scheduleState
        scheduleState.proceed(to: job.schedule.nextOccurrence(after: wake))
        return FireRequest(
            jobID: job.id, expectedRevision: job.scheduleState.revision, executions: [], skips: [],
            scheduleState: scheduleState)
    }

    /// Returns a fire that advances a job to its creation, before which it has no occurrences.
    ///
    /// Its schedule state can lie before its creation after a clock that was behind for a while, as after a start
    /// without a battery.
    private func advanceToCreation(of job: Job) -> FireRequest {
        var scheduleState = job.scheduleState
        scheduleState.decidedThrough = job.createdAt
        scheduleState.proceed(to: scheduleState.nextOccurrence(of: job.schedule, after: job.createdAt))
        return FireRequest(
            jobID: job.id, expectedRevision: job.scheduleState.revision, executions: [], skips: [],
            scheduleState: scheduleState)
    }

    /// Resumes a paused job as of the end of its pause.
    ///
    /// Occurrences before that date are skipped, those from it on fire.
    private func resumption(of job: Job, at end: Date, now: Date) -> FireRequest {
        var (scheduleState, skips) = job.resuming(at: end.millisecondEarlier)
        scheduleState.remember(skips, retention: job.retention)
        return FireRequest(
            jobID: job.id, expectedRevision: job.scheduleState.revision, executions: [],
            skips: skips.map { skip in
                var skip = skip
                skip.decidedAt = now
                return skip
            },
            scheduleState: scheduleState)
    }

    private func execution(
        of job: Job, for occurrence: Occurrence, id: ExecutionID, at now: Date, catchUp: inout CatchUp
    ) -> Execution {
        var dueAt = occurrence.effective
        let wasMissed = occurrence.overdue(at: now) > misfireThreshold
        if wasMissed, case let place = catchUp.place(at: now), place > now { dueAt = place }
        var execution = job.execution(
            id: id, source: .schedule, scheduledFor: occurrence.nominal, dueAt: dueAt, createdAt: now)
        if dueAt > occurrence.effective, let limit = job.misfire.maximumLateness {
            // The catch-up rate must not delay it past the maximum lateness.
            let last = occurrence.effective.advanced(by: limit)
            execution.progress.expiresAt = min(execution.progress.expiresAt ?? last, last)
        }
        return execution
    }

    /// Returns the due occurrences that were asked to be skipped.
    private func requestedSkip(of job: Job, from first: Date, at now: Date) -> SkippedOccurrence {
        var last = first
        var count = 1
        while job.isSeries, count < job.scheduleState.skipsRemaining,
            let next = job.scheduleState.nextOccurrence(of: job.schedule, after: last), next.effective <= now
        {
            last = next.nominal
            count += 1
        }
        return SkippedOccurrence(
            jobID: job.id, first: first, last: last, count: count, reason: .requested, decidedAt: now)
    }

    /// Decides about the due occurrences that are not skipped on request.
    private func decide(from first: Occurrence, job: Job, now: Date) -> FireDecision {
        let schedule = job.schedule
        let isOnTime = first.overdue(at: now) <= misfireThreshold
        var decision =
            if !schedule.isSeries {
                FireDecision(
                    first: first.nominal, last: first.nominal,
                    fired: isOnTime || job.misfire.rule != .skip ? [first] : [])
            } else if isOnTime {
                onTime(from: first.nominal, job: job, now: now)
            } else {
                applyMisfirePolicy(from: first.nominal, job: job, now: now)
            }
        decision.fired.removeAll { job.misfire.isTooLate($0.overdue(at: now)) }
        decision.limit(toRuns: schedule.maximumRuns.map { max(0, $0 - job.scheduleState.firedCount) })
        decision.limit(toRuns: min(batchSize, max(1, StoreState.largeCommit / bytes(ofExecutionOf: job))))
        return decision
    }

    /// The size of the record of one execution of a job, about.
    func bytes(ofExecutionOf job: Job) -> Int {
        job.metadata.reduce(128 + job.name.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count + 8 }
    }

    private func onTime(from first: Date, job: Job, now: Date) -> FireDecision {
        let (schedule, border) = (job.schedule, job.scheduleState.undecidedThrough(from: first))
        var fired: [Occurrence] = []
        var candidate: Occurrence? = schedule.occurrence(at: first)
        while let occurrence = candidate, occurrence.effective <= now, border.map({ occurrence.nominal <= $0 }) ?? true,
            fired.count < batchSize
        {
            fired.append(occurrence)
            candidate = schedule.nextOccurrence(after: occurrence.nominal)
        }
        return FireDecision(first: first, last: fired.last?.nominal ?? first, fired: fired)
    }

    /// Applies the misfire policy to a range of due occurrences whose first was missed.
    ///
    /// Those that were not missed fire under every policy.
    private func applyMisfirePolicy(from first: Date, job: Job, now: Date) -> FireDecision {
        let schedule = job.schedule
        let latest = latestDue(from: first, job: job, now: now)
        let all = FireDecision(first: first, last: latest.nominal, fired: [])
        let onTime = stillOnTime(all, job: job, now: now)
        var chosen = all
        switch job.misfire.rule {
        case .skip: return onTime
        case .latest: chosen.fired = [latest]
        case .all(let limit): chosen.fired = newest(limit, from: first, to: latest, schedule: schedule)
        }
        guard let firstOnTime = onTime.fired.first, let firstChosen = chosen.fired.first else { return chosen }
        return firstOnTime.nominal <= firstChosen.nominal ? onTime : chosen
    }

    /// Returns the last due occurrence, but none before the first.
    private func latestDue(from first: Date, job: Job, now: Date) -> Occurrence {
        let schedule = job.schedule
        let due = now.advanced(by: .zero - schedule.smoothingOffset)
        let border = job.scheduleState.undecidedThrough(from: first)
        let latest = schedule.latest(upTo: border.map { min($0, due) } ?? due) ?? first
        return schedule.occurrence(at: max(first, latest))
    }

    /// Returns the due occurrences within the misfire threshold, as many as fit a batch.
    ///
    /// The others are left to the next fire.
    private func stillOnTime(_ decision: FireDecision, job: Job, now: Date) -> FireDecision {
        let schedule = job.schedule
        let bound = now.advanced(by: .zero - misfireThreshold - schedule.smoothingOffset)
        var candidate = schedule.nextOccurrence(after: max(bound.justBefore, decision.first))
        while let occurrence = candidate, occurrence.nominal < bound {
            candidate = schedule.nextOccurrence(after: occurrence.nominal)
        }
        guard let from = candidate?.nominal, from <= decision.last else { return decision }
        let kept = onTime(from: from, job: job, now: now)
        return FireDecision(first: decision.first, last: kept.last, fired: kept.fired)
    }

    /// Returns the newest occurrences, in the order of time.
    ///
    /// Walks backwards, so downtime of any length costs the same.
    private func newest(
        _ limit: Int, from first: Date, to latest: Occurrence, schedule: Schedule
    ) -> [Occurrence] {
        var found: [Occurrence] = []
        var candidate: Occurrence? = latest
        while let occurrence = candidate, occurrence.nominal >= first, found.count < limit {
            found.append(occurrence)
            candidate = schedule.previous(before: occurrence.nominal).map { schedule.occurrence(at: $0) }
        }
        return found.reversed()
    }
}

extension Occurrence {
    /// The time from the effective date to the decision about the occurrence, which the misfire threshold and the
    /// maximum lateness limit.
    ///
    /// - Parameter now: When it is decided.
    fileprivate func overdue(at now: Date) -> Duration { now.elapsed(since: effective) }
}

/// The decision about a range of occurrences: the newest fire, and those before them do not.
struct FireDecision {
    /// The nominal date of the first occurrence decided on.
    let first: Date
    /// The nominal date of the last one.
    private(set) var last: Date
    /// The occurrences that fire, in order.
    var fired: [Occurrence]

    init(first: Date, last: Date, fired: [Occurrence]) {
        self.first = first
        self.last = last
        self.fired = fired
    }

    /// Leaves out occurrences beyond the executions the job may still have.
    ///
    /// It completes when the others have fired.
    ///
    /// Those left out stay undecided until the next fire: the overlap policy or a breaker may skip one of the others.
    mutating func limit(toRuns remaining: Int?) {
        guard let remaining, fired.count > remaining else { return }
        fired = Array(fired.prefix(remaining))
        if let newest = fired.last { last = newest.nominal }
    }
}

extension FirePlanner {
    /// Returns the occurrences that do not fire: the older ones are too late, the others misfires.
    private func skips(by decision: FireDecision, job: Job, now: Date) -> [SkippedOccurrence] {
        let schedule = job.schedule
        var end = decision.last
        if let oldest = decision.fired.first?.nominal {
            guard schedule.isSeries, let before = schedule.previous(before: oldest) else { return [] }
            end = before
        }
        guard end >= decision.first else { return [] }
        func range(_ first: Date, _ last: Date, _ reason: SkippedOccurrence.Reason) -> SkippedOccurrence {
            SkippedOccurrence(
                jobID: job.id, first: first, last: last,
                count: first == last ? 1 : schedule.count(from: first, through: last, limit: Self.countingLimit),
                reason: reason, decidedAt: now)
        }
        guard let lastLate = lastTooLate(from: decision.first, through: end, job: job, now: now) else {
            return [range(decision.first, end, .misfire)]
        }
        let late = range(decision.first, lastLate, .tooLate)
        guard lastLate < end, let missed = schedule.next(after: lastLate) else { return [late] }
        return [late, range(missed, end, .misfire)]
    }

    /// The last occurrence of a range that is beyond the job's maximum lateness.
    private func lastTooLate(from first: Date, through last: Date, job: Job, now: Date) -> Date? {
        guard let limit = job.misfire.maximumLateness else { return nil }
        let schedule = job.schedule
        func isTooLate(_ nominal: Date) -> Bool {
            job.misfire.isTooLate(schedule.occurrence(at: nominal).overdue(at: now))
        }
        if isTooLate(last) { return last }
        guard isTooLate(first) else { return nil }
        var found = schedule.latest(upTo: now.advanced(by: .zero - limit - schedule.smoothingOffset))
        while let candidate = found, !isTooLate(candidate) { found = schedule.previous(before: candidate) }
        return found.map { max($0, first) } ?? first
    }
}

extension FireRequest {
    /// Applies the job's breaker: while it is open or a probe is running, occurrences are skipped.
    func applyingBreaker(of job: Job, at now: Date) -> FireRequest {
        guard scheduleState.hasBreaker, var breaker = scheduleState.breaker, breaker.trip != nil else { return self }
        var fire = self
        guard job.definition.breaker == breaker.policy else {
            fire.scheduleState.breaker = nil
            return fire
        }
        fire.executions = []
        for execution in executions {
            switch breaker.admit(at: now) {
            case .permitted(let permit):
                var details = execution.details
                details.circuitPermit = permit
                fire.executions.append(execution.with(details: details))
            case .refused:
                fire.skips.append(
                    SkippedOccurrence(
                        jobID: job.id, first: execution.scheduledFor, last: execution.scheduledFor, count: 1,
                        reason: .breaker, decidedAt: now))
            }
        }
        fire.scheduleState.breaker = breaker
        fire.scheduleState.remember(Array(fire.skips.dropFirst(skips.count)), retention: job.retention)
        return fire
    }
}

/// Spreads late executions after downtime, so that a restart does not start them all at once.
struct CatchUp {
    /// The number of executions that become due in one second.
    let rate: Int
    /// The second in which the last execution was placed, and how many it has.
    private var second = Date.distantPast
    private var used = 0
    private var lastNow = Date.distantPast

    init(rate: Int) {
        self.rate = rate
    }

    /// Returns the date from which the next late execution may start: now, or the first second with room.
    mutating func place(at now: Date) -> Date {
        // After the clock is set back, the planned seconds must lie as far ahead as before.
        if now < lastNow { second = second.addingTimeInterval(now.timeIntervalSince(lastNow)) }
        lastNow = now
        if second.addingTimeInterval(1) <= now {
            (second, used) = (now, 0)
        } else if used >= rate {
            (second, used) = (second.addingTimeInterval(1), 0)
        }
        used += 1
        return max(now, second)
    }
}
