import Foundation
import RotaHTTP
import RotaRetry
import RotaStore

// Random operations on executions.
extension StoreScript {
    mutating func fire(_ job: Job) -> FireRequest {
        let cursor = job.scheduleState.decidedThrough
        let dates = (1...Int.random(in: 1...3, using: &random)).map { cursor + Double($0) * 10 }
        var scheduleState = job.scheduleState
        scheduleState.decidedThrough = dates[dates.count - 1]
        scheduleState.next = chance(90) ? scheduleState.decidedThrough + 10 : nil
        scheduleState.nextEffective = chance(20) ? scheduleState.decidedThrough + 12 : nil
        return FireRequest(
            jobID: job.id, expectedRevision: job.scheduleState.revision - (chance(5) ? 1 : 0),
            executions: dates.map { execution(of: job, at: $0, source: .schedule) },
            skips: chance(30) ? [skip(job, from: cursor + 1)] : [], scheduleState: scheduleState)
    }

    mutating func execution(of job: Job, at date: Date, source: ExecutionSource? = nil) -> Execution {
        var details = ExecutionDetails.none
        if chance(10) {
            details.replayOf = model.executions.randomElement(using: &random)?.id ?? ExecutionID(bits: 77)
        }
        if chance(20) { details.priority = Int.random(in: 0...10, using: &random) }
        if chance(40) { details.concurrencyKey = chance(50) ? "red" : "green" }
        if chance(source == nil ? 20 : 5) { details.idempotencyKey = "run-\(Int.random(in: 0..<5, using: &random))" }
        if chance(20) { details.tags = ["color": chance(50) ? "red" : "green"] }
        if chance(10) { details.batchID = BatchID(bits: 7) }
        if chance(15) { details.uniqueness = uniqueness() }
        if chance(15) { details.dependencyKey = chance(50) ? "a" : "b" }
        return job.execution(
            id: ExecutionID(bits: newID()),
            source: source ?? (chance(70) ? .manual : chance(50) ? .notification : ExecutionSource(rawValue: "own")),
            scheduledFor: date, dueAt: chance(20) ? date + 3 : nil, createdAt: now,
            payload: chance(20) ? JSONPayload(trusted: Data("{\"n\":1}".utf8)) : nil,
            details: details)
    }

    mutating func enqueued(_ job: Job) -> [Execution] {
        var executions = (0..<Int.random(in: 1...3, using: &random)).map { _ in execution(of: job, at: now) }
        if chance(10) {
            let other = Job(
                id: JobID(bits: 5), definition: job.definition, createdAt: now, scheduleState: job.scheduleState)
            executions.append(execution(of: other, at: now))
        }
        if chance(5) { executions.append(executions[0]) }
        if chance(10) { executions += backfill(of: job) }
        if chance(15) { executions = batch(executions, of: job) }
        if chance(5) {
            let status = ExecutionStatus.allCases.randomElement(using: &random) ?? .running
            executions[0].progress.status = status
            executions[0].progress.finishedAt = chance(80) == status.isTerminal ? now : nil
        }
        return executions
    }

    private mutating func uniqueness() -> Uniqueness {
        let key = chance(50) ? "a" : "b"
        return switch Int.random(in: 0..<4, using: &random) {
        case 0: .unique(key)
        case 1: .unique(key, for: .seconds(Int.random(in: 1...100, using: &random)))
        case 2: .samePayload(for: .seconds(30)).keyed(by: JSONPayload(trusted: Data(key.utf8)))
        default: .debounced(key, atMost: chance(50) ? .seconds(20) : nil)
        }
    }

    /// The executions as a batch, with one that awaits its end.
    private mutating func batch(_ executions: [Execution], of job: Job) -> [Execution] {
        let batch = BatchID(bits: newID())
        let members = executions.map { execution in
            var details = execution.details
            details.batchID = batch
            return execution.with(details: details)
        }
        var followUp = execution(of: pickJob() ?? job, at: now)
        var details = followUp.details
        details.awaitedBatch = batch
        if chance(90) { details.batchID = nil }
        followUp = followUp.with(details: details)
        return members + [followUp]
    }

    /// Executions of a serial backfill.
    private mutating func backfill(of job: Job) -> [Execution] {
        let batch = BatchID(bits: newID())
        return (0..<Int.random(in: 2...4, using: &random)).map { number in
            var details = ExecutionDetails.none
            details.batchID = batch
            var run = job.execution(
                id: ExecutionID(bits: newID()), source: .backfill, scheduledFor: now + Double(number), dueAt: now,
                createdAt: now, details: details)
            if number > 0 { run.progress.status = .waiting }
            return run
        }
    }

    mutating func renewal(of execution: Execution) -> LeaseRenewal {
        LeaseRenewal(
            executionID: execution.id, token: (execution.progress.lease?.token ?? 0) - (chance(5) ? 1 : 0),
            expiresAt: now + 60, heartbeatAt: chance(50) ? now : nil,
            report: chance(30) ? ProgressReport(fraction: 0.5, message: "half") : nil,
            checkpoint: chance(20) ? JSONPayload(trusted: Data("[2]".utf8)) : nil, owner: owner(of: execution))
    }

