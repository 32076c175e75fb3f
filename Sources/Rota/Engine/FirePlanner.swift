import Foundation
import RotaCore
import RotaRetry
import RotaSchedule
import RotaStore

/// Decides about a job's due occurrences: a pure function of the job and the time.
///
/// ```
///     decidedThrough                           now
/// ─────────┼────────────●────●────●────●────────┼───▶
///                       first         latest
///            requested skips │ misfire │ late │ fire
/// ```
///
/// Each due occurrence ends up in exactly one of four groups: skipped on request, skipped as a misfire, skipped because
/// it is too late, or fired. The groups are in this order of time, so each is recorded as one range.
struct FirePlanner: Sendable {
    /// How late an occurrence may be noticed without counting as missed.
    let tolerance: Duration
    /// The largest number of executions in one fire.
    let batchSize: Int

    /// The most occurrences that are counted one by one.
    ///
    /// The count of a longer range of skips is unknown.
    private static let countingLimit = 10_000

    /// Plans a fire.
    ///
    /// If the oldest due occurrence is within the tolerance, all due occurrences fire. Otherwise some were missed, and
    /// the job's misfire policy decides about all that are due. Occurrences that were asked to be skipped come off
    /// first. A paused job whose pause has ended is resumed, and what is due by then is left to the next fire.
    ///
    /// - Returns: `nil` if nothing is due.
    /// - Throws: `ScheduleError` if the rules of a time zone of the job cannot be read now. A schedule that cannot be
    ///   computed is not one that has ended, so nothing is decided.
    func plan(
        _ job: Job, at now: Date, catchUp: inout CatchUp, makeID: () -> ExecutionID
    ) throws(ScheduleError) -> FireRequest? {
        guard let wake = job.scheduleState.nextWakeup, wake <= now else { return nil }
        let schedule = job.schedule
        try schedule.checkZones()
        try job.limits.window?.checkZone()
        if job.scheduleState.state == .paused { return resumption(of: job, at: wake, now: now) }
        var scheduleState = job.scheduleState
        guard let first = job.scheduleState.next else {
            scheduleState.proceed(to: schedule.nextOccurrence(after: wake))
            return FireRequest(
                jobID: job.id, expectedRevision: job.scheduleState.revision, executions: [], skips: [],
                scheduleState: scheduleState)
        }
        var skips: [SkippedOccurrence] = []
        var due: Occurrence? = schedule.occurrence(at: first)
        if scheduleState.skipsRemaining > 0 {
            let requested = requestedSkip(of: job, from: first, at: now)
            skips = [requested]
            scheduleState.skipsRemaining -= requested.count ?? 0
            scheduleState.decidedThrough = requested.last
            due = schedule.nextOccurrence(after: requested.last)
        }
        var executions: [Execution] = []
        if let due, due.effective <= now {
            let decision = decision(from: due, job: job, now: now)
            scheduleState.decidedThrough = decision.last
            executions = decision.fired.map {
                execution(of: job, for: $0, id: makeID(), at: now, catchUp: &catchUp)
            }
            skips += decision.skips(of: job.id, schedule: schedule, countingLimit: Self.countingLimit, at: now)
        }
        // A delay that follows an execution restarts from now. It is not a series that could catch up.
        let from =
            schedule.completionDelay == nil ? scheduleState.decidedThrough : max(scheduleState.decidedThrough, now)
        scheduleState.proceed(to: schedule.nextOccurrence(after: from))
        return FireRequest(
            jobID: job.id, expectedRevision: job.scheduleState.revision, executions: executions, skips: skips,
            scheduleState: scheduleState)
    }

    /// Resumes a paused job as of the end of its pause.
    ///
    /// Occurrences before that date are skipped, those from it on fire.
    private func resumption(of job: Job, at end: Date, now: Date) -> FireRequest {
        let (scheduleState, skips) = job.resuming(at: end.millisecondEarlier)
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
        let firesLate = now.elapsed(since: dueAt) > tolerance
        if firesLate, case let place = catchUp.place(at: now), place > now { dueAt = place }
        var execution = job.execution(
            id: id, source: .schedule, scheduledFor: occurrence.nominal, dueAt: dueAt, createdAt: now)
        if dueAt > occurrence.effective, let limit = job.misfire.maximumLateness {
            // Waiting for its place must not make it later than the maximum lateness.
            let last = occurrence.effective.advanced(by: limit)
            execution.progress.expiresAt = min(execution.progress.expiresAt ?? last, last)
        }
        return execution
    }

    /// Returns the due occurrences that were asked to be skipped.
    private func requestedSkip(of job: Job, from first: Date, at now: Date) -> SkippedOccurrence {
        var last = first
        var count = 1
        while count < job.scheduleState.skipsRemaining,
            let next = job.schedule.nextOccurrence(after: last), next.effective <= now
        {
            last = next.nominal
            count += 1
        }
        return SkippedOccurrence(
            jobID: job.id, first: first, last: last, count: count, reason: .requested, decidedAt: now)
    }

