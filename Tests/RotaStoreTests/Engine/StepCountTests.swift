import Foundation
import RotaRetry
import RotaTestSupport
import RotaTesting
import Testing

@testable import RotaStore

/// No operation of a store reads more of a hundred thousand executions than of a thousand, but for a few comparisons.
@Suite struct StepCountTests {
    private static let sizes = [1_000, 10_000, 100_000]
    private static let now = StoreSamples.start.addingTimeInterval(1_000_000)

    /// A state with a finished and a queued half of executions, of one large job and ten small ones, and as many held.
    private static func state(_ size: Int) throws -> StoreState {
        var state = StoreState()
        var log = ChangeLog(isRecording: false)
        var jobs = try (1...11).map { try StoreSamples.job($0, retention: .last(1_000_000)) }
        jobs[0].definition.limits.concurrency = 1
        var goal = try StoreSamples.job(12)
        goal.definition.attributes.group = "g"
        _ = try state.insert((jobs + [goal]).map { JobInsertion($0) }, log: &log)
        try state.addDependency(
            JobDependency(
                id: DependencyID(bits: 1), jobID: jobs[2].id, dependsOn: goal.id, createdAt: StoreSamples.start),
            log: &log)
        for number in 1...size {
            let job = number.isMultiple(of: 2) ? jobs[0] : jobs[1 + number % 10]
            var details = ExecutionDetails.none
            details.concurrencyKey = "k\(number % 7)"
            if number.isMultiple(of: 3) { details.dependencyKey = "d\(number)" }
            var execution = job.execution(
                id: ExecutionID(bits: UInt128(number)), source: .manual,
                scheduledFor: StoreSamples.start.addingTimeInterval(Double(number * 7919 % size)),
                createdAt: StoreSamples.start, details: details)
            if number.isMultiple(of: 4) || number.isMultiple(of: 5) {
                execution.progress.status = number.isMultiple(of: 8) ? .failed : .succeeded
                execution.progress.finishedAt = StoreSamples.start.addingTimeInterval(Double(number))
            }
            state.put(execution)
        }
        _ = state.dueWork(at: now, limit: 1)
        return state
    }

