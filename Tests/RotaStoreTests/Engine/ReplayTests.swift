import Foundation
import RotaTesting
import Testing

@testable import RotaStore

@Suite("Replay of changes")
struct ReplayTests {
    @Test("Replaying changes gives the same state, even over a later snapshot", arguments: 1...6)
    func replay(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var state = StoreState()
        var changes: [Change] = []
        var half: (state: StoreState, count: Int)?
        var driver = RandomOperations(seed: seed)
        for step in 0..<1500 {
            var log = ChangeLog(isRecording: true)
            driver.step(&state, log: &log)
            changes += log.changes
            if step == 700 { half = (state, changes.count) }
        }
        var replayed = StoreState()
        for change in changes { replayed.apply(change) }
        #expect(Self.fingerprint(replayed) == Self.fingerprint(state))

        // A snapshot taken while changes were made: some of them are in it already when they are replayed.
        if var (snapshot, count) = half {
            for change in changes[(count - Int.random(in: 0...200, using: &random))...] { snapshot.apply(change) }
            #expect(Self.fingerprint(snapshot) == Self.fingerprint(state))
            count = 0
        }
    }

    @Test(
        "Skips are the same when changes are replayed over a newer state, whatever the retention was", arguments: 1...40
    )
    func skipsOverNewerState(seed: UInt64) throws {
        var (state, random) = (StoreState(), SeededGenerator(seed: seed))
        let id = JobID(bits: 1)
        var unlogged = ChangeLog(isRecording: false)
        _ = try state.insert([JobInsertion(StoreSamples.job(1, retention: .last(3)))], log: &unlogged)
        var steps: [[Change]] = []
        for number in 1...30 {
            var log = ChangeLog(isRecording: true)
            let job = try #require(state.jobs[id])
            var scheduleState = job.scheduleState
            if Int.random(in: 0..<4, using: &random) == 0 {
                var definition = job.definition
                definition.retention = .last(Int.random(in: 1...5, using: &random))
                _ = try state.replace(
                    JobReplacement(
                        id: id, expectedRevision: scheduleState.revision, definition: definition,
                        scheduleState: scheduleState, date: StoreSamples.start + Double(number)),
                    log: &log)
            } else {
                let next = try #require(scheduleState.next)
                (scheduleState.decidedThrough, scheduleState.next) = (next, next + 60)
                let skip = SkippedOccurrence(
                    jobID: id, first: next, last: next, count: 1,
                    reason: Bool.random(using: &random) ? .misfire : .paused, decidedAt: next)
                let fire = FireRequest(
                    jobID: id, expectedRevision: scheduleState.revision, executions: [], skips: [skip],
                    scheduleState: scheduleState)
                _ = state.fire([fire], log: &log)
            }
            steps.append(log.changes)
        }
        let skips = state.histories[id]?.skips
        #expect(skips?.isEmpty == false)
        for first in steps.indices {
            var replayed = state
            for change in steps[first...].joined() { replayed.apply(change) }
            #expect(replayed.histories[id]?.skips == skips, "from step \(first)")
        }
    }

    @Test("A commit of many operations has the last statistics of a job once, and replays to the same state")
    func encodedCommits() throws {
        var (state, replayed, driver) = (StoreState(), StoreState(), RandomOperations(seed: 7))
        var random = SeededGenerator(seed: 8)
        var (appended, encoded) = (0, 0)
        for _ in 0..<150 {
            var (log, list) = (ChangeLog(encodingWith: [:], limit: .max), ChangeLog(isRecording: true))
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                // The same operation on a copy, to see what one log would have.
                var (copy, twin) = (state, driver)
                twin.step(&copy, log: &list)
                driver.step(&state, log: &log)
            }
            let wholeJobs = list.changes.filter(\.isOfWholeJob).count
            appended += list.changes.compactMap(\.statisticsOwner).count
            var changes: [Change] = []
            try log.encoded().withUnsafeBytes { try Change.read($0) { changes.append($0) } }
            let owners = changes.compactMap(\.statisticsOwner)
            encoded += owners.count
            if wholeJobs == 0 { #expect(Set(owners).count == owners.count) }
            for change in changes { replayed.apply(change) }
            #expect(Self.fingerprint(replayed) == Self.fingerprint(state))
        }
        #expect(encoded < appended)
    }

