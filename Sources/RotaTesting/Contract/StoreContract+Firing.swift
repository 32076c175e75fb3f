import Foundation
import RotaSchedule
import RotaStore

extension StoreContract {
    /// Every occurrence gets one outcome, from one scheduler.
    static let firing: [Check] = [
        Check("a fire queues executions, records skips and moves the schedule state") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let fire = probe.fire(job, at: 60, 120, skips: [probe.skip(job, at: 180, .misfire)])
            let outcome = try await probe.only(probe.store.fire([fire]))
            try probe.expect(
                outcome, .fired(executions: fire.executions, skips: fire.skips, replaced: []), "the outcome")
            for execution in fire.executions {
                try probe.expect(await probe.execution(execution.id), execution, "the execution")
            }
            try await probe.expectSkips(of: job, [180: .misfire])
            let moved = try await probe.job(job.id)
            try probe.expect(moved.decidedThrough, probe.at(180), "the cursor")
            try probe.expect(moved.scheduleState.next, probe.at(240), "the next occurrence")
            try probe.expect(moved.revision, 2, "the revision")
            try probe.expect(moved.firedCount, 2, "firedCount")
            try probe.expect(moved.lastFired, probe.at(120), "lastFired")
        },
        Check("the second of two fires from one schedule state conflicts and changes nothing") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let (first, second) = (probe.fire(job, at: 60), probe.fire(job, at: 120))
            let outcomes = try await probe.store.fire([first, second])
            try probe.expect(
                outcomes, [.fired(executions: first.executions, skips: [], replaced: []), .conflict], "the outcomes")
            try probe.expect(await probe.store.fire([second]), [.conflict], "the outcome of another call")
            try probe.expect(await probe.executions().map(\.id), first.executions.map(\.id), "the queued executions")
            try probe.expect(await probe.job(job.id).decidedThrough, probe.at(60), "the cursor")
        },
        Check("a job that is not active or was deleted does not fire and does not block others") { probe in
            let idle = [JobState.paused, .draft, .completed].map { probe.job("idle", state: $0) }
            let (gone, active) = (probe.job("gone"), probe.job("active"))
            try await probe.insert(idle[0], idle[1], idle[2], active)
            let outcomes = try await probe.store.fire(
                (idle + [gone]).map { probe.fire($0, at: 60) } + [probe.fire(active, at: 60)])
            try probe.expect(outcomes.count, 5, "the number of outcomes")
            try probe.expect(Array(outcomes.prefix(4)), Array(repeating: .conflict, count: 4), "the first four")
            try probe.require(outcomes.last != .conflict, "a successful fire of the active job among refused ones")
            try probe.expect(await probe.executions().map(\.jobID), [active.id], "the jobs of the queued executions")
        },
        Check("a date at or before the cursor cannot be fired") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, at: 120)])
            let now = try await probe.job(job.id)
            for seconds in [60.0, 120] {
                let outcome = try await probe.store.fire([probe.fire(now, at: seconds)])
                try probe.expect(outcome, [.conflict], "the outcome of a fire at \(seconds) s")
            }
            try probe.expect(await probe.job(job.id), now, "the job")
        },
        Check("a fire with another job's execution is refused as a whole") { probe in
            let (job, other) = (probe.job(), probe.job())
            let taken = probe.execution(of: job, at: 1000)
            try await probe.insert(job, executions: [taken])
            try await probe.insert(other)
            var strange = probe.fire(job, at: 60, 120)
            strange.executions[1] = probe.execution(of: other, at: 120, source: .schedule)
            try probe.expect(await probe.store.fire([strange]), [.conflict], "a fire with another job's execution")
            strange.executions[1] = job.execution(
                id: taken.id, source: .schedule, scheduledFor: probe.at(120), createdAt: probe.at(0))
            try probe.expect(await probe.store.fire([strange]), [.conflict], "a fire with an existing identifier")
            try probe.expect(await probe.executions().map(\.id), [taken.id], "the queued executions")
            try probe.expect(await probe.job(job.id), job, "the job")
        },
        Check("a job is completed when its limit of executions is reached") { probe in
            let job = probe.job(schedule: .every(.seconds(60), anchor: probe.at(0)).limited(toRuns: 2))
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, at: 60)])
            let first = try await probe.job(job.id)
            try probe.expect(first.state, .active, "the state after the first execution")
            _ = try await probe.store.fire([probe.fire(first, at: 120)])
            let second = try await probe.job(job.id)
            try probe.expect(second.state, .completed, "the state after the last execution")
            try probe.expect(second.scheduleState.next, nil, "the next occurrence")
            try probe.require(second.reason != nil, "a reason for the completion")
        },
        Check("a schedule that counts from completion waits for the execution") { probe in
            let job = probe.job(schedule: .afterCompletion(.seconds(60)))
            try await probe.insert(job)
            let fire = probe.fire(job, at: 60)
            _ = try await probe.store.fire([fire])
            let waiting = try await probe.job(job.id)
            try probe.expect(waiting.scheduleState.next, nil, "the next occurrence while the execution is unfinished")
            try probe.expect(waiting.awaitedExecutionID, fire.executions[0].id, "awaitedExecutionID")
            let claim = try await probe.claimOne(at: 60)
            try await probe.finish(claim, .retry(at: probe.at(70), after: probe.failure), at: 65)
            try probe.expect(await probe.job(job.id).scheduleState.next, nil, "the next occurrence before the retry")
            try await probe.finish(try await probe.claimOne(at: 70), .succeeded, at: 100)
            let ended = try await probe.job(job.id)
            try probe.expect(ended.scheduleState.next, probe.at(160), "the next occurrence after the end")
            try probe.expect(ended.awaitedExecutionID, nil, "awaitedExecutionID after the end")
            try probe.require(
                ended.revision > waiting.revision, "a new revision when the completion moves the schedule")
        },
        Check("a schedule that counts from completion continues after a cancellation") { probe in
            let job = probe.job(schedule: .afterCompletion(.seconds(60)))
            try await probe.insert(job)
            let fire = probe.fire(job, at: 60)
            _ = try await probe.store.fire([fire])
            _ = try await probe.cancel(fire.executions[0].id, at: 80)
            try probe.expect(await probe.job(job.id).scheduleState.next, probe.at(140), "the next occurrence")
        },
        Check("a date that fired does not fire again under another schedule") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, at: 60)])
            var definition = job.definition
            definition.schedule = .every(.seconds(30), anchor: probe.at(0))
            let now = try await probe.job(job.id)
            let begun = try await probe.store.replace(
                probe.change(now, definition: definition) { scheduleState in
                    scheduleState.decidedThrough = probe.at(0)
                    scheduleState.next = probe.at(30)
                })
            guard begun.decidedThrough == probe.at(0) else { return }
            _ = try await probe.store.fire([probe.fire(begun, at: 30, 60)])
            let dates = try await probe.executions().map(\.scheduledFor)
            try probe.expect(dates.sorted(), [30, 60].map(probe.at), "the dates of the queued executions")
            try await probe.expectSkips(of: job, [60: .duplicate])
        },
        Check("an occurrence with a known idempotency key is skipped as a duplicate") { probe in
            let job = probe.job()
            let earlier = probe.execution(of: job) { $0.idempotencyKey = "once" }
            try await probe.insert(job, executions: [earlier])
            var fire = probe.fire(job, at: 60, 120)
            fire.executions = [60, 120].map { date in
                probe.execution(of: job, at: date, source: .schedule) {
                    $0.idempotencyKey = date == 60 ? "once" : "twice"
                }
            }
            _ = try await probe.store.fire([fire])
            try probe.expect(
                await probe.executions().compactMap(\.details.idempotencyKey), ["once", "twice"],
                "the keys of the queued executions"
            )
            try await probe.expectSkips(of: job, [60: .duplicate])
        },
        Check("two skips that begin at the same date are two records") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, skips: [probe.skip(job, at: 60, .misfire)])])
            let fired = try await probe.job(job.id)
            let skips = [SkippedOccurrence.Reason.paused, .misfire].map { probe.skip(job, at: 60, $0) }
            _ = try await probe.store.replace(probe.change(fired, skips: skips))
            try probe.expect(
                await probe.store.skips(of: job.id).map(\.reason), [.misfire, .paused, .misfire], "the reasons")
        },
    ]
}

extension StoreProbe {
    /// All executions in the order of their creation.
    func executions(_ query: ExecutionQuery = ExecutionQuery()) async throws -> [Execution] {
        var query = query
        query.order = .ascending
        var all: [Execution] = []
        repeat {
            let page = try await store.executions(query)
            all += page.items
            query.after = page.next
        } while query.after != nil && all.count < 10_000
        return all
    }
}
