import Foundation
import Rota
import RotaRetry
import RotaTestSupport
import RotaTesting
import Testing

/// The trail that a traced execution keeps of the decisions about it.
@Suite("Traced executions")
struct DecisionTrailTests {
    private struct Refusal: Error, CustomStringConvertible { var description: String { "no room" } }

    @Test("The trail tells the limit that held it, for how long, and the rules that chose its delays", .rows("S-85"))
    func trail() async throws {
        let bench = Bench()
        let (clock, scheduler) = (bench.clock, bench.scheduler)
        let retry = RetryPolicy(maxAttempts: 3, backoff: .fixed(.seconds(5)), jitter: .none)
        _ = try await scheduler.declare([JobDraft(queue: "q", retry: retry, limits: .concurrency(1))], owner: "app")
        try await scheduler.handle("q") { context in
            guard context.execution.trail != nil else {
                return try await clock.sleep(until: clock.now.addingTimeInterval(30))
            }
            if context.attempt == 2 { throw RetryLater(after: .seconds(7)) }
            throw Refusal()
        }
        let execution = try await bench.running {
            let plain = try await scheduler.enqueue("q")
            await bench.advance(.milliseconds(1))
            let traced = try await scheduler.enqueue("q", TriggerRequest().with { $0.keepsTrail = true })
            await bench.advance(.seconds(60))
            #expect(try await scheduler.execution(plain.id).trail == nil)
            return try await scheduler.execution(traced.id)
        }
        let trail = try #require(execution.trail)
        #expect(
            trail.decisions.map(\.kind) == [
                .held, .claimed, .retried, .claimed, .retried, .claimed, .stopped,
            ], "\(trail.lines)")
        #expect(trail.decisions[0].holds == ["concurrency"])
        let held = trail.decisions[1].date.timeIntervalSince(trail.decisions[0].date)
        #expect(abs(held - 29.999) < 0.01)
        #expect(trail.decisions[2].detail.contains("the fixed delay of the retry policy gives 5 s after attempt 1"))
        #expect(trail.decisions[4].detail.contains("the handler asked for a retry after 7 s"))
        #expect(trail.decisions[6].detail == "the retry policy allows 3 attempts")
        let explanation = try await scheduler.explain(execution.id).description
        for line in trail.lines { #expect(explanation.contains("\n  " + line)) }
    }

    @Test("A server's Retry-After, jitter and a failure that is not retried are named")
    func rules() {
        let now = Date(timeIntervalSince1970: 1_772_964_000)
        let policy = RetryPolicy(maxAttempts: 3, backoff: .exponential(initial: .seconds(2)), timeLimit: .seconds(50))
        func rule(_ decision: RetryDecision, _ failure: AttemptFailure) -> String {
            policy.rule(of: decision, attempt: 2, failure: failure, now: now)
        }
        let asked = AttemptFailure.http(status: 503, retryAfter: .delay(.seconds(20)))
        #expect(rule(.retry(after: .seconds(20)), asked) == "the server asked for 20 s (Retry-After)")
        #expect(
            rule(.retry(after: .seconds(3)), AttemptFailure(.timeout))
                == "the exponential backoff of the retry policy gives 4 s after attempt 2, and jitter made it 3 s")
        #expect(
            rule(.stop(.notRetryable), .http(status: 404)) == "the retry policy does not retry status 404")
        #expect(
            rule(.stop(.timeLimit), AttemptFailure(.timeout))
                == "the next attempt would start after the retry policy's time limit of 50 s")
    }

    @Test("A replay of a traced execution is traced, and a trail survives a restart of the store")
    func kept() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let bench = Bench(store: store)
        try await bench.scheduler.handle("work") { _ in throw Refusal() }
        let id = try await bench.running {
            let work = try await bench.scheduler.enqueue(
                "work",
                TriggerRequest().with {
                    $0.overrides = RetryOverrides(maxAttempts: 1)
                    $0.keepsTrail = true
                })
            await bench.advance(.seconds(1))
            return work.id
        }
        let replay = try await bench.scheduler.replay(id)
        #expect(replay.trail?.decisions.map(\.kind) == [.ready])
        try await store.compact()
        try await store.close()
        let reopened = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let trail = try #require(try await reopened.execution(id)?.trail)
        #expect(trail.decisions.map(\.kind) == [.ready, .claimed, .stopped])
        try await reopened.close()
    }
}