    @Test("Statistics do not follow the removal of their job, or a newer whole job")
    func statisticsBeforeJobs() throws {
        let job = try StoreSamples.job(1)
        var (log, statistics) = (ChangeLog(encodingWith: [:], limit: .max), JobStatistics())
        for change in [Change.putJob(job), .removeJob(job.id)] {
            statistics.succeeded += 1
            log.append(statistics, of: job.id)
            log.append(change)
        }
        var kinds: [String] = []
        try log.encoded().withUnsafeBytes { bytes in
            try Change.read(bytes) { change in
                switch change {
                case .putStatistics(_, let value): kinds.append("statistics \(value.succeeded)")
                case .putJob: kinds.append("job")
                case .removeJob: kinds.append("removal")
                default: kinds.append("\(change)")
                }
            }
        }
        #expect(kinds == ["statistics 1", "job", "statistics 2", "removal"])
    }

    /// Everything in a state, with its indexes.
    static func fingerprint(_ state: StoreState) -> [String] {
        var lines: [String] = []
        for id in state.jobOrder.suffix() { lines.append("job \(String(describing: state.jobs[id]))") }
        for id in state.executionOrder.suffix() {
            lines.append("execution \(String(describing: state.executions[id]))")
        }
        lines.append("counts \(state.jobs.count) \(state.executions.count)")
        for key in state.dueJobs.suffix() { lines.append("due \(key)") }
        for key in state.expiries.suffix() { lines.append("expiry \(key)") }
        for key in state.aged.suffix() { lines.append("aged \(key)") }
        for (pool, starts) in state.claims.startLog.starts.sorted(by: { "\($0)" < "\($1)" }) {
            lines.append("starts \(pool) \(Array(starts.suffix()))")
        }
        lines.append("operations \(state.operations.sorted { $0.key < $1.key })")
        let counts = state.counts()
        for state in JobState.allCases { lines.append("\(state) \(counts.jobs[state] ?? 0)") }
        for status in ExecutionStatus.allCases { lines.append("\(status) \(counts.executions[status] ?? 0)") }
        for key in state.leases.suffix() { lines.append("lease \(key)") }
        for id in state.jobOrder.suffix() {
            guard let history = state.histories[id] else { continue }
            lines.append(
                "history \(id) \(Array(history.executions.suffix())) \(Array(history.finished.suffix())) "
                    + "\(history.skips) \(history.idempotencyKey ?? "") \(history.scheduledCount)")
        }
        lines.append("keys \(state.idempotencyKeys.sorted { $0.key < $1.key })")
        return lines
    }
}

extension Change {
    /// The job whose statistics it replaces.
    fileprivate var statisticsOwner: JobID? {
        if case .putStatistics(let id, _) = self { id } else { nil }
    }

    fileprivate var isOfWholeJob: Bool {
        switch self {
        case .putJob, .removeJob: true
        default: false
        }
    }
}

/// A stream of operations on a state, most of them sensible.
struct RandomOperations {
    private var random: SeededGenerator
    private var nextID = 1
    private var now = StoreSamples.start
    private var jobs: [JobID] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func step(_ state: inout StoreState, log: inout ChangeLog) {
        now += Double.random(in: 0...20, using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0: insert(&state, &log)
        case 1 where jobs.count > 3: delete(&state, &log)
        case 2: replace(&state, &log)
        case 3...7: fire(&state, &log)
        case 8: enqueue(&state, &log)
        case 9...13: claim(&state, &log)
        case 14: renew(&state, &log)
        default: finish(&state, &log)
        }
    }

    private mutating func id() -> Int {
        nextID += 1
        return nextID
    }

