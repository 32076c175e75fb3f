import Foundation
import RotaHTTP
import RotaRetry
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// Requests that fail before, while or after they are sent: what is recorded, and whether they are sent again.
@Suite("Lost answers")
struct LostAnswerTests {
    private let retry = RetryPolicy.fixed(.seconds(1), maxAttempts: 2, retrying: .any)

    private func run(
        _ answer: ScriptedAnswer, delivery: DeliveryGuarantee = .atLeastOnce, success: SuccessRule = .default,
        keeping: Set<String> = []
    ) async throws -> Execution {
        let transport = ScriptedTransport(answer)
        let clock = ManualClock()
        var configuration = SchedulerConfiguration()
        configuration.keptResponseHeaders = keeping
        let scheduler = Scheduler(
            store: InMemoryJobStore(), transport: transport, configuration: configuration, clock: clock)
        let template = try RequestTemplate(method: .get, url: "https://example.com/", success: success)
        let job = try await scheduler.create(
            JobDraft(name: "once", schedule: .immediately, action: .http(template), retry: retry).with {
                $0.delivery = delivery
            })
        return try await scheduler.running {
            await clock.advance(by: .seconds(3600), driving: [scheduler])
            #expect(transport.requests.allSatisfy { $0.isRepeatable == (delivery == .atLeastOnce) })
            return try #require(try await scheduler.executions(ExecutionQuery(jobID: job.id)).items.first)
        }
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let code: TransportError.Code
        var status: Int?
        let kind: FailureKind
        /// Whether the request may have been sent.
        let isSent: Bool

        var testDescription: String { "\(code) \(status.map { "after \($0)" } ?? "without a status")" }
        var answer: ScriptedAnswer {
            .failure(code, after: status.map { HTTPResponse(status: $0, headers: ["X-Request-Id": "7"]) })
        }
    }

    static let failures = [
        Failure(code: .timeout, kind: .timeout, isSent: true), Failure(code: .dns, kind: .dns, isSent: false),
        Failure(code: .connectionRefused, kind: .connection, isSent: false),
        Failure(code: .connectionReset, kind: .connection, isSent: true),
        Failure(code: .connectionFailed, kind: .connection, isSent: false),
        Failure(code: .tls, kind: .tls, isSent: false), Failure(code: .tooLarge, kind: .tooLarge, isSent: true),
        Failure(code: .forbiddenAddress, kind: .forbiddenAddress, isSent: false),
        Failure(code: .redirect, kind: .redirect, isSent: true),
        Failure(code: .canceled, kind: .connection, isSent: true),
        Failure(code: .badRequest, kind: .invalidRequest, isSent: false),
        Failure(code: .badResponse, kind: .connection, isSent: true),
        Failure(code: .closed, kind: .connection, isSent: false), Failure(code: .other, kind: .unknown, isSent: true),
        Failure(code: .badResponse, status: 200, kind: .responseMismatch, isSent: true),
        Failure(code: .tooLarge, status: 200, kind: .tooLarge, isSent: true),
        Failure(code: .connectionReset, status: 200, kind: .connection, isSent: true),
        Failure(code: .timeout, status: 204, kind: .timeout, isSent: true),
        Failure(code: .redirect, status: 302, kind: .redirect, isSent: true),
    ]

    @Test("A failure keeps its kind, and its status if the response had begun", arguments: failures)
    func recorded(failure: Failure) async throws {
        let execution = try await run(failure.answer, keeping: ["X-Request-Id"])
        #expect(execution.attempts.map { $0.failure?.kind } == [failure.kind, failure.kind])
        #expect(execution.attempts.map(\.statusCode) == [failure.status, failure.status])
        #expect(execution.attempts.first?.responseHeaders == (failure.status == nil ? [:] : ["x-request-id": "7"]))
    }

