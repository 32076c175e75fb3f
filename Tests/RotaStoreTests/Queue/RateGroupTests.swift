import Foundation
import RotaStore
import RotaTestSupport
import Testing

/// Rates that many jobs share: what waits for them, and what is remembered of them.
@Suite struct RateGroupTests {
    private let start = StoreSamples.start
    private let api = SharedRateLimit("api", RateLimit(2, per: .seconds(10)))

    private func state(jobs count: Int, change: (inout JobDefinition, Int) -> Void = { _, _ in }) throws -> StoreState {
        var (state, log) = (StoreState(), ChangeLog(isRecording: false))
        for number in 1...count {
            var job = try StoreSamples.job(number)
            job.definition.limits.sharedRates = [api]
            change(&job.definition, number)
            let runs = (0..<2).map { StoreSamples.execution(number * 10 + $0, of: job, at: start + Double(number)) }
            _ = try state.insert([JobInsertion(job, executions: runs)], log: &log)
        }
        return state
    }

    private func claim(_ state: inout StoreState, at seconds: Double, limit: Int = 1000) -> [Int] {
        var log = ChangeLog(isRecording: false)
        let request = ClaimRequest(
            owner: "a", limit: limit, now: start + seconds, leaseExpiresAt: start + seconds + 30)
        return state.claim(request, log: &log).map { Int($0.execution.id.bits) }
    }

    @Test("One entry blocks all jobs that share a rate, and they start one by one in order", .rows("S-37"))
    func line() throws {
        var state = try state(jobs: 300)
        #expect(claim(&state, at: 400) == [10, 11])
        #expect(state.claims.blockedCount == 1)
        for step in 1...20 {
            let now = 400 + Double(step) * 10
            #expect(state.dueWork(at: start + now - 1, limit: 0).nextWakeup == start + now)
            #expect(claim(&state, at: now) == [(step + 1) * 10, (step + 1) * 10 + 1])
            #expect(state.claims.blockedCount == 1)
        }
    }

    @Test("A job that another limit blocks too lets the next job of its group start first", .rows("S-37"))
    func otherLimits() throws {
        var state = try state(jobs: 4) { definition, number in
            if number == 1 { definition.limits.rate = RateLimit(1, per: .seconds(100)) }
            if number == 2 { definition.limits.concurrency = 1 }
        }
        #expect(claim(&state, at: 50) == [10, 20])
        // The first is held by its own rate, the second by the one of its runs that has not ended.
        #expect(claim(&state, at: 60) == [30, 31])
        #expect(claim(&state, at: 70) == [40, 41])
        #expect(claim(&state, at: 150) == [11])
    }

    @Test("Jobs with different limits under one name each keep their own", .rows("S-37"))
    func differentNumbers() throws {
        var state = try state(jobs: 2) { definition, number in
            if number == 2 { definition.limits.sharedRates = [SharedRateLimit("api", RateLimit(3, per: .seconds(20)))] }
        }
        #expect(claim(&state, at: 50) == [10, 11, 20])
        #expect(claim(&state, at: 60).isEmpty)
        #expect(claim(&state, at: 70) == [21])
    }

    @Test("A job that leaves or joins a rate group changes nothing for the others")
    func leaving() throws {
        var state = try state(jobs: 3)
        var log = ChangeLog(isRecording: false)
        #expect(claim(&state, at: 50) == [10, 11])
        _ = state.delete([JobID(bits: 2)], log: &log)
        let third = try #require(state.jobs[JobID(bits: 3)])
        var definition = third.definition
        definition.limits = .none
        _ = try state.replace(
            JobReplacement(
                id: third.id, expectedRevision: third.revision, definition: definition,
                scheduleState: third.scheduleState,
                date: start), log: &log)
        #expect(claim(&state, at: 51) == [30, 31])
        _ = state.delete([JobID(bits: 1), JobID(bits: 3)], log: &log)
        #expect(state.claims.blockedCount == 0)
    }

    @Test("Starts under an unused name count for a day and are then forgotten")
    func unusedNames() throws {
        var state = try state(jobs: 1)
        var log = ChangeLog(isRecording: true)
        #expect(claim(&state, at: 50).count == 2)
        _ = state.delete([JobID(bits: 1)], log: &log)
        #expect(state.prune(at: start + 80_000, limit: 10, log: &log) == PruneReport())
        #expect(state.claims.startLog.starts.count == 1)
        var again = try self.state(jobs: 1).jobs[JobID(bits: 1)]
        again?.scheduleState.decidedThrough = start
        let job = try #require(again)
        _ = try state.insert(
            [JobInsertion(job, executions: [StoreSamples.execution(7, of: job, at: start)])], log: &log)
        #expect(claim(&state, at: 55).isEmpty)
        _ = state.delete([JobID(bits: 1)], log: &log)
        let end = start + 50 + 86_400
        #expect(!state.dueWork(at: end - 60, limit: 1).isPruningDue)
        #expect(state.dueWork(at: end - 60, limit: 1).nextWakeup.map { $0 >= end && $0 <= end + 60 } == true)
        #expect(state.dueWork(at: end + 60, limit: 1).isPruningDue)
        _ = state.prune(at: end + 60, limit: 10, log: &log)
        #expect(state.claims.startLog.starts.isEmpty)
        #expect(state.dueWork(at: end + 60, limit: 1).nextWakeup == nil)
        var replayed = StoreState()
        for change in log.changes { replayed.apply(change) }
        #expect(replayed.claims.startLog.starts.isEmpty)
    }
}