    private mutating func insert(_ state: inout StoreState, _ log: inout ChangeLog) {
        guard
            let job = try? StoreSamples.job(
                id(), retention: .last(Int.random(in: 0...4, using: &random)),
                overlap: Bool.random(using: &random) ? .allow : .skip)
        else { return }
        let key = Bool.random(using: &random) ? "key \(Int.random(in: 0..<5, using: &random))" : nil
        if case .inserted? = try? state.insert([JobInsertion(job, idempotencyKey: key)], log: &log).first {
            jobs.append(job.id)
        }
    }

    private mutating func delete(_ state: inout StoreState, _ log: inout ChangeLog) {
        let index = Int.random(in: jobs.indices, using: &random)
        _ = state.delete([jobs.remove(at: index)], log: &log)
    }

    private mutating func replace(_ state: inout StoreState, _ log: inout ChangeLog) {
        guard let job = jobs.randomElement(using: &random).flatMap({ state.jobs[$0] }) else { return }
        var scheduleState = job.scheduleState
        scheduleState.state = Bool.random(using: &random) ? .active : .paused
        _ = try? state.replace(
            JobReplacement(
                id: job.id, expectedRevision: job.scheduleState.revision, scheduleState: scheduleState, date: now),
            log: &log)
    }

    private mutating func fire(_ state: inout StoreState, _ log: inout ChangeLog) {
        guard let job = jobs.randomElement(using: &random).flatMap({ state.jobs[$0] }),
            let next = job.scheduleState.next
        else { return }
        var scheduleState = job.scheduleState
        scheduleState.decidedThrough = next
        scheduleState.next = next.addingTimeInterval(60)
        let skips = Int.random(in: 0..<3, using: &random) == 0
        _ = state.fire(
            [
                FireRequest(
                    jobID: job.id, expectedRevision: job.scheduleState.revision,
                    executions: skips ? [] : [StoreSamples.execution(id(), of: job, at: next)],
                    skips: skips
                        ? [
                            SkippedOccurrence(
                                jobID: job.id, first: next, last: next, count: 1, reason: .misfire, decidedAt: now)
                        ] : [],
                    scheduleState: scheduleState)
            ], log: &log)
    }

    private mutating func enqueue(_ state: inout StoreState, _ log: inout ChangeLog) {
        guard let job = jobs.randomElement(using: &random).flatMap({ state.jobs[$0] }) else { return }
        _ = try? state.enqueue([StoreSamples.execution(id(), of: job, at: now)], log: &log)
    }

    private mutating func claim(_ state: inout StoreState, _ log: inout ChangeLog) {
        _ = state.claim(
            ClaimRequest(
                owner: "owner", limit: Int.random(in: 1...3, using: &random), now: now.addingTimeInterval(100_000),
                leaseExpiresAt: now.addingTimeInterval(30)), log: &log)
    }

    private mutating func renew(_ state: inout StoreState, _ log: inout ChangeLog) {
        guard let key = state.leases.first, let token = state.executions[key.id]?.lease?.token else { return }
        _ = state.renew(
            [LeaseRenewal(executionID: key.id, token: token, expiresAt: now.addingTimeInterval(30))], log: &log)
    }

    private mutating func finish(_ state: inout StoreState, _ log: inout ChangeLog) {
        guard let key = state.leases.first, let execution = state.executions[key.id] else { return }
        let failure = ExecutionFailure(kind: .timeout, message: "slow")
        let nexts: [Completion.Next] = [
            .succeeded, .failed(failure), .retry(at: now.addingTimeInterval(5), after: failure),
            .released(until: now), .canceled,
        ]
        let next = nexts.randomElement(using: &random) ?? .succeeded
        var attempt: Attempt? = StoreSamples.attempt(execution.attempts.count + 1)
        if case .released = next { attempt = nil }
        _ = state.finish(
            [
                Completion(
                    executionID: key.id, token: execution.lease?.token ?? 0, attempt: attempt, next: next, date: now)
            ], log: &log)
    }
}
