import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// Extreme and inconsistent arguments.
@Suite struct StoreStateEdgeCaseTests {
    private let start = StoreSamples.start
    private let nan = Date(timeIntervalSinceReferenceDate: .nan)

    private func state(_ change: (inout JobDefinition) -> Void = { _ in }) throws -> (StoreState, Job) {
        var job = try StoreSamples.job(1, retention: .last(100))
        change(&job.definition)
        return try (state(with: job), job)
    }

    private func state(with job: Job) throws -> StoreState {
        var (state, log) = (StoreState(), ChangeLog(isRecording: false))
        _ = try state.insert([JobInsertion(job)], log: &log)
        return state
    }

    private func at(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }

    private func claim(_ state: inout StoreState, at seconds: Double = 0, limit: Int = 10) -> [Claim] {
        var log = ChangeLog(isRecording: false)
        return state.claim(
            ClaimRequest(owner: "a", limit: limit, now: at(seconds), leaseExpiresAt: at(seconds + 30)), log: &log)
    }

    private func end(_ claim: Claim, _ state: inout StoreState, at seconds: Double = 1, attempt: Attempt? = nil) {
        var log = ChangeLog(isRecording: false)
        let completion = Completion(
            executionID: claim.execution.id, token: claim.execution.lease?.token ?? 0, attempt: attempt,
            next: .succeeded, date: at(seconds))
        _ = state.finish([completion], log: &log)
    }

    @Test(
        "Without dates, a repeated end is not taken for the one that canceled its execution", arguments: [true, false])
    func repeatedWithoutDates(isRequested: Bool) throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        _ = try state.enqueue([StoreSamples.execution(1, of: job, at: start)], log: &log)
        let held = try #require(claim(&state).first)
        let failure = ExecutionFailure(kind: .crashed, message: "It failed.")
        func completion(_ next: Completion.Next, attempt: Attempt? = nil) -> Completion {
            var completion = Completion(
                executionID: held.execution.id, token: held.execution.lease?.token ?? 0, attempt: attempt, next: next,
                date: at(2))
            completion.comparesDates = false
            return completion
        }
        if isRequested { _ = state.cancel([Cancellation(held.execution.id, date: at(1))], log: &log) }
        let end = completion(isRequested ? .released(until: at(2)) : .canceled)
        guard case .recorded(let execution)? = state.finish([end], log: &log).first else {
            Issue.record("not recorded")
            return
        }
        #expect(execution.status == .canceled && execution.stands(after: end))
        let others: [Completion.Next] = [
            .retry(at: at(9), after: failure), .released(until: at(9)), .waiting(until: nil),
        ]
        for next in others { #expect(execution.stands(after: completion(next)) == isRequested, "\(next)") }
        // An attempt was made under the same lease, so nothing was released before it.
        var tried = execution
        tried.attempts = [Attempt(number: 1, startedAt: at(1), duration: .seconds(1), failure: nil)]
        #expect(!tried.stands(after: completion(.released(until: at(9)))))
    }

    @Test("A notification is neither counted nor limited by its job's limits", .rows("T-58"))
    func notifications() throws {
        let limits = [
            JobLimits(concurrency: 1), JobLimits(rate: RateLimit(2, per: .seconds(3600))),
            JobLimits(sharedRates: [SharedRateLimit("all", RateLimit(2, per: .seconds(3600)))]),
        ]
        for limit in limits {
            var (state, job) = try state {
                $0.limits = limit
                $0.notifications = [NotificationRule(on: .success, .handler("tell"))]
            }
            var log = ChangeLog(isRecording: false)
            try state.enqueue((1...3).map { StoreSamples.execution($0, of: job, at: start) }, log: &log)
            let first = try #require(claim(&state, limit: 1).first)
            end(first, &state)
            let next = claim(&state, at: 2)
            #expect(next.map(\.execution.source).contains(.notification))
            #expect(next.map(\.execution.source).contains(.schedule), "a notification took the place of a run")
            #expect(next.count == 2)
        }
    }