    private func decision(from first: Occurrence, job: Job, now: Date) -> FireDecision {
        let schedule = job.schedule
        var decision =
            now.elapsed(since: first.effective) <= tolerance
            ? onTime(from: first.nominal, schedule: schedule, now: now)
            : missed(from: first.nominal, job: job, now: now)
        decision.dropLate(than: job.misfire.maximumLateness, at: now)
        decision.limit(toRuns: schedule.maximumRuns.map { max(0, $0 - job.scheduleState.firedCount) })
        return decision
    }

    private func onTime(from first: Date, schedule: Schedule, now: Date) -> FireDecision {
        var fired: [Occurrence] = []
        var candidate: Occurrence? = schedule.occurrence(at: first)
        while let occurrence = candidate, occurrence.effective <= now, fired.count < batchSize {
            fired.append(occurrence)
            candidate = schedule.nextOccurrence(after: occurrence.nominal)
        }
        return FireDecision(first: first, last: fired.last?.nominal ?? first, fired: fired)
    }

    private func missed(from first: Date, job: Job, now: Date) -> FireDecision {
        let schedule = job.schedule
        let latest = latestDue(from: first, schedule: schedule, now: now)
        var decision = FireDecision(first: first, last: latest.nominal, fired: [])
        switch job.misfire.rule {
        case .latest:
            decision.fired = [latest]
        case .skip:
            decision = stillOnTime(decision, schedule: schedule, now: now)
        case .all(let limit):
            decision.fired = newest(limit, from: first, to: latest, schedule: schedule)
        }
        return decision
    }

    /// Returns the last due occurrence, but none before the first.
    private func latestDue(from first: Date, schedule: Schedule, now: Date) -> Occurrence {
        let latest = schedule.latest(upTo: now.advanced(by: .zero - schedule.smoothingOffset)) ?? first
        return schedule.occurrence(at: max(first, latest))
    }

    /// Returns the due occurrences within the tolerance, as many as fit a batch.
    ///
    /// The others are left to the next fire.
    private func stillOnTime(_ decision: FireDecision, schedule: Schedule, now: Date) -> FireDecision {
        let bound = now.advanced(by: .zero - tolerance - schedule.smoothingOffset)
        var candidate = schedule.nextOccurrence(after: max(bound.justBefore, decision.first))
        while let occurrence = candidate, occurrence.nominal < bound {
            candidate = schedule.nextOccurrence(after: occurrence.nominal)
        }
        guard let from = candidate?.nominal, from <= decision.last else { return decision }
        let kept = onTime(from: from, schedule: schedule, now: now)
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

/// The decision about a range of occurrences: those that fire, and by omission those that do not.
struct FireDecision {
    /// The nominal date of the first occurrence decided on.
    let first: Date
    /// The nominal date of the last one.
    private(set) var last: Date
    /// The occurrences that fire, in order.
    var fired: [Occurrence]
    /// The occurrences that would fire but are too late.
    private var late: [Occurrence] = []

    init(first: Date, last: Date, fired: [Occurrence]) {
        self.first = first
        self.last = last
        self.fired = fired
    }

    /// Moves the occurrences beyond a maximum lateness from those that fire to those that are late.
    mutating func dropLate(than limit: Duration?, at now: Date) {
        guard let limit else { return }
        late = fired.filter { now.elapsed(since: $0.effective) > limit }
        fired.removeFirst(late.count)
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

    /// Returns the occurrences that do not fire, one range for each reason.
    func skips(of job: JobID, schedule: Schedule, countingLimit: Int, at now: Date) -> [SkippedOccurrence] {
        var skips: [SkippedOccurrence] = []
        if let oldest = (late.first ?? fired.first)?.nominal ?? Optional(last), first < oldest,
            let skippedLast = schedule.previous(before: oldest), skippedLast >= first
        {
            skips.append(
                SkippedOccurrence(
                    jobID: job, first: first, last: skippedLast,
                    count: schedule.count(from: first, through: skippedLast, limit: countingLimit), reason: .misfire,
                    decidedAt: now))
        }
        if late.isEmpty, fired.isEmpty {
            skips = [
                SkippedOccurrence(
                    jobID: job, first: first, last: last,
                    count: schedule.count(from: first, through: last, limit: countingLimit), reason: .misfire,
                    decidedAt: now)
            ]
        }
        if let lateFirst = late.first, let lateLast = late.last {
            skips.append(
                SkippedOccurrence(
                    jobID: job, first: lateFirst.nominal, last: lateLast.nominal, count: late.count, reason: .tooLate,
                    decidedAt: now))
        }
        return skips
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

extension FireRequest {
    /// Applies the job's breaker: while it is open or a probe is running, occurrences are skipped.
    func admitted(for job: Job, at now: Date) -> FireRequest {
        guard var breaker = scheduleState.breaker, breaker.trip != nil else { return self }
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
        return fire
    }
}