    @Test("At most once, only a request that was certainly not sent is sent again", arguments: failures)
    func atMostOnce(failure: Failure) async throws {
        let execution = try await run(failure.answer, delivery: .atMostOnce)
        #expect(execution.status == .failed)
        #expect(execution.attempts.count == (failure.isSent ? 1 : 2))
    }

    @Test(
        "A status that the job does not accept decides, whatever happened to the body",
        arguments: [TransportError.Code.badResponse, .tooLarge, .connectionReset, .timeout, .other],
        [DeliveryGuarantee.atLeastOnce, .atMostOnce])
    func failedStatus(code: TransportError.Code, delivery: DeliveryGuarantee) async throws {
        let response = HTTPResponse(status: 503, headers: ["Retry-After": "120"])
        let execution = try await run(.failure(code, after: response), delivery: delivery)
        #expect(execution.attempts.map { $0.failure?.kind } == [.httpStatus, .httpStatus])
        let starts = execution.attempts.map(\.startedAt)
        #expect(starts.first.map { starts.last == $0.addingTimeInterval(120) } == true)
        let accepting = try await run(.failure(.tooLarge, after: response), success: SuccessRule(statuses: [503]))
        #expect(accepting.attempts.first?.failure?.kind == .tooLarge)
    }

    @Test("At most once, an answer with another status is a known outcome, and the policy decides")
    func answered() async throws {
        #expect(try await run(.status(503), delivery: .atMostOnce).attempts.count == 2)
    }

    @Test("A transport's own error is classified, and may have been sent")
    func foreignErrors() async throws {
        struct Own: Error {}
        let cases: [(any Error, FailureKind, Int)] = [
            (URLError(.timedOut), .timeout, 1), (URLError(.cannotFindHost), .dns, 2), (Own(), .unknown, 1),
            (CancellationError(), .connection, 1),
        ]
        for (error, kind, attempts) in cases {
            let bench = Bench { _ in throw error }
            try await bench.running {
                let job = try await bench.scheduler.create(
                    JobDraft(
                        name: "x", schedule: .immediately, action: .http(.get("https://example.com/")), retry: retry
                    ).with { $0.delivery = .atMostOnce })
                await bench.advance(.seconds(60))
                let execution = try #require(try await bench.executions(of: job.id).first)
                #expect(execution.attempts.map { $0.failure?.kind } == Array(repeating: kind, count: attempts))
            }
        }
    }

    @Test("`retry` knows the errors of a transport", arguments: failures)
    func classified(failure: Failure) async throws {
        let transport = ScriptedTransport(failure.answer)
        let request = try HTTPRequest(url: #require(URL(string: "https://example.com/")))
        let clock = ManualClock()
        let error = await #expect(throws: RetryError.self) {
            try await RotaRetry.retry(.none, clock: clock.monotonic) { _ in try await transport.send(request) }
        }
        let expected = failure.code == .canceled ? FailureKind.canceled : failure.kind
        #expect(error?.failure.kind == expected)
        #expect(error?.failure.status == failure.status)
        #expect(error?.failure.mayHaveBeenSent == failure.isSent)
    }

    @Test("`retry` obeys the Retry-After of a response that broke off")
    func retryAfter() async throws {
        let headers: HTTPHeaders = [
            "Retry-After": "Thu, 01 Jan 2026 05:02:00 GMT", "Date": "Thu, 01 Jan 2026 05:00:00 GMT",
        ]
        let transport = ScriptedTransport(
            .failure(.connectionReset, after: HTTPResponse(status: 503, headers: headers)), .status(200))
        let request = try HTTPRequest(url: #require(URL(string: "https://example.com/")))
        let clock = ManualClock()
        async let status = RotaRetry.retry(.fixed(.seconds(1)), clock: clock.monotonic) { _ in
            try await transport.send(request).status
        }
        await clock.waitForSleepers()
        #expect(clock.nextDeadline == clock.now.addingTimeInterval(120))
        await clock.advance(by: .seconds(120), driving: [])
        #expect(try await status == 200)
    }
}
