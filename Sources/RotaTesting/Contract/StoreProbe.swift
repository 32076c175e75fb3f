import Foundation
import RotaRetry
import RotaSchedule
import RotaStore

/// A store under a check, with shorthands for records, calls and expectations.
///
/// Time stands still, and identifiers come from a seeded generator, so that a check is the same every time.
struct StoreProbe: Sendable {
    /// The records that a durability check compares after the reopening.
    struct Memory: Sendable {
        var jobs: [Job] = []
        var executions: [Execution] = []
        var claims: [Claim] = []
    }

    let store: any JobStore
    private let ids: TimeOrderedIDGenerator

    init(_ store: any JobStore) {
        self.init(store, ids: TimeOrderedIDGenerator(random: SeededGenerator(seed: 1)))
    }

    private init(_ store: any JobStore, ids: TimeOrderedIDGenerator) {
        self.store = store
        self.ids = ids
    }

    /// The same probe on the reopened store.
    func moved(to store: any JobStore) -> StoreProbe {
        StoreProbe(store, ids: ids)
    }

    /// The date some seconds after the start of the check, which is midnight UTC.
    func at(_ seconds: Double) -> Date {
        Date(timeIntervalSince1970: 1_767_225_600 + seconds)
    }

    /// The bits of a new identifier, greater than all before.
    func id() -> UInt128 {
        ids.makeID(at: at(0))
    }

    // MARK: Records

    /// A job with its next occurrence at a date.
    func job(
        _ name: String = "a job", state: JobState = .active, next: Double? = 60, schedule: Schedule? = nil,
        _ change: (inout JobDefinition) -> Void = { _ in }
    ) -> Job {
        var definition = JobDefinition(
            name: name, schedule: schedule ?? .every(.seconds(60), anchor: at(0)), action: .handler("work"))
        change(&definition)
        return Job(
            id: JobID(bits: id()), definition: definition, createdAt: at(0),
            scheduleState: ScheduleState(state: state, decidedThrough: at(0), next: next.map(at)))
    }

    /// An execution of a job that is due at a date.
    func execution(
        of job: Job, at seconds: Double = 0, source: ExecutionSource = .manual,
        _ change: (inout ExecutionDetails) -> Void = { _ in }
    ) -> Execution {
        var details = ExecutionDetails.none
        change(&details)
        return job.execution(
            id: ExecutionID(bits: id()), source: source, scheduledFor: at(seconds), createdAt: at(0), details: details)
    }

    /// A fire of the occurrences at these dates, with the next one a minute after the last.
    func fire(_ job: Job, at seconds: Double..., skips: [SkippedOccurrence] = []) -> FireRequest {
        var scheduleState = job.scheduleState
        let last = max(
            seconds.last.map(at) ?? job.scheduleState.decidedThrough,
            skips.last?.last ?? job.scheduleState.decidedThrough)
        scheduleState.decidedThrough = last
        scheduleState.next = last.addingTimeInterval(60)
        return FireRequest(
            jobID: job.id, expectedRevision: job.scheduleState.revision,
            executions: seconds.map { execution(of: job, at: $0, source: .schedule) }, skips: skips,
            scheduleState: scheduleState)
    }

    func skip(_ job: Job, at seconds: Double, _ reason: SkippedOccurrence.Reason) -> SkippedOccurrence {
        SkippedOccurrence(
            jobID: job.id, first: at(seconds), last: at(seconds), count: 1, reason: reason, decidedAt: at(seconds))
    }

