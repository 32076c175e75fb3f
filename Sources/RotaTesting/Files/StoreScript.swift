import Foundation
import RotaHTTP
import RotaRetry
import RotaSchedule
package import RotaStore

/// Random but repeatable operations, made up from what earlier ones did: some apt, some too late, some impossible.
package struct StoreScript {
    /// The state machine after all operations so far.
    package private(set) var state = StoreState()
    private var random: SeededBits
    private var now = Date(timeIntervalSince1970: 1_750_000_000)
    private var lastID: UInt128 = 1 << 100
    /// The largest number of jobs, beyond which some are deleted.
    private let maximumJobs: Int

    private static let request: JobAction =
        (try? RequestTemplate.post("https://example.com/hook?a=1")).map { .http($0) } ?? .handler("no request")

    package init(seed: UInt64, maximumJobs: Int = 12) {
        random = SeededBits(seed: seed)
        self.maximumJobs = maximumJobs
    }

    /// The next operation, already carried out on ``state``.
    package mutating func next() -> (operation: StoreOperation, outcome: StoreOperation.Outcome) {
        now += Double.random(in: 0...40, using: &random).rounded(.down) / 4
        let operation = make()
        return (operation, operation.run(on: &state))
    }

    /// Does to the state what opening a file store does.
    package mutating func reopen() {
        var log = ChangeLog(isRecording: false)
        state.expireAllLeases(log: &log)
    }

    private mutating func make() -> StoreOperation {
        guard let job = state.jobs.values.min(by: { $0.id < $1.id }).map({ _ in pickJob() }), let job else {
            return .insert([insertion()])
        }
        switch Int.random(in: 0..<20, using: &random) {
        case 0...1: return .insert((0..<Int.random(in: 1...3, using: &random)).map { _ in insertion() })
        case 2...3: return .replace(replacement(of: job))
        case 4 where state.jobs.count > maximumJobs / 2 || chance(10): return .delete([job.id, JobID(bits: 3)])
        case 5...9: return .fire([fire(job)])
        case 10: return .enqueue([execution(of: job, at: now)] + (chance(20) ? [orphan(of: job)] : []))
        case 11...14:
            return .claim(
                ClaimRequest(
                    owner: chance(50) ? "one" : "a scheduler with a long name",
                    limit: Int.random(in: 1...4, using: &random),
                    now: now, leaseExpiresAt: now + 30))
        case 15: return .renew(running().map { LeaseRenewal(executionID: $0, token: $1, expiresAt: now + 60) })
        default: return .finish(running().map { completion($0, token: $1) })
        }
    }

    private mutating func insertion() -> JobInsertion {
        let id = chance(5) ? pickJob()?.id ?? JobID(bits: newID()) : JobID(bits: newID())
        let job = Job(
            id: id, definition: definition(), createdAt: now,
            position: JobPosition(state: chance(10) ? .draft : .active, cursor: now, next: now + 10))
        let key = chance(30) ? "key-\(Int.random(in: 0..<8, using: &random))" : nil
        return JobInsertion(
            job, idempotencyKey: key, executions: chance(30) ? [execution(of: job, at: now)] : [])
    }

    private mutating func definition() -> JobDefinition {
        let number = Int.random(in: 0..<1000, using: &random)
        return JobDefinition(
            name: chance(50) ? "job \(number)" : "Übergrößenträger, a job with a long name, \(number) 🗓",
            schedule: .every(.seconds(10)),
            action: chance(50) ? .handler("work") : Self.request,
            overlap: chance(30) ? .skip : .allow, retention: .last(Int.random(in: 0...6, using: &random)),
            metadata: chance(30) ? ["trace": "\(number)", "": "empty"] : [:])
    }

    private mutating func replacement(of job: Job) -> JobReplacement {
        var position = job.position
        position.state = chance(30) ? .paused : .active
        position.reason = position.state == .paused ? "by hand" : nil
        position.next = chance(80) ? now + 10 : nil
        return JobReplacement(
            id: chance(5) ? JobID(bits: 9) : job.id, expectedRevision: job.position.revision - (chance(10) ? 1 : 0),
            definition: chance(40) ? definition() : nil, position: position,
            skips: chance(30) ? [skip(job, from: job.position.cursor + 1)] : [], date: now)
    }

    private mutating func fire(_ job: Job) -> Fire {
        let cursor = job.position.cursor
        let instants = (1...Int.random(in: 1...3, using: &random)).map { cursor + Double($0) * 10 }
        var position = job.position
        position.cursor = instants[instants.count - 1]
        position.next = chance(90) ? position.cursor + 10 : nil
        position.nextEffective = chance(20) ? position.cursor + 12 : nil
        return Fire(
            jobID: job.id, expectedRevision: job.position.revision - (chance(5) ? 1 : 0),
            executions: instants.map { execution(of: job, at: $0) },
            skips: chance(30) ? [skip(job, from: cursor + 1)] : [], position: position)
    }

    private mutating func skip(_ job: Job, from instant: Date) -> SkippedOccurrence {
        SkippedOccurrence(
            jobID: job.id, first: instant, last: instant + 5, count: chance(80) ? 2 : nil,
            reason: chance(60) ? .misfire : .paused, decidedAt: now)
    }

    private mutating func execution(of job: Job, at instant: Date) -> Execution {
        var details = ExecutionDetails.none
        if chance(10) { details.replayOf = ExecutionID(bits: 77) }
        return job.execution(
            id: ExecutionID(bits: newID()), source: chance(80) ? .schedule : ExecutionSource(rawValue: "an app's own"),
            scheduledFor: instant, dueAt: chance(20) ? instant + 3 : nil, createdAt: now,
            payload: chance(20) ? Payload(trusted: Data("{\"n\":1}".utf8)) : nil,
            details: details)
    }

    private mutating func orphan(of job: Job) -> Execution {
        var other = job
        other = Job(id: JobID(bits: 5), definition: other.definition, createdAt: now, position: other.position)
        return execution(of: other, at: now)
    }

    private mutating func completion(_ id: ExecutionID, token: Int) -> Completion {
        let failure = ExecutionFailure(kind: chance(50) ? .timeout : FailureKind("quota"), message: "no answer")
        let next: Completion.Next =
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2: .succeeded
            case 3: .failed(failure)
            case 4...5: .retry(at: now + 5, after: failure)
            case 6: .released(until: now + 1)
            default: .canceled
            }
        let number = (state.executions[id]?.attempts.count ?? 0) + 1
        let succeeded = next == .succeeded
        let attempt = Attempt(
            number: number, startedAt: now - 1, duration: .milliseconds(Int.random(in: 0...5000, using: &random)),
            failure: succeeded ? nil : failure, statusCode: chance(50) ? 200 : nil,
            bodyPreview: chance(30) ? "ok" : nil, bodyWasTruncated: chance(10),
            responseHeaders: chance(20) ? ["server": "x"] : [:])
        return Completion(
            executionID: chance(5) ? ExecutionID(bits: 8) : id, token: token - (chance(5) ? 1 : 0),
            attempt: next == .released(until: now + 1) ? nil : attempt, next: next, date: now)
    }

    /// Up to three running executions with their tokens.
    private mutating func running() -> [(ExecutionID, Int)] {
        let running = state.executions.values.filter { $0.progress.status == .running }.sorted { $0.id < $1.id }
        return (0..<min(running.count, Int.random(in: 1...3, using: &random))).compactMap { _ in
            running.randomElement(using: &random).flatMap { execution in
                execution.progress.lease.map { (execution.id, $0.token) }
            }
        }
    }

    private mutating func pickJob() -> Job? {
        state.jobs.values.sorted { $0.id < $1.id }.randomElement(using: &random)
    }

    private mutating func newID() -> UInt128 {
        lastID += UInt128(UInt64.random(in: 1...1 << 40, using: &random))
        return lastID
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }
}
