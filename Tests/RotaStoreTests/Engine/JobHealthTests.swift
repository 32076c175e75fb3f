import Foundation
import RotaRetry
import RotaTestSupport
import RotaTesting
import Testing

@testable import RotaStore

@Suite struct JobHealthTests {
    /// Health of executions with these durations in seconds, all of them successes but for `failures`.
    private func health(_ durations: [Double], failures: Int = 0) -> JobHealth {
        var health = JobHealth()
        health.count(.succeeded, durations.count)
        health.count(.failed, failures)
        let sorted = durations.map { Int64($0 * 1e9) }.sorted()
        health.setDurations(sum: sorted.reduce(0) { $0 + Int128($1) }, count: sorted.count) { sorted[$0] }
        return health
    }

    @Test("The score is that of the formula", .rows("SX-9", "S-107 to S-110"))
    func score() {
        #expect(JobHealth().score == -1)
        #expect(health([]).score == -1)
        #expect(health([], failures: 3).score == 0)
        #expect(health([1, 1, 1, 1]).score == 100)
        #expect(health([1, 1], failures: 2).score == 65)
        var canceled = JobHealth()
        canceled.count(.canceled)
        #expect(canceled.score == 0 && canceled.successRate == 0)
        // Nineteen of 1 s and one of 21 s: the average is 2 s, and the 95th percentile 1 s + 0.05 × 20 s.
        let steady = health(Array(repeating: 1, count: 19) + [21])
        #expect(steady.averageDuration == .seconds(2) && steady.p95Duration == .seconds(2) && steady.score == 100)
        // Nine of 1 s and one of 31 s: the average is 4 s, and the 95th percentile 1 s + 0.55 × 30 s = 17.5 s.
        let shaky = health(Array(repeating: 1, count: 9) + [31])
        #expect(shaky.averageDuration == .seconds(4) && shaky.p95Duration == .milliseconds(17_500))
        #expect(shaky.score == 70)
        // 2.5 times the average: half of 15 points less.
        let between = health([1, 1, 1, 1, 1, 1, 1, 1, 1, 3.5])
        let ratio = 2.375 / 1.25
        #expect(between.p95Duration == .milliseconds(2_375) && ratio < 2 && between.score == 100)
        #expect(health([0, 0, 0]).score == 100)
    }

    @Test("An execution counts by its status and the kind of its failure", .rows("S-100 to S-106"))
    func outcomes() throws {
        let job = try StoreSamples.job(1)
        func outcome(_ status: ExecutionStatus, _ kind: FailureKind? = nil) -> HealthOutcome? {
            var execution = StoreSamples.execution(1, of: job, at: StoreSamples.start)
            execution.progress.status = status
            execution.progress.failure = kind.map { ExecutionFailure(kind: $0, message: "") }
            return HealthOutcome(of: execution)
        }
        #expect(outcome(.succeeded) == .succeeded && outcome(.canceled) == .canceled && outcome(.expired) == .expired)
        #expect(outcome(.failed) == .failed && outcome(.failed, .httpStatus) == .failed)
        #expect(outcome(.failed, .timeout) == .timedOut)
        #expect(outcome(.failed, .crashed) == .crashed && outcome(.failed, .interrupted) == .crashed)
        #expect(outcome(.queued) == nil && outcome(.running) == nil && outcome(.waiting) == nil)
    }

    @Test(
        "Every window agrees with a count of all executions, whatever happens in between", .rows("SX-9", "S-14"),
        arguments: 1...6 as ClosedRange<UInt64>)
    func agrees(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var state = StoreState()
        var log = ChangeLog(isRecording: false)
        var jobs = try (1...4).map { try StoreSamples.job($0, retention: .last(60)) }
        for index in jobs.indices { jobs[index].definition.attributes.group = index < 2 ? "a" : nil }
        _ = try state.insert(jobs.map { JobInsertion($0) }, log: &log)
        var now = StoreSamples.start
        var number = 0
        for step in 0..<400 {
            now += Double.random(in: -2_000...12_000, using: &random)
            number += 1
            let job = jobs.randomElement(using: &random) ?? jobs[0]
            var execution = job.execution(
                id: ExecutionID(bits: UInt128(number)), source: number.isMultiple(of: 17) ? .notification : .manual,
                scheduledFor: now, createdAt: now)
            execution.progress.status =
                [.succeeded, .succeeded, .failed, .canceled, .expired, .queued].randomElement(using: &random) ?? .failed
            if execution.progress.status.isTerminal { execution.progress.finishedAt = now + 9 }
            if Bool.random(using: &random) {
                execution.progress.startedAt = now + Double.random(in: 0...9, using: &random)
            }
            if execution.progress.status == .failed {
                execution.progress.failure = ExecutionFailure(
                    kind: [.timeout, .crashed, .httpStatus].randomElement(using: &random) ?? .timeout, message: "")
            }
            state.record(execution, log: &log)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: _ = state.cancel([Cancellation(ExecutionID(bits: UInt128(number)), date: now)], log: &log)
            case 1: _ = state.prune(at: now, limit: 5, log: &log)
            case 2: state.removeExecution(ExecutionID(bits: UInt128(Int.random(in: 1...number, using: &random))))
            case 3 where step.isMultiple(of: 40):
                var moved = try #require(state.jobs[job.id])
                moved.definition.attributes.group = Bool.random(using: &random) ? "a" : "b"
                state.record(moved, log: &log)
            default: break
            }
            guard step.isMultiple(of: 3) else { continue }
            for scope in [.job(jobs[0].id), .group("a"), .all] as [JobHealth.Scope] {
                let window = JobHealth.Window.allCases.randomElement(using: &random) ?? .day
                let found = state.health(of: scope, over: window, at: now)
                #expect(found == counted(scope, window, in: state, at: now), "seed \(seed), step \(step), \(scope)")
            }
        }
        #expect(state.health(of: .all, over: .month, at: now).total > 50)
    }

    /// The health by reading everything.
    private func counted(
        _ scope: JobHealth.Scope, _ window: JobHealth.Window, in state: StoreState, at now: Date
    ) -> JobHealth {
        let counted = state.executions.values.filter { execution in
            guard execution.createdAt >= now.addingTimeInterval(-(window.duration / .seconds(1))) else { return false }
            return switch scope {
            case .job(let id): execution.jobID == id
            case .group(let name): state.jobs[execution.jobID]?.attributes.group == name
            case .all: true
            }
        }
        var health = JobHealth()
        for outcome in counted.compactMap({ HealthOutcome(of: $0) }) { health.count(outcome) }
        let durations = counted.filter { HealthOutcome(of: $0) != nil }.compactMap(\.healthDuration).sorted()
        health.setDurations(sum: durations.reduce(0) { $0 + Int128($1) }, count: durations.count) { durations[$0] }
        return health
    }
}