    func attempt(_ number: Int, failure: ExecutionFailure? = nil) -> Attempt {
        var trace = ExecutionTrace()
        trace.queueWait = .seconds(1)
        trace.dequeue = .milliseconds(2)
        trace.resolve = .milliseconds(3)
        trace.handshake = .milliseconds(4)
        trace.connect = .milliseconds(5)
        trace.firstByte = .milliseconds(6)
        trace.transfer = .milliseconds(7)
        trace.total = .seconds(2)
        trace.peer = "203.0.113.7"
        trace.redirects = ["302: GET https://a.example/"]
        trace.resends = 1
        trace.timeout = .seconds(8)
        trace.fallback = ExecutionTrace.Fallback(cause: "503", failure: "502")
        return Attempt(
            number: number, startedAt: at(1), duration: .milliseconds(250), failure: failure, statusCode: 200,
            bodyPreview: "done", responseHeaders: ["server": "x"], trace: trace)
    }

    var failure: ExecutionFailure { ExecutionFailure(kind: .timeout, message: "no answer") }

    // MARK: Calls

    /// Inserts jobs.
    func insert(_ jobs: Job...) async throws {
        _ = try await store.insert(jobs.map { JobInsertion($0) })
    }

    /// Inserts a job with its first executions.
    func insert(_ job: Job, executions: [Execution]) async throws {
        _ = try await store.insert([JobInsertion(job, executions: executions)])
    }

    func claim(
        _ limit: Int = 100, at seconds: Double = 10, lease: Double = 30, by owner: String = "one"
    ) async throws -> [Claim] {
        try await store.claim(
            ClaimRequest(owner: owner, limit: limit, now: at(seconds), leaseExpiresAt: at(seconds + lease)))
    }

    /// Claims, and requires exactly one execution.
    func claimOne(at seconds: Double = 10, lease: Double = 30) async throws -> Claim {
        let claims = try await claim(at: seconds, lease: lease)
        guard claims.count == 1 else {
            throw ContractViolation("one execution is due, but \(claims.count) were claimed")
        }
        return claims[0]
    }

    @discardableResult
    func finish(
        _ claim: Claim, _ next: Completion.Next, at seconds: Double = 20, attempt: Attempt? = nil,
        output: JSONPayload? = nil
    ) async throws -> Execution {
        let completion = Completion(
            executionID: claim.execution.id, token: claim.lease.token, attempt: attempt,
            next: next, date: at(seconds), output: output)
        guard case .recorded(let execution) = try await only(store.finish([completion])) else {
            throw ContractViolation("a completion under the latest lease was refused")
        }
        return execution
    }

    func cancel(_ id: ExecutionID, at seconds: Double = 15, reason: String? = nil) async throws -> Cancellation.Outcome
    {
        try await only(store.cancel([Cancellation(id, reason: reason, date: at(seconds))]))
    }

    /// The only outcome of a batch of one.
    func only<Outcome>(_ outcomes: [Outcome]) throws -> Outcome {
        guard outcomes.count == 1 else {
            throw ContractViolation("one request has \(outcomes.count) outcomes instead of one")
        }
        return outcomes[0]
    }

    /// Reads a job that must exist.
    func job(_ id: JobID) async throws -> Job {
        guard let job = try await store.job(id) else { throw ContractViolation("job \(id) is missing") }
        return job
    }

    /// Reads an execution that must exist.
    func execution(_ id: ExecutionID) async throws -> Execution {
        guard let execution = try await store.execution(id) else {
            throw ContractViolation("execution \(id) is missing")
        }
        return execution
    }

    // MARK: Expectations

    func require(_ condition: Bool, _ expected: @autoclosure () -> String) throws {
        try ContractViolation.require(condition, expected())
    }

    func expect<Value: Equatable>(_ value: Value, _ expected: Value, _ what: String) throws {
        guard value != expected else { return }
        throw ContractViolation("\(what): expected \(expected), but got \(value)")
    }

    /// Requires that a call is refused with the code.
    func expect(
        _ code: StoreError.Code, _ what: String, of call: () async throws -> Void
    ) async throws {
        do {
            try await call()
        } catch let error as StoreError {
            guard error.code != code else { return }
            throw ContractViolation("\(what) must be refused with \(code), not \(error.code): \(error.message)")
        }
        throw ContractViolation("\(what) must be refused")
    }
}
