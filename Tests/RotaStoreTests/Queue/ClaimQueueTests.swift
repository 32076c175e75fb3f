import Foundation
import RotaRetry
import RotaSchedule
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Claim queue")
struct ClaimQueueTests {
    @Test(
        "Claims agree with an oracle that applies the limits from scratch",
        .rows("S-31", "S-32", "S-34", "S-36", "S-37", "S-68", "T-46", "SX-12"),
        arguments: 1...6)
    func agrees(seed: UInt64) throws {
        var world = ClaimWorld(seed: seed)
        try world.build(jobs: 6)
        var claimed = 0
        for step in 0..<200 {
            world.step()
            let (found, expected) = world.claim()
            #expect(found == expected, "seed \(seed), step \(step)")
            guard found == expected else { return }
            claimed += found.count
        }
        #expect(claimed > 30)
        world.checkLimits()
    }

    @Test(
        "With dependencies too, claims agree with the oracle, also after a restart", .rows("S-16", "S-113", "SX-10"),
        arguments: 1...12)
    func dependencies(seed: UInt64) throws {
        var world = ClaimWorld(seed: 300 + seed, hasDependencies: true)
        try world.build(jobs: 5)
        var claimed = 0
        for step in 0..<200 {
            world.step()
            if step.isMultiple(of: 9) { world.restart(throughSnapshot: step.isMultiple(of: 2)) }
            let (found, expected) = world.claim()
            #expect(found == expected, "seed \(seed), step \(step)")
            guard found == expected else { return }
            claimed += found.count
        }
        #expect(claimed > 10)
    }

    @Test("A state rebuilt from its changes makes the same claims", arguments: 1...3)
    func restart(seed: UInt64) throws {
        var world = ClaimWorld(seed: 100 + seed)
        try world.build(jobs: 6)
        for step in 0..<120 {
            world.step()
            if step.isMultiple(of: 7) { world.restart(throughSnapshot: step.isMultiple(of: 2)) }
            let (found, expected) = world.claim()
            #expect(found == expected, "seed \(seed), step \(step)")
            guard found == expected else { return }
        }
    }

    @Test("The next wake-up is never later than the date at which a limit allows a start", arguments: 1...3)
    func wakes(seed: UInt64) throws {
        var world = ClaimWorld(seed: 200 + seed)
        try world.build(jobs: 5)
        for _ in 0..<30 {
            for _ in 0..<4 { world.step() }
            while !world.claim().found.isEmpty {}
            let wake = world.state.dueWork(at: world.now, limit: 10).nextWakeup ?? world.now.addingTimeInterval(500)
            // Nothing may become claimable, by time alone, before the date named.
            var oracle = world.oracle
            var date = world.now.addingTimeInterval(1)
            while date < min(wake, world.now.addingTimeInterval(500)) {
                let early = oracle.claim(limit: 1, at: date)
                #expect(early.isEmpty, "seed \(seed): claimable at \(date), but the due work says \(wake)")
                guard early.isEmpty else { return }
                date += 1
            }
        }
    }
}

/// A state and an oracle that see the same.
struct ClaimWorld {
    var state = StoreState()
    var oracle = ClaimOracle()
    var changes: [Change] = []
    var now = StoreSamples.start
    private var random: SeededGenerator
    private var nextID = 1
    private let hasDependencies: Bool

    init(seed: UInt64, hasDependencies: Bool = false) {
        self.hasDependencies = hasDependencies
        random = SeededGenerator(seed: seed)
    }

    private mutating func apply<Result>(
        _ body: (inout StoreState, inout ChangeLog) throws -> Result
    ) rethrows -> Result {
        var log = ChangeLog(isRecording: true)
        defer { changes += log.changes }
        return try body(&state, &log)
    }

    /// Brings the oracle's records up to date with those of the state.
    private mutating func look() {
        oracle.jobs = Array(state.jobs.values)
        oracle.executions = state.executions.values.filter { !$0.progress.status.isTerminal }
        oracle.ended = state.executions.values.filter { $0.progress.status.isTerminal }
        oracle.dependencies = Array(state.dependencies.values)
    }

    mutating func limits() throws -> JobLimits {
        var limits = JobLimits()
        if chance(3) { limits.concurrency = Int.random(in: 1...3, using: &random) }
        if chance(3) { limits.concurrencyPerKey = Int.random(in: 1...2, using: &random) }
        if chance(3) { limits.rate = RateLimit(Int.random(in: 1...4, using: &random), per: .seconds(20)) }
        if chance(3) { limits.sharedRates = [SharedRateLimit("api", RateLimit(3, per: .seconds(15)))] }
        if chance(4) { limits.sharedRates.append(SharedRateLimit("db", RateLimit(5, per: .seconds(40)))) }
        if chance(5) { limits.window = try ExecutionWindow("*/2 * * * *") }
        if chance(4) { limits.timeToLive = .seconds(50) }
        return limits
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    mutating func build(jobs count: Int) throws {
        for number in 1...count {
            var job = try StoreSamples.job(
                number, retention: .last(3),
                overlap: [.allow, .allow, .queue(limit: nil), .replace, .queue.countingTriggered()]
                    .randomElement(using: &random) ?? .allow)
            job.definition.limits = try limits()
            if chance(3) { job.definition.priority = Int.random(in: 0...2, using: &random) }
            _ = try apply { try $0.insert([JobInsertion(job)], log: &$1) }
        }
        if hasDependencies { for _ in 0..<4 { depend() } }
        look()
    }

    mutating func step() {
        now += Double(Int.random(in: 0...12, using: &random))
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3: for _ in 0..<Int.random(in: 1...3, using: &random) { enqueue() }
        case 4...7: for _ in 0..<Int.random(in: 1...3, using: &random) { finish() }
        case 8: if chance(4) { change() } else if hasDependencies, chance(3) { depend() }
        default: cancelOrPrune()
        }
        look()
    }

