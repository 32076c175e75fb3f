import Foundation
import RotaCore
import RotaRetry
import RotaSchedule
import RotaStore

/// Decides what becomes of a job's due occurrences; a pure function of the job and the time.
struct FirePlanner: Sendable {
    /// How late an occurrence may be noticed without counting as missed.
    let tolerance: Duration
    /// The largest number of executions in one fire.
    let batchSize: Int

    /// The most occurrences that are counted one by one; beyond, a skip's count is unknown.
    private static let countingLimit = 10_000

    /// Plans a fire.
    ///
    /// If the oldest due occurrence is no later than the tolerance, every due one fires. Otherwise some were missed,
    /// and the job's misfire policy decides about all that are due. Occurrences that somebody asked to be skipped come
    /// off first. A paused job whose pause is over goes on; what is due by then is left to the next fire.
    ///
    /// - Returns: `nil` if nothing is due.
    func plan(
        _ job: Job, at now: Date, catchUp: inout CatchUp, makeID: () -> ExecutionID
    ) -> FireRequest? {
        guard let wake = job.scheduleState.nextWakeup, wake <= now else { return nil }
        if job.scheduleState.state == .paused { return goOn(job, at: wake, now: now) }
        guard let first = job.scheduleState.next else { return nil }
        let schedule = job.schedule
        var scheduleState = job.scheduleState
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
            let verdict = verdict(from: due, job: job, now: now)
            scheduleState.decidedThrough = verdict.last
            executions = verdict.fired.map {
                execution(of: job, for: $0, id: makeID(), at: now, catchUp: &catchUp)
            }
            skips += verdict.skips(of: job.id, schedule: schedule, countingLimit: Self.countingLimit, at: now)
        }
        // A delay after a run is counted from now if there was none: it is no series that could be made up for.
        let from =
            schedule.completionDelay == nil ? scheduleState.decidedThrough : max(scheduleState.decidedThrough, now)
        scheduleState.proceed(to: schedule.nextOccurrence(after: from))
        return FireRequest(
            jobID: job.id, expectedRevision: job.scheduleState.revision, executions: executions, skips: skips,
            scheduleState: scheduleState)
    }

    /// Lets a paused job go on as of the end of its pause: what was due before is skipped, what is due then fires.
    private func goOn(_ job: Job, at end: Date, now: Date) -> FireRequest {
        let (scheduleState, skips) = job.goingOn(at: end.millisecondEarlier)
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
        let isMadeUpFor = now.elapsed(since: dueAt) > tolerance
        if isMadeUpFor, case let place = catchUp.place(at: now), place > now { dueAt = place }
        var execution = job.execution(
            id: id, source: .schedule, scheduledFor: occurrence.nominal, dueAt: dueAt, createdAt: now)
        if dueAt > occurrence.effective, let limit = job.misfire.maximumLateness {
            // It must not start later than its lateness allows only because others go before it.
            let last = occurrence.effective.advanced(by: limit)
            execution.progress.expiresAt = min(execution.progress.expiresAt ?? last, last)
        }
        return execution
    }

    /// The occurrences that are due and that somebody asked to be skipped.
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

    private func verdict(from first: Occurrence, job: Job, now: Date) -> FireVerdict {
        let schedule = job.schedule
        var verdict =
            now.elapsed(since: first.effective) <= tolerance
            ? onTime(from: first.nominal, schedule: schedule, now: now)
            : missed(from: first.nominal, job: job, now: now)
        verdict.dropLate(than: job.misfire.maximumLateness, at: now)
        verdict.limit(toRuns: schedule.maximumRuns.map { max(0, $0 - job.scheduleState.firedCount) })
        return verdict
    }

    private func onTime(from first: Date, schedule: Schedule, now: Date) -> FireVerdict {
        var fired: [Occurrence] = []
        var candidate: Occurrence? = schedule.occurrence(at: first)
        while let occurrence = candidate, occurrence.effective <= now, fired.count < batchSize {
            fired.append(occurrence)
            candidate = schedule.nextOccurrence(after: occurrence.nominal)
        }
        return FireVerdict(first: first, last: fired.last?.nominal ?? first, fired: fired)
    }

    private func missed(from first: Date, job: Job, now: Date) -> FireVerdict {
        let schedule = job.schedule
        let latest = latestDue(from: first, schedule: schedule, now: now)
        var verdict = FireVerdict(first: first, last: latest.nominal, fired: [])
        switch job.misfire.rule {
        case .latest:
            verdict.fired = [latest]
        case .skip:
            verdict = stillOnTime(verdict, schedule: schedule, now: now)
        case .all(let limit):
            verdict.fired = newest(limit, from: first, to: latest, schedule: schedule)
        }
        return verdict
    }

    /// The last occurrence that is due, not before the first.
    private func latestDue(from first: Date, schedule: Schedule, now: Date) -> Occurrence {
        let latest = schedule.latest(upTo: now.advanced(by: .zero - schedule.smoothingOffset)) ?? first
        return schedule.occurrence(at: max(first, latest))
    }

    /// The occurrences that are due but not late, as many as fit a batch; the rest of them is left to the next fire.
    private func stillOnTime(_ verdict: FireVerdict, schedule: Schedule, now: Date) -> FireVerdict {
        let bound = now.advanced(by: .zero - tolerance - schedule.smoothingOffset)
        var candidate = schedule.nextOccurrence(after: max(bound.justBefore, verdict.first))
        while let occurrence = candidate, occurrence.nominal < bound {
            candidate = schedule.nextOccurrence(after: occurrence.nominal)
        }
        guard let from = candidate?.nominal, from <= verdict.last else { return verdict }
        let kept = onTime(from: from, schedule: schedule, now: now)
        return FireVerdict(first: verdict.first, last: kept.last, fired: kept.fired)
    }

    /// The newest occurrences, from the latest backwards, in the order of time.
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