    mutating func completion(of execution: Execution) -> Completion {
        let failure = ExecutionFailure(kind: chance(50) ? .timeout : FailureKind("quota"), message: "no answer")
        var isCounted = true
        let next: Completion.Next
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3: next = .succeeded
        case 4: next = .failed(failure)
        case 5...6: next = .retry(at: now + Double(Int.random(in: 0...60, using: &random)), after: failure)
        case 7:
            next = .released(until: now + 1)
            isCounted = chance(50)
        case 8: next = .canceled
        default: next = .waiting(until: chance(50) ? now + 40 : nil)
        }
        let attempt = Attempt(
            number: execution.attempts.count + 1, startedAt: now - 1,
            duration: .milliseconds(Int.random(in: 0...5000, using: &random)),
            failure: next == .succeeded ? nil : failure, statusCode: chance(50) ? 200 : nil,
            bodyPreview: chance(30) ? "ok" : nil, bodyWasTruncated: chance(10),
            responseHeaders: chance(20) ? ["server": "x"] : [:])
        return Completion(
            executionID: chance(5) ? ExecutionID(bits: 8) : execution.id,
            token: (execution.progress.lease?.token ?? 0) - (chance(5) ? 1 : 0),
            attempt: isCounted ? attempt : nil, next: next, date: now,
            output: chance(20) ? JSONPayload(trusted: Data("[1]".utf8)) : nil, owner: owner(of: execution))
    }

    /// The owner of its lease, or none, or now and then another one.
    private mutating func owner(of execution: Execution) -> String? {
        if chance(5) { return "another" }
        return chance(50) ? execution.progress.lease?.owner : nil
    }

    mutating func completeWaiting(to execution: Execution) -> ExternalCompletion {
        let next: ExternalCompletion.Next =
            switch Int.random(in: 0..<5, using: &random) {
            case 0: .queued(at: now + 5)
            case 1: .succeeded
            case 2: .failed(ExecutionFailure(kind: .timeout, message: "no"))
            case 3: .waiting(chance(50) ? ProgressReport(fraction: 0.5, message: "half") : nil)
            default: .canceled
            }
        return ExternalCompletion(
            execution.id, next: next, output: chance(30) ? JSONPayload(trusted: Data("true".utf8)) : nil, date: now)
    }

    // MARK: Queries

    mutating func jobQuery() -> JobQuery {
        var query = JobQuery(
            states: chance(40) ? Set(JobState.allCases.filter { _ in chance(50) }) : nil,
            nameContains: chance(20) ? (chance(50) ? "ÜBER" : "1") : nil,
            sort: [.createdAt, .name, .nextRun].randomElement(using: &random) ?? .createdAt,
            order: chance(50) ? .ascending : .descending, limit: chance(5) ? 0 : Int.random(in: 1...4, using: &random))
        if chance(50), let job = pickJob() {
            // Now and then one of another order, which is refused.
            query.after = PageCursor(
                after: job.id.bits, at: query.sort == .nextRun && chance(95) ? query.sortDate(of: job) : nil,
                named: query.sort == .name && chance(95) ? JobQuery.sortName(of: job.definition) : nil)
        }
        if chance(20) { query.tags = chance(50) ? ["team": "t1"] : ["team": "t1", "n": "1"] }
        if chance(20) { query.group = "g1" }
        if chance(20) { query.project = "p" }
        if chance(10) { query.environment = "production" }
        if chance(10) { query.slug = pickJob()?.definition.attributes.slug }
        if chance(10) { query.ids = Set((0..<3).compactMap { _ in pickJob()?.id }) }
        return query
    }

    mutating func executionQuery() -> ExecutionQuery {
        var query = ExecutionQuery(
            jobID: chance(40) ? pickJob()?.id : nil,
            statuses: chance(40) ? Set(ExecutionStatus.allCases.filter { _ in chance(40) }) : nil,
            from: chance(20) ? now - 60 : nil, to: chance(20) ? now : nil)
        query.jobNameContains = chance(20) ? "job" : nil
        query.sort = chance(60) ? .createdAt : .scheduledFor
        query.order = chance(50) ? .ascending : .descending
        query.limit = chance(5) ? 1001 : Int.random(in: 1...20, using: &random)
        if chance(10) { query.jobIDs = Set((0..<3).compactMap { _ in pickJob()?.id }) }
        if chance(10) { query.sources = [.schedule, .replay] }
        if chance(10) { query.tags = ["color": "red"] }
        if chance(10) { query.batchID = BatchID(bits: 7) }
        if chance(10) { query.concurrencyKey = "red" }
        if chance(15) { query.isDeadLetter = chance(70) }
        if chance(10) { query.failureKinds = [.timeout] }
        if chance(50), let last = model.executions.randomElement(using: &random) {
            query.after = PageCursor(
                after: last.id.bits, at: query.sort == .scheduledFor ? last.scheduledFor : nil)
        }
        return query
    }
}
