import Foundation
import RotaHTTP
import RotaRetry
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// Requests that go to their fallback within the same attempt.
@Suite("Fallbacks")
struct FallbackTests {
    private let first = "https://a.example/x"
    private let second = "https://b.example/x"

    /// Runs one job for an hour with scripted answers of its URL and of its fallback.
    private func run(
        _ answer: ScriptedAnswer, then other: ScriptedAnswer = .status(200, text: "other"),
        timeout: Duration = .seconds(10), retry: RetryPolicy = .none, delivery: DeliveryGuarantee = .atLeastOnce,
        overrides: RetryOverrides? = nil
    ) async throws -> (run: Execution, requests: [HTTPRequest]) {
        let clock = ManualClock()
        let scripted = ScriptedTransport(sleep: clock.sleep(for:))
        scripted.script(first, answer)
        scripted.script(second, other)
        let bench = Bench(clock: clock) { try await scripted.send($0) }
        let template = try RequestTemplate.post(
            first, headers: ["Authorization": "Bearer secret://key"], body: .text("go"), timeout: timeout,
            signature: "secret://hook", fallback: second)
        let draft = JobDraft(name: "x", schedule: .onDemand, action: .http(template), retry: retry).with {
            $0.delivery = delivery
        }
        return try await bench.running {
            let job = try await bench.scheduler.create(draft)
            let run = try await bench.scheduler.trigger(job.id, TriggerRequest().with { $0.overrides = overrides })
            await bench.advance(.seconds(3600))
            return (try await bench.scheduler.execution(run.id), bench.transport.requests)
        }
    }

    @Test(
        "The fallback answers after a failure that passes", .rows("S-28", "SX-17"),
        arguments: [
            (.status(429), "429"), (.status(408), "408"), (.status(425), "425"), (.status(502), "502"),
            (.status(503), "503"), (.status(504), "504"), (.silence, "timeout"), (.failure(.timeout), "timeout"),
            (.failure(.dns), "dns"), (.failure(.connectionRefused), "connectionRefused"),
            (.failure(.connectionReset), "connectionReset"), (.failure(.tls), "tls"),
            (.failure(.proxyRefused), "proxyRefused"),
            (.failure(.connectionReset, after: HTTPResponse(status: 503)), "connectionReset"),
        ] as [(ScriptedAnswer, String)])
    func used(_ answer: ScriptedAnswer, _ cause: String) async throws {
        let (run, requests) = try await run(answer)
        #expect(run.status == .succeeded)
        #expect(requests.map(\.url.absoluteString) == [first, second])
        // The same request, but for its URL.
        #expect(requests.map(\.headers["Authorization"]) == ["Bearer s3cr3t-value", "Bearer s3cr3t-value"])
        #expect(requests.map(\.headers["webhook-id"]) == [run.id.description, run.id.description])
        #expect(requests.allSatisfy { $0.body == .text("go") && $0.method == .post })
        let attempt = try #require(run.attempts.first)
        #expect(run.attempts.count == 1)
        #expect(attempt.statusCode == 200 && attempt.bodyPreview == "other")
        let fallback = try #require(attempt.trace?.fallback)
        #expect(fallback.cause.contains(cause), "\(fallback.cause)")
        #expect(fallback.failure == nil)
    }

    @Test(
        "No fallback is tried after an answer that will not change", .rows("S-28", "SX-17"),
        arguments: [
            .status(200), .status(400), .status(401), .status(402), .status(404), .status(500), .status(501),
            .failure(.forbiddenAddress), .failure(.redirect), .failure(.tooLarge), .failure(.badRequest),
        ] as [ScriptedAnswer])
    func unused(_ answer: ScriptedAnswer) async throws {
        let (run, requests) = try await run(answer)
        #expect(requests.map(\.url.absoluteString) == [first])
        #expect(run.attempts.count == 1)
        #expect(run.attempts.first?.trace?.fallback == nil)
    }

    @Test("Both share one deadline: the first gets half of it, the fallback the rest", .rows("S-28"))
    func deadline() async throws {
        let silent = try await run(.silence, then: .silence)
        #expect(silent.requests.map(\.timeout) == [.seconds(5), .seconds(5)])
        #expect(silent.run.attempts.map(\.duration) == [.seconds(10)])
        #expect(silent.run.failure?.kind == .timeout)
        let early = try await run(.status(503).delayed(by: .seconds(2)), then: .silence)
        #expect(early.requests.map(\.timeout) == [.seconds(5), .seconds(8)])
        #expect(early.run.attempts.map(\.duration) == [.seconds(10)])
        let overridden = try await run(.silence, overrides: RetryOverrides(timeout: .seconds(4)))
        #expect(overridden.requests.map(\.timeout) == [.seconds(2), .seconds(2)])
        // Nothing is left of the shortest timeout.
        let shortest = try await run(.silence, timeout: .milliseconds(1))
        #expect(shortest.requests.map(\.timeout) == [.milliseconds(1)])
        #expect(shortest.run.attempts.first?.trace?.fallback == nil)
    }

    @Test("If both fail, the first decides whether and when to retry", .rows("S-28", "SX-17"))
    func bothFail() async throws {
        let (run, requests) = try await run(
            .status(503, headers: ["Retry-After": "40"], text: "busy"), then: .status(404, text: "gone"),
            retry: .fixed(.seconds(1), maxAttempts: 2))
        #expect(requests.map(\.url.absoluteString) == [first, second, first, second])
        #expect(run.status == .failed)
        let attempts = run.attempts
        #expect(attempts.map(\.statusCode) == [503, 503] && attempts.map(\.bodyPreview) == ["busy", "busy"])
        #expect(attempts[1].startedAt.timeIntervalSince(attempts[0].startedAt) == 40)
        for attempt in attempts {
            #expect(attempt.failure?.kind == .httpStatus)
            #expect(attempt.failure?.message.contains("503") == true)
            #expect(attempt.failure?.message.contains("; the fallback failed too: ") == true)
            #expect(attempt.failure?.message.contains("404") == true)
            #expect(attempt.trace?.fallback?.failure?.contains("404") == true)
        }
    }

    @Test("A request that is delivered at most once goes to its fallback only if it surely did not arrive")
    func atMostOnce() async throws {
        let retry = RetryPolicy.fixed(.seconds(1), maxAttempts: 2)
        let doubtful = try await run(.failure(.connectionReset), retry: retry, delivery: .atMostOnce)
        #expect(doubtful.requests.map(\.url.absoluteString) == [first])
        // A gateway answers for a server that may still be at work.
        for status in [408, 502, 504] {
            let answered = try await run(.status(status), retry: .none, delivery: .atMostOnce)
            #expect(answered.requests.map(\.url.absoluteString) == [first], "\(status)")
        }
        // A fallback that cannot follow a timeout takes no time from the request.
        let silent = try await run(.silence, retry: .none, delivery: .atMostOnce)
        #expect(silent.requests.map(\.timeout) == [.seconds(10)])
        let refused = try await run(.failure(.connectionRefused), retry: retry, delivery: .atMostOnce)
        #expect(refused.requests.map(\.url.absoluteString) == [first, second])
        #expect(refused.run.status == .succeeded)
        // The fallback may have arrived, so there is no second attempt.
        let lost = try await run(
            .failure(.connectionRefused), then: .failure(.connectionReset), retry: retry, delivery: .atMostOnce)
        #expect(lost.requests.map(\.url.absoluteString) == [first, second])
        #expect(lost.run.attempts.count == 1 && lost.run.status == .failed)
    }
}