    @Test("A turn that has written much leaves claims to the next one")
    func largeTurn() throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        try state.enqueue((1...9).map { StoreSamples.execution($0, of: job, at: start) }, log: &log)
        let claims = claim(&state, limit: 8)
        #expect(claims.count == 8)
        let output = try JSONPayload(String(repeating: "x", count: 5 << 20))
        var turn = StoreTurn()
        turn.completions = claims.map {
            Completion(
                executionID: $0.execution.id, token: $0.lease.token, attempt: nil, next: .succeeded, date: at(1),
                output: output)
        }
        turn.claim = ClaimRequest(owner: "a", limit: 1, now: at(1), leaseExpiresAt: at(31))
        var encoding = ChangeLog(encodingWith: [:], limit: 1 << 26)
        #expect(state.turn(turn, log: &encoding).claims.isEmpty)
        turn.completions = []
        var next = ChangeLog(encodingWith: [:], limit: 1 << 26)
        #expect(state.turn(turn, log: &next).claims.count == 1)
    }

    @Test("A fire refuses executions that have started or finished", arguments: ExecutionStatus.allCases)
    func firedAsBegun(_ status: ExecutionStatus) throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        var run = StoreSamples.execution(1, of: job, at: at(60))
        run.progress.status = status
        run.progress.finishedAt = status.isTerminal ? at(60) : nil
        var scheduleState = job.scheduleState
        scheduleState.decidedThrough = at(60)
        let fire = FireRequest(
            jobID: job.id, expectedRevision: 1, executions: [run], skips: [], scheduleState: scheduleState)
        let outcome = state.fire([fire], log: &log)
        #expect((outcome == [.conflict]) == (status != .queued))
        #expect((state.executions[run.id] == nil) == (status != .queued))
    }

    @Test("A restarted schedule fires again only for dates whose executions were removed")
    func begunAnew() throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        var number = 0
        func fire(_ seconds: Double, _ state: inout StoreState) throws -> [SkippedOccurrence.Reason] {
            number += 1
            let present = try #require(state.jobs[job.id])
            var scheduleState = present.scheduleState
            scheduleState.decidedThrough = at(seconds)
            let run = StoreSamples.execution(number, of: job, at: at(seconds))
            let fire = FireRequest(
                jobID: job.id, expectedRevision: present.revision, executions: [run], skips: [],
                scheduleState: scheduleState)
            guard case .fired(_, let skips, _)? = state.fire([fire], log: &log).first else { return [.misfire] }
            return skips.map(\.reason)
        }
        for seconds in [60, 120, 180] as [Double] { #expect(try fire(seconds, &state).isEmpty) }
        let present = try #require(state.jobs[job.id])
        var definition = present.definition
        definition.schedule = .every(.seconds(30), anchor: start)
        definition.retention = .last(0)
        var scheduleState = present.scheduleState
        scheduleState.decidedThrough = start
        _ = try state.replace(
            JobReplacement(
                id: job.id, expectedRevision: present.revision, definition: definition, scheduleState: scheduleState,
                date: start),
            log: &log)
        #expect(try fire(60, &state) == [.duplicate])
        _ = state.cancel([Cancellation(ExecutionID(bits: 2), date: at(100))], log: &log)
        #expect(state.executions[ExecutionID(bits: 2)] == nil)
        #expect(try fire(120, &state).isEmpty)
        #expect(try fire(180, &state) == [.duplicate])
        #expect(try fire(210, &state).isEmpty)
    }

    @Test("A date that is not a number affects only its own record", arguments: [nil, 2])
    func noNumber(priority: Int?) throws {
        var (state, job) = try state { $0.priority = priority ?? 0 }
        var log = ChangeLog(isRecording: false)
        let bad = job.execution(
            id: ExecutionID(bits: 1), source: .manual, scheduledFor: start, dueAt: nan, createdAt: start)
        try state.enqueue([bad, StoreSamples.execution(2, of: job, at: start)], log: &log)
        #expect(claim(&state).map(\.execution.id) == [ExecutionID(bits: 2)])
        #expect(
            state.dueWork(at: at(40), limit: 10).nextWakeup.map { $0.timeIntervalSinceReferenceDate.isFinite } ?? true)
        _ = state.cancel([Cancellation(bad.id, date: start)], log: &log)
        #expect(state.claims.plain.isEmpty)
        _ = state.delete([job.id], log: &log)
        #expect(state.dueWork(at: at(1e6), limit: 10).nextWakeup == nil)
    }

    @Test("An operation key whose expiry is not a number is one key")
    func keyAtNoInstant() throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        for revision in 1...2 {
            _ = try state.replace(
                JobReplacement(
                    id: job.id, expectedRevision: revision, scheduleState: job.scheduleState, date: start,
                    idempotencyKey: OperationKey("k\(revision)", for: "pause", until: nan)), log: &log)
        }
        _ = state.delete([job.id], log: &log)
        #expect(!state.prune(at: at(1e9), limit: 10, log: &log).hasMore)
        #expect(state.dueWork(at: start, limit: 1).nextWakeup == nil)
    }

    @Test("The greatest numbers never trap")
    func greatestNumbers() throws {
        var job = try StoreSamples.job(1)
        job.version = .max
        job.scheduleState.revision = .max
        job.scheduleState.firedCount = .max
        job.statistics.succeeded = .max
        job.statistics.failed = .max
        job.statistics.canceledOrExpired = .max
        job.definition.limits = JobLimits(
            concurrency: .min, concurrencyPerKey: .min, rate: RateLimit(.max, per: .seconds(Int64.max)),
            sharedRates: [SharedRateLimit("a", RateLimit(.min, per: .seconds(-1)))], timeToLive: .seconds(Int64.max))
        job.definition.priority = .max
        job.definition.overlap = .queue(limit: .max)
        job.definition.retention.maximumCount = .min
        var state = try state(with: job)
        var log = ChangeLog(isRecording: false)
        var scheduleState = job.scheduleState
        scheduleState.decidedThrough = at(60)
        let fire = FireRequest(
            jobID: job.id, expectedRevision: .max, executions: [StoreSamples.execution(1, of: job, at: at(60))],
            skips: [], scheduleState: scheduleState)
        guard case .fired? = state.fire([fire], log: &log).first else {
            Issue.record("a conflict")
            return
        }
        let claimed = try #require(claim(&state, at: 61, limit: .max).first)
        end(claimed, &state, at: 62)
        let now = try #require(state.jobs[job.id])
        #expect(now.statistics.succeeded == .max && now.scheduleState.firedCount == .max)
        _ = try state.replace(
            JobReplacement(
                id: job.id, expectedRevision: now.scheduleState.revision, definition: job.definition,
                scheduleState: now.scheduleState, date: start), log: &log)
        _ = state.dueWork(at: at(100), limit: .max)
        _ = state.prune(at: .distantFuture, limit: .max, log: &log)
    }

    @Test("A version keeps its date and author through other changes", .rows("S-11"))
    func versionsKeepTheirDates() throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        func replace(_ name: String?, at seconds: Double, by author: String) throws {
            var definition = job.definition
            if let name { definition.name = name }
            let now = try #require(state.jobs[job.id])
            _ = try state.replace(
                JobReplacement(
                    id: job.id, expectedRevision: now.scheduleState.revision,
                    definition: name == nil ? nil : definition,
                    scheduleState: now.scheduleState, date: at(seconds), author: author), log: &log)
        }
        try replace("two", at: 5, by: "ann")
        try replace(nil, at: 7, by: "eve")
        #expect(state.versions(of: job.id).map(\.createdAt) == [at(5), at(0)])
        #expect(state.versions(of: job.id).map(\.createdBy) == ["ann", nil])
        try replace("three", at: 9, by: "bob")
        #expect(state.versions(of: job.id).map(\.createdAt) == [at(9), at(5), at(0)])
        #expect(state.versions(of: job.id).map(\.createdBy) == ["bob", "ann", nil])
        #expect(state.versions(of: job.id).map(\.version) == [3, 2, 1])
    }

    @Test("The newest 100 earlier versions are kept, and those that executions need", .rows("S-12"))
    func versionsKept() throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        try state.enqueue([StoreSamples.execution(1, of: job, at: at(1000))], log: &log)
        for number in 2...110 {
            let now = try #require(state.jobs[job.id])
            var definition = job.definition
            definition.name = "version \(number)"
            _ = try state.replace(
                JobReplacement(
                    id: job.id, expectedRevision: now.scheduleState.revision, definition: definition,
                    scheduleState: now.scheduleState, date: start), log: &log)
        }
        #expect(state.versions(of: job.id).map(\.version) == (10...110).reversed() + [1])
    }

    @Test("Due work is truncated only if the limit leaves something out", arguments: [1, 2])
    func truncation(limit: Int) throws {
        var (state, _) = try state()
        #expect(!state.dueWork(at: at(100), limit: limit).isTruncated)
        #expect(state.dueWork(at: at(100), limit: 0).isTruncated)
        #expect(!state.dueWork(at: at(1), limit: 0).isTruncated)
        #expect(!state.dueWork(at: at(100), limit: .max).isTruncated)
    }

    @Test(
        "An attempt is neither lost because of its number nor duplicated by a replay", .rows("T-83"),
        arguments: [1, 0, 7, Int.max])
    func attemptNumbers(number: Int) throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: true)
        try state.enqueue([StoreSamples.execution(1, of: job, at: start)], log: &log)
        for time in [0.0, 1] {
            let claimed = try #require(claim(&state, at: time).first)
            let completion = Completion(
                executionID: claimed.execution.id, token: claimed.execution.lease?.token ?? 0,
                attempt: StoreSamples.attempt(number), next: .released(until: at(time)), date: at(time))
            let outcome = state.finish([completion], log: &log).first
            let stored = try #require(state.executions[claimed.execution.id])
            #expect(outcome == .recorded(stored))
        }
        var replayed = state
        for change in log.changes {
            if case .putAttempt = change { replayed.apply(change) }
        }
        let attempts = state.executions[ExecutionID(bits: 1)]?.attempts
        #expect(attempts?.map(\.number) == [1, 2])
        #expect(replayed.executions[ExecutionID(bits: 1)]?.attempts == attempts)
    }

    @Test("A fire with a duplicate identifier or a skip of another job is refused")
    func foreignFires() throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        let other = try StoreSamples.job(2)
        _ = try state.insert([JobInsertion(other)], log: &log)
        var scheduleState = job.scheduleState
        scheduleState.decidedThrough = at(120)
        let twice = FireRequest(
            jobID: job.id, expectedRevision: 1,
            executions: [60.0, 120].map { StoreSamples.execution(1, of: job, at: at($0)) }, skips: [],
            scheduleState: scheduleState)
        let foreign = FireRequest(
            jobID: job.id, expectedRevision: 1, executions: [],
            skips: [
                SkippedOccurrence(
                    jobID: other.id, first: at(60), last: at(60), count: 1, reason: .misfire, decidedAt: start)
            ], scheduleState: scheduleState)
        #expect(state.fire([twice, foreign], log: &log) == [.conflict, .conflict])
        #expect(state.executions.isEmpty)
    }

    @Test("A bulk cancellation cancels all that the query listed, also what the end of another one has queued")
    func cancellationOfBatch() throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        let batch = BatchID(bits: 9)
        func waiting(_ number: UInt128, _ change: (inout ExecutionDetails) -> Void) -> Execution {
            var details = ExecutionDetails.none
            change(&details)
            var execution = job.execution(
                id: ExecutionID(bits: number), source: .manual, scheduledFor: start, createdAt: start, details: details)
            execution.progress.status = .waiting
            return execution
        }
        let member = waiting(1) { $0.batchID = batch }
        let followUp = waiting(2) { $0.awaitedBatch = batch }
        try state.enqueue([member, followUp], log: &log)
        let query = ExecutionQuery(statuses: [.waiting])
        let report = try state.cancel(matching: BulkCancellation(query, date: start, limit: 10), log: &log)
        #expect(report.canceled.map(\.id) == [member.id, followUp.id])
        #expect(!report.hasMore)
        #expect(state.executions[followUp.id]?.progress.status == .canceled)
    }

    @Test("A sequential backfill starts its executions in order and is forgotten when it has finished")
    func backfillInOrder() throws {
        var (state, job) = try state()
        var log = ChangeLog(isRecording: false)
        var details = ExecutionDetails.none
        details.batchID = BatchID(bits: 9)
        let runs = [3, 1, 2, 4].map { number in
            var run = job.execution(
                id: ExecutionID(bits: UInt128(number)), source: .backfill, scheduledFor: at(Double(-number)),
                dueAt: start, createdAt: start, details: details)
            if number != 4 { run.progress.status = .waiting }
            return run
        }
        try state.enqueue(runs, log: &log)
        var order: [UInt128] = []
        while let claimed = claim(&state).first {
            order.append(claimed.execution.id.bits)
            end(claimed, &state, at: 0)
        }
        #expect(order == [4, 3, 2, 1])
        #expect(state.histories[job.id]?.backfills.isEmpty == true)
    }
}