    private mutating func enqueue() {
        guard let job = Array(state.jobs.values).sorted(by: { $0.id < $1.id }).randomElement(using: &random) else {
            return
        }
        var details = ExecutionDetails.none
        if chance(3) { details.priority = Int.random(in: 0...3, using: &random) }
        if chance(2) { details.concurrencyKey = ["a", "b"].randomElement(using: &random) }
        if chance(3) { details.dependencyKey = ["x", "y"].randomElement(using: &random) }
        if chance(6) { details.idempotencyKey = "\(Int.random(in: 0...9, using: &random))" }
        let source: ExecutionSource = chance(3) ? .manual : .schedule
        let due = now.addingTimeInterval(Double(Int.random(in: -30...40, using: &random)))
        nextID += 1
        let execution = job.execution(
            id: ExecutionID(bits: UInt128(nextID)), source: source,
            scheduledFor: due.addingTimeInterval(Double(Int.random(in: -5...0, using: &random))), dueAt: due,
            createdAt: due, details: details)
        _ = apply { try? $0.enqueue([execution], log: &$1) }
    }

    private mutating func finish() {
        let running = state.leases.suffix().map(\.id).sorted()
        guard let id = running.randomElement(using: &random), let execution = state.executions[id] else { return }
        let failure = ExecutionFailure(kind: .timeout, message: "slow")
        let nexts: [Completion.Next] = [
            .succeeded, .succeeded, .failed(failure), .retry(at: now.addingTimeInterval(7), after: failure),
            .released(until: now), .waiting(until: now.addingTimeInterval(30)),
        ]
        let next = nexts.randomElement(using: &random) ?? .succeeded
        var attempt: Attempt? = StoreSamples.attempt(execution.attempts.count + 1)
        if case .released = next { attempt = nil }
        let completion = Completion(
            executionID: id, token: execution.progress.lease?.token ?? 0, attempt: attempt, next: next, date: now)
        _ = apply { $0.finish([completion], log: &$1) }
    }

    private mutating func change() {
        guard let job = Array(state.jobs.values).sorted(by: { $0.id < $1.id }).randomElement(using: &random),
            var limits = try? limits()
        else { return }
        // The rates stay: what started before a rate was set is not known to it.
        limits.rate = job.definition.limits.rate
        limits.sharedRates = job.definition.limits.sharedRates
        var definition = job.definition
        definition.limits = limits
        definition.overlap =
            chance(2) ? .allow : chance(2) ? .queue(limit: nil) : .queue(limit: nil).countingTriggered()
        let replacement = JobReplacement(
            id: job.id, expectedRevision: job.scheduleState.revision, definition: definition,
            scheduleState: job.scheduleState,
            date: now)
        _ = apply { try? $0.replace(replacement, log: &$1) }
    }

    /// Lets one job depend on another, or no longer.
    private mutating func depend() {
        if chance(3), let old = state.dependencies.keys.sorted().randomElement(using: &random) {
            _ = apply { $0.removeDependency(old, log: &$1) }
            return
        }
        let jobs = Array(state.jobs.values).map(\.id).sorted()
        guard let one = jobs.randomElement(using: &random), let other = jobs.randomElement(using: &random) else {
            return
        }
        nextID += 1
        let dependency = JobDependency(
            id: DependencyID(bits: UInt128(nextID)), jobID: one, dependsOn: other,
            condition: JobDependency.Condition.allCases.randomElement(using: &random) ?? .any, createdAt: now)
        _ = apply { try? $0.addDependency(dependency, log: &$1) }
    }

    private mutating func cancelOrPrune() {
        if chance(2) {
            let now = now
            _ = apply { $0.prune(at: now, limit: 2, log: &$1) }
        } else if let id = state.executionOrder.suffix().map(\.self).randomElement(using: &random) {
            let now = now
            _ = apply { $0.cancel([Cancellation(id, date: now)], log: &$1) }
        }
    }

    mutating func claim() -> (found: [ExecutionID], expected: [ExecutionID]) {
        let limit = Int.random(in: 1...4, using: &random)
        let expected = oracle.claim(limit: limit, at: now)
        let request = ClaimRequest(owner: "a", limit: limit, now: now, leaseExpiresAt: now.addingTimeInterval(1e6))
        let found = apply { $0.claim(request, log: &$1) }
        look()
        return (found.map(\.execution.id), expected)
    }

    mutating func restart(throughSnapshot: Bool) {
        var rebuilt = StoreState()
        if throughSnapshot {
            var place: StoreState.SnapshotPosition? = .jobs(after: nil)
            while let from = place {
                let (records, next) = state.snapshot(from: from, limit: 3)
                for record in records { rebuilt.apply(record.insertion) }
                place = next
            }
        } else {
            for change in changes { rebuilt.apply(change) }
        }
        state = rebuilt
    }

    /// Checks that no span of time, wherever it begins, holds more starts than a rate allows.
    func checkLimits() {
        for job in oracle.jobs {
            var rates: [(RateLimit, [Date])] = []
            if let rate = job.definition.limits.rate {
                rates.append((rate, oracle.started.filter { $0.job == job.id }.map(\.date)))
            }
            for shared in job.definition.limits.sharedRates {
                let dates = oracle.started.filter { $0.names.contains(shared.name) }.map(\.date)
                rates.append((shared.limit, dates))
            }
            for (rate, dates) in rates {
                let window = rate.window / .seconds(1)
                for date in dates {
                    let count = dates.count { $0 >= date && $0 < date.addingTimeInterval(window) }
                    #expect(count <= rate.maximum)
                }
            }
        }
    }
}
