import Foundation
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("What holds an execution back")
struct ExecutionExplanationTests {
    /// A bench with a queue of one execution that is running and one that waits.
    private func busy(_ limits: JobLimits, _ request: TriggerRequest = TriggerRequest()) async throws -> (
        Bench, ExecutionID, ExecutionExplanation
    ) {
        let bench = Bench()
        let clock = bench.clock
        _ = try await bench.scheduler.declare([JobDraft(queue: "q", limits: limits)], owner: "app")
        try await bench.scheduler.handle("q") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(3600))
        }
        return try await bench.running {
            let first = try await bench.scheduler.enqueue("q", request)
            let second = try await bench.scheduler.enqueue("q", request)
            await bench.advance(.seconds(1))
            let running = try await bench.scheduler.explain(first.id)
            #expect(running.holds.isEmpty && running.description.contains("attempt 1 is being made"))
            return (bench, second.id, try await bench.scheduler.explain(second.id))
        }
    }

    @Test("Each limit names itself")
    func limits() async throws {
        var (_, _, explanation) = try await busy(.concurrency(1))
        #expect(explanation.holds == [.concurrency(limit: 1)])
        #expect(explanation.description.hasSuffix("the limit of 1 execution at a time is reached."))
        (_, _, explanation) = try await busy(JobLimits(concurrencyPerKey: 1), TriggerRequest(concurrencyKey: "ann"))
        #expect(explanation.holds == [.concurrencyPerKey("ann", limit: 1)])
        let start = ManualClock().now
        (_, _, explanation) = try await busy(JobLimits(rate: RateLimit(1, per: .seconds(60))))
        #expect(explanation.holds == [.rate(until: start.addingTimeInterval(60))])
        (_, _, explanation) = try await busy(
            JobLimits(sharedRates: [SharedRateLimit("mail", RateLimit(1, per: .seconds(60)))]))
        #expect(explanation.holds == [.sharedRate("mail", until: start.addingTimeInterval(60))])
        (_, _, explanation) = try await busy(.none)
        #expect(explanation.holds.isEmpty && explanation.execution.status == .running)
    }

    @Test("A delay, a window, a pause, a batch, a missing handler and a scheduler at rest name themselves")
    func others() async throws {
        let bench = Bench()
        let start = bench.clock.now
        let scheduler = bench.scheduler
        _ = try await scheduler.declare([JobDraft(queue: "q", action: .handler("gone"))], owner: "app")
        let delayed = try await scheduler.enqueue("q", after: .minutes(5))
        var explanation = try await scheduler.explain(delayed.id)
        #expect(explanation.holds == [.notDue(until: start.addingTimeInterval(300))])
        #expect(explanation.missingHandler == "gone" && !explanation.isRunning)
        #expect(explanation.description.contains("this scheduler has no handler \"gone\""))
        #expect(explanation.description.contains("this scheduler is not running"))
        let queue = try await scheduler.job(slug: "q")
        try await scheduler.pause(queue.id, until: start.addingTimeInterval(60))
        let paused = try await scheduler.enqueue("q")
        #expect(try await scheduler.explain(paused.id).holds == [.pausedQueue(until: start.addingTimeInterval(60))])
        let batch = try await scheduler.enqueue(
            "q", [TriggerRequest(), TriggerRequest()], then: TriggerRequest.FollowUp("q"))
        let followUp = try #require(batch.followUp)
        explanation = try await scheduler.explain(followUp.id)
        #expect(explanation.holds == [.batch(unfinished: 2)])
        // Its replay does not wait for the batch, though it knows of it.
        _ = try await scheduler.cancel(followUp.id)
        var replay = try await scheduler.replay(followUp.id)
        replay.progress.status = .waiting
        replay.progress.startedAt = start
        #expect(replay.progress.batch?.unfinished == 2)
        #expect(try await replay.holds(scheduler.job(slug: "q"), at: start) == [.externalCompletion(until: nil)])
        try await scheduler.cancel(delayed.id, reason: "not needed")
        #expect(try await scheduler.explain(delayed.id).description.hasSuffix("not needed."))
        await #expect(throws: SchedulerError.self) { try await scheduler.explain(ExecutionID(bits: 1)) }
    }

    @Test("An execution behind another of its series, and one whose attempt failed, say so")
    func seriesAndRetries() async throws {
        struct Refusal: Error, CustomStringConvertible { var description: String { "no room" } }
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("slow") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(3600))
        }
        try await bench.scheduler.handle("weak") { _ in throw Refusal() }
        let series = try await bench.scheduler.create(
            JobDraft(
                name: "series", schedule: .every(.seconds(60)), action: .handler("slow"), overlap: .queue(limit: 5)))
        try await bench.running {
            let weak = try await bench.scheduler.enqueue("weak")
            await bench.advance(.seconds(150))
            let executions = try await bench.executions(of: series.id)
            #expect(try await bench.scheduler.explain(executions[1].id).holds == [.series(after: executions[0].id)])
            let failed = try await bench.scheduler.explain(weak.id)
            #expect(failed.description.contains("no room"), "\(failed)")
        }
    }

    @Test("An execution that expired says whether it was not started or not completed")
    func expiries() async throws {
        let bench = Bench()
        let end = bench.clock.now.addingTimeInterval(300)
        try await bench.scheduler.handle("park") { _ in throw WaitForCompletion(until: end) }
        let unstarted = try await bench.scheduler.enqueue("park", TriggerRequest(timeToLive: .seconds(60)))
        bench.clock.set(to: bench.clock.now.addingTimeInterval(120))
        let parked = try await bench.scheduler.enqueue("park")
        try await bench.running { await bench.advance(.seconds(600)) }
        let texts = try await [parked, unstarted].asyncMap { try await bench.scheduler.explain($0.id).description }
        #expect(texts[0].contains("expired at 2026") && texts[0].contains("not completed by 2026"), "\(texts[0])")
        #expect(texts[1].contains("expired at 2026") && texts[1].contains("not started by 2026"), "\(texts[1])")
    }
}