/// What was decided about the occurrences from one instant to another: those that fire, and so those that do not.
struct FireVerdict {
    /// The nominal instant of the first occurrence decided on.
    let first: Date
    /// The nominal instant of the last one.
    private(set) var last: Date
    /// Those that fire, in order.
    var fired: [Occurrence]
    /// Those that would fire but come too late.
    private var late: [Occurrence] = []

    init(first: Date, last: Date, fired: [Occurrence]) {
        self.first = first
        self.last = last
        self.fired = fired
    }

    /// Takes back those that are later than a limit.
    mutating func dropLate(than limit: Duration?, at now: Date) {
        guard let limit else { return }
        late = fired.filter { now.elapsed(since: $0.effective) > limit }
        fired.removeFirst(late.count)
    }

    /// Leaves out those beyond the runs that a job may still have; the job is completed when the others have fired.
    ///
    /// They are left to the next fire, for the overlap policy or a breaker may take one of these.
    mutating func limit(toRuns remaining: Int?) {
        guard let remaining, fired.count > remaining else { return }
        fired = Array(fired.prefix(remaining))
        if let newest = fired.last { last = newest.nominal }
    }

    /// The occurrences that do not fire, those of one reason together.
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

/// Spreads what is made up for after a downtime, so that a restart is no stampede.
struct CatchUp {
    /// The largest number of executions that become due within a second.
    let rate: Int
    /// The beginning of the last second in which an execution was given a place, and how many it has.
    private var second = Date.distantPast
    private var used = 0
    private var lastNow = Date.distantPast

    init(rate: Int) {
        self.rate = rate
    }

    /// The instant from which the next execution that is made up for may start: now, or the first second with room.
    mutating func place(at now: Date) -> Date {
        // After a step back of the clock the seconds that are planned lie as far ahead as before.
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
    /// Lets through what the job's breaker permits; while it is open or a probe is under way, the rest is skipped.
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
