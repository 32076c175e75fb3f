package import Foundation
import RotaCore
import RotaHTTP
import RotaRetry
import RotaSchedule
package import RotaStore

/// Random but repeatable operations based on what earlier ones did: some valid, some stale, some impossible.
package struct StoreScript {
    /// The reference tables after all operations so far.
    package private(set) var model = ReferenceTables()
    /// The built-in stores' state machine after all operations so far.
    package private(set) var state = StoreState()
    var random: SplitMix64
    private var clock: ScriptClock
    var now: Date { clock.now }
    private var lastID: UInt128 = 1 << 100
    /// The number of jobs above which some are deleted.
    let maximumJobs: Int

    package init(seed: UInt64, maximumJobs: Int = 12, clockJumps: Bool = true) {
        random = SplitMix64(seed: seed)
        self.maximumJobs = maximumJobs
        clock = ScriptClock(jumps: clockJumps)
    }

    /// Returns the next operation, already applied to ``model`` and ``state``.
    package mutating func next() -> (operation: StoreOperation, outcome: StoreOperation.Outcome) {
        clock.move(using: &random)
        let operation = make()
        operation.run(on: &state)
        return (operation, operation.run(on: &model))
    }

    /// Returns the next operation that can change a store, skipping queries.
    package mutating func nextChange() -> (operation: StoreOperation, outcome: StoreOperation.Outcome) {
        while true {
            let step = next()
            if !step.operation.isQuery { return step }
        }
    }

    /// Applies to both what opening a file store does.
    package mutating func reopen() {
        model.endLeases()
        var log = ChangeLog(isRecording: false)
        state.expireAllLeases(log: &log)
    }

    private mutating func make() -> StoreOperation {
        guard let job = pickJob() else { return .insert([insertion()]) }
        switch Int.random(in: 0..<67, using: &random) {
        case 0: return .declare(declaration())
        case 1...5: return .insert((0..<Int.random(in: 1...3, using: &random)).map { _ in insertion() })
        case 6...9: return .replace(replacement(of: job))
        case 10...11 where model.jobs.count > maximumJobs / 2 || chance(10):
            return .delete([job.id, JobID(bits: 3)])
        case 12...22: return .fire((0..<(chance(20) ? 2 : 1)).map { _ in fire(pickJob() ?? job) })
        case 23...26: return .enqueue(enqueued(job))
        case 27...35:
            return .claim(
                ClaimRequest(
                    owner: chance(50) ? "one" : "a scheduler with a long name",
                    limit: Int.random(in: 1...5, using: &random), now: now, leaseExpiresAt: now + 30))
        case 36...37: return .renew(some(.running).map { renewal(of: $0) })
        case 38...45: return .finish(some(.running).map { completion(of: $0) })
        case 46...48:
            return .cancel(some(nil).map { Cancellation($0.id, reason: chance(50) ? "the failure" : nil, date: now) })
        case 49...50: return .completeWaiting(some(chance(90) ? .waiting : nil).map { completeWaiting(to: $0) })
        case 51...52: return .prune(at: now, limit: Int.random(in: 0...6, using: &random))
        case 53: return .add(dependency(of: job))
        case 54: return .removeDependency(model.dependencies.randomElement(using: &random)?.id ?? DependencyID(bits: 4))
        case 55: return .dueWork(at: now, limit: 100)
        case 56...57: return .jobs(jobQuery())
        case 63...65: return .setCalendar(calendar(), named: calendarName(), at: now)
        case 66: return .deleteCalendar(named: calendarName())
        case 61...62: return .discard(some(chance(90) ? .failed : nil).map(\.id), at: now)
        case 60:
            return .cancelMatching(
                BulkCancellation(
                    executionQuery(), reason: chance(50) ? "no longer needed" : nil, date: now,
                    limit: chance(5) ? 0 : Int.random(in: 1...4, using: &random)))
        default: return .executions(executionQuery())
        }
    }

    // MARK: Chance

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    mutating func newID() -> UInt128 {
        lastID += UInt128(UInt64.random(in: 1...1 << 40, using: &random))
        return lastID
    }

    mutating func pickJob() -> Job? {
        model.jobs.randomElement(using: &random)
    }

    /// Up to three executions with a status, or with any.
    ///
    /// Rarely the same one twice.
    private mutating func some(_ status: ExecutionStatus?) -> [Execution] {
        let found = model.executions.filter { status == nil || $0.progress.status == status }
        return (0..<min(found.count, Int.random(in: 1...3, using: &random))).compactMap { _ in
            found.randomElement(using: &random)
        }
    }
}

/// The clock of a ``StoreScript``, which sometimes jumps ahead and is corrected later.
///
/// A store may forget a start two windows after it and cannot count it when the same dates come again. So the clock is
/// corrected before that, and stays correct until it has passed every date it showed. A store may also ignore a step
/// back of less than a second, so the clock never shows a date within a second before one it showed when it was ahead.
package struct ScriptClock: Sendable {
    package private(set) var now = Date(timeIntervalSince1970: 1_750_000_000)
    /// The number of seconds by which it is ahead.
    package private(set) var jump = 0.0
    private var aheadSince = Date.distantPast
    private var steadyUntil = Date.distantPast
    /// The dates it showed while it was ahead and has not passed since.
    private var shown: [Date] = []

    private let jumps: Bool

    /// Twice the shortest rate window of a script, in seconds.
    private static let longestAhead = 40.0

    package init(jumps: Bool = true) {
        self.jumps = jumps
    }

    /// Advances by up to ten seconds.
    package mutating func move(using random: inout some RandomNumberGenerator) {
        now += Double.random(in: 0...40, using: &random).rounded(.down) / 4
        let percent = Int.random(in: 0..<100, using: &random)
        if jumps, jump == 0, now > steadyUntil, percent < 1 {
            jump = Double(Int.random(in: 20...200, using: &random))
            now += jump
            aheadSince = now
        } else if jump > 0, percent < 20 || now >= aheadSince + Self.longestAhead {
            steadyUntil = now + Self.longestAhead
            now -= jump
            jump = 0
        }
        if jump > 0 { return shown.append(now) }
        for date in shown where now >= date - 1 && now < date { now = date }
        shown.removeAll { $0 <= now }
    }
}
