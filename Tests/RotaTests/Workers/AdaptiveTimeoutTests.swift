import Foundation
import RotaCore
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

/// Timeouts that follow how long the attempts of a job took.
@Suite("Timeouts that adapt")
struct AdaptiveTimeoutTests {
    private static let policy = AdaptiveTimeout(quantile: 0.9, factor: 3, within: .seconds(1) ... .seconds(60))

    /// Triggers a job so many times, each after the end of the one before.
    private func trigger(
        _ id: JobID, _ count: Int, on bench: Bench, _ request: TriggerRequest = TriggerRequest()
    ) async throws -> [Execution] {
        var runs: [Execution] = []
        for _ in 0..<count {
            let run = try await bench.scheduler.trigger(id, request)
            await bench.advance(.seconds(100))
            runs.append(try await bench.scheduler.execution(run.id))
        }
        return runs
    }

    @Test("A request gets the longest timeout at first, and then three times what nine in ten requests took")
    func requests() async throws {
        let clock = ManualClock()
        let pause = Recorded<Duration>()
        let bench = Bench(clock: clock) { _ in
            try await clock.sleep(for: pause.all.last ?? .zero)
            return try .status(200)
        }
        pause.add(.seconds(2))
        let draft = JobDraft(
            name: "x", schedule: .onDemand, action: .http(try .get("https://a.example/", timeout: .seconds(7))),
            retry: .none
        ).with { $0.adaptiveTimeout = Self.policy }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            let runs = try await trigger(job.id, 11, on: bench)
            #expect(runs.allSatisfy { $0.status == .succeeded })
            let expected = Array(repeating: Duration.seconds(60), count: 10) + [.seconds(6)]
            #expect(bench.transport.requests.map(\.timeout) == expected)
            #expect(runs.map(\.attempts.first?.trace?.timeout) == expected)
            let text = try await bench.scheduler.explain(runs[10].id).description
            #expect(text.contains("of the adaptive timeout, attempt 1 had 6.0 seconds"), "\(text)")
            // An execution's own timeout comes first, and is not recorded as an adaptive one.
            let own = try await trigger(
                job.id, 1, on: bench, TriggerRequest().with { $0.overrides = RetryOverrides(timeout: .seconds(9)) })
            #expect(bench.transport.requests.last?.timeout == .seconds(9))
            #expect(own.first?.attempts.first?.trace?.timeout == nil)
        }
    }

    @Test("A handler that hangs is ended by its adaptive timeout, and failed attempts do not count")
    func handlers() async throws {
        let bench = Bench()
        let clock = bench.clock
        let pause = Recorded<Duration>()
        try await bench.scheduler.handle("work") { _ in
            try await clock.sleep(for: pause.all.last ?? .zero)
        }
        let draft = JobDraft(name: "x", schedule: .onDemand, action: .handler("work"), retry: .none).with {
            $0.adaptiveTimeout = Self.policy
            $0.notifications = [NotificationRule(on: .completion, .webhook(url: "https://example.com/hook"))]
        }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            pause.add(.seconds(4))
            // Each also sends a notification, which must not count: not even ten attempts are measured before.
            let runs = try await trigger(job.id, 10, on: bench)
            #expect(runs.allSatisfy { $0.attempts.first?.trace?.timeout == .seconds(60) })
            pause.add(.seconds(50))
            let slow = try await trigger(job.id, 3, on: bench)
            #expect(slow[0].status == .failed && slow[0].failure?.kind == .timeout)
            #expect(slow[0].failure?.message.contains("12 s") == true)
            #expect(slow[0].attempts.map(\.duration) == [.seconds(12)])
            // What timed out gets the longest timeout next, in case it has become slower for good.
            #expect(slow[1].status == .succeeded && slow[2].status == .failed)
            #expect(slow.map { $0.attempts.first?.trace?.timeout } == [.seconds(12), .seconds(60), .seconds(12)])
        }
    }

    @Test("A queued execution says which timeout it would get now, and a job with a fixed one says nothing of it")
    func explained() async throws {
        let bench = Bench()
        for (policy, timeout) in [(Self.policy, Duration.seconds(60)), (nil, nil)] as [(AdaptiveTimeout?, Duration?)] {
            let job = try await bench.scheduler.create(
                JobDraft(name: "x", schedule: .onDemand, action: .http(try .get("https://a.example/"))).with {
                    $0.adaptiveTimeout = policy
                })
            let run = try await bench.scheduler.trigger(job.id)
            let explanation = try await bench.scheduler.explain(run.id)
            #expect(explanation.nextTimeout == timeout)
            #expect(explanation.description.contains("the next attempt gets 60.0 seconds") == (timeout != nil))
        }
    }

    @Test("A timeout that is out of range names the job, and that of a request is at most an hour")
    func refused() async throws {
        let bench = Bench()
        var draft = JobDraft(name: "nightly", schedule: .onDemand, action: .http(try .get("https://a.example/")))
        draft.adaptiveTimeout = AdaptiveTimeout(quantile: 2, within: .seconds(1) ... .seconds(2))
        let wrong = await #expect(throws: RetryPolicyError.self) { try await bench.scheduler.create(draft) }
        #expect(wrong?.code == .timeout && wrong?.message.contains("\"nightly\"") == true)
        draft.adaptiveTimeout = AdaptiveTimeout(within: .seconds(1) ... .seconds(3601))
        let long = await #expect(throws: SchedulerError.self) { try await bench.scheduler.create(draft) }
        #expect(long?.code == .invalidJob && long?.message.contains("at most 3600.0 seconds") == true)
        draft.action = .handler("work")
        _ = try await bench.scheduler.create(draft)
    }
}