    private struct Operation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: @Sendable (inout StoreState, Int) throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (inout StoreState, Int) throws -> Void) {
            (testDescription, self.body) = (name, body)
        }
    }

    private static func request(_ limit: Int) -> ClaimRequest {
        ClaimRequest(owner: "a", limit: limit, now: now, leaseExpiresAt: now.addingTimeInterval(30))
    }

    private static let operations: [Operation] = [
        Operation("enqueue") { state, size in
            var log = ChangeLog(isRecording: false)
            let job = try #require(state.jobs[JobID(bits: 2)])
            try state.enqueue([StoreSamples.execution(size + 5, of: job, at: now)], log: &log)
        },
        Operation("claim") { state, _ in
            var log = ChangeLog(isRecording: false)
            #expect(state.claim(request(10), log: &log).count == 10)
        },
        Operation("finish") { state, _ in
            var log = ChangeLog(isRecording: false)
            let claims = state.claim(request(5), log: &log)
            let completions = claims.map {
                Completion(
                    executionID: $0.execution.id, token: $0.lease.token, attempt: StoreSamples.attempt(1),
                    next: .succeeded, date: now)
            }
            #expect(state.finish(completions, log: &log).count == 5)
        },
        Operation("due work") { state, _ in _ = state.dueWork(at: now, limit: 10) },
        Operation("cancel") { state, size in
            var log = ChangeLog(isRecording: false)
            _ = state.cancel([Cancellation(ExecutionID(bits: UInt128(size - 1)), date: now)], log: &log)
        },
        Operation("holds") { state, size in
            #expect(!state.holds(on: ExecutionID(bits: 1), at: now).isEmpty)
        },
        Operation("dependency met") { state, _ in
            var log = ChangeLog(isRecording: false)
            var statistics = try #require(state.jobs[JobID(bits: 12)]).statistics
            statistics.count(.succeeded, startedAt: now, finishedAt: now)
            state.record(statistics, of: JobID(bits: 12), log: &log)
        },
        Operation("overlap of all executions") { state, _ in
            let isUnfinished = state.hasLiveExecution(of: JobID(bits: 1), in: .all, at: now)
            #expect(isUnfinished)
        },
        Operation("prune") { state, _ in
            var log = ChangeLog(isRecording: false)
            _ = state.prune(at: now, limit: 10, log: &log)
        },
        Operation("newest of all") { state, _ in _ = try state.executions(ExecutionQuery(limit: 20)) },
        Operation("newest of a job") { state, _ in
            _ = try state.executions(ExecutionQuery(jobID: JobID(bits: 1), limit: 20))
        },
        Operation("failed ones") { state, _ in
            _ = try state.executions(ExecutionQuery(statuses: [.failed], limit: 20))
        },
        Operation("dead letters") { state, _ in
            _ = try state.executions(ExecutionQuery(limit: 20).with { $0.isDeadLetter = true })
        },
        Operation("all by date") { state, _ in
            _ = try state.executions(ExecutionQuery(sort: .scheduledFor, limit: 20))
        },
        Operation("second page of a job by date") { state, _ in
            var query = ExecutionQuery(jobID: JobID(bits: 1), sort: .scheduledFor, limit: 20)
            query.after = try state.executions(query).next
            let page = try state.executions(query)
            #expect(page.items.count == 20)
        },
        Operation("jobs of a group") { state, _ in
            let page = try state.jobs(JobQuery().with { $0.group = "g" })
            #expect(page.items.count == 1)
        },
    ]

    @Test("An operation takes O(log n) steps")
    func steps() throws {
        var counts: [String: [Int]] = [:]
        for size in Self.sizes {
            var state = try Self.state(size)
            // The first list by date of a job reads all its executions.
            _ = try state.executions(ExecutionQuery(jobID: JobID(bits: 1), sort: .scheduledFor, limit: 1))
            for operation in Self.operations {
                var copy = state
                if let steps = try StepCounter.steps({ try operation.body(&copy, size) }) {
                    counts[operation.testDescription, default: []].append(steps)
                }
            }
        }
        for (name, steps) in counts {
            // A hundred times as many executions cost at most seven more comparisons for each of the searches.
            #expect(steps[2] <= 3 * steps[0] + 40, "\(name): \(steps)")
        }
    }

    @Test(
        "A later page of sorted jobs takes O(log n) steps", arguments: [JobQuery.Sort.name, .nextRun],
        ListOrder.allCases)
    func sortedJobs(sort: JobQuery.Sort, order: ListOrder) throws {
        var counts: [Int] = []
        for size in [200, 2_000, 20_000] {
            var state = StoreState()
            var log = ChangeLog(isRecording: false)
            let jobs = try (1...size).map { number in
                var job = try StoreSamples.job(number)
                job.scheduleState.next = StoreSamples.start.addingTimeInterval(Double(number * 7919 % size))
                return JobInsertion(job)
            }
            _ = try state.insert(jobs, log: &log)
            var query = JobQuery(sort: sort, order: order, limit: 20)
            query.after = try state.jobs(query).next
            let steps = try StepCounter.steps {
                let page = try state.jobs(query)
                #expect(page.items.count == 20)
            }
            if let steps { counts.append(steps) }
        }
        if let least = counts.first, let most = counts.last { #expect(most <= 3 * least + 40, "\(counts)") }
    }

    @Test("The steps of a list that reads everything are counted")
    func counted() throws {
        var state = try Self.state(1_000)
        let query = ExecutionQuery(limit: 20).with { $0.tags = ["no": "one"] }
        let steps = try StepCounter.steps { _ = try state.executions(query) }
        if let steps { #expect(steps >= 1_000) }
    }
}
