import Foundation
import RotaHTTP
import RotaRetry
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// What the scheduler learns from a response besides its status, and from a failure after it.
@Suite("Answers")
struct AnswerTests {
    private let retry = RetryPolicy.fixed(.seconds(1), maxAttempts: 2, retrying: .default.inserting(.responseMismatch))

    /// Returns an execution after its first attempt.
    private func first(
        _ bench: Bench, success: SuccessRule = .default, delivery: DeliveryGuarantee = .atLeastOnce
    ) async throws -> Execution {
        let template = try RequestTemplate(method: .get, url: "https://example.com/", success: success)
        let job = try await bench.scheduler.create(
            JobDraft(name: "once", schedule: .immediately, action: .http(template), retry: retry).with {
                $0.delivery = delivery
            })
        await bench.advance(.zero)
        return try #require(try await bench.executions(of: job.id).first)
    }

    @Test(
        "Retry-After is obeyed whether its field is repeated, joined or a date of a clock that is wrong",
        arguments: [
            ["Retry-After": "120, 120"], ["Retry-After": "60", "retry-after": "120"],
            ["Retry-After": "Wed, 31 Dec 2025 23:02:00 GMT", "Date": "Wed, 31 Dec 2025 23:00:00 GMT"],
            ["Retry-After": "Thu, 01 Jan 2026 01:02:00 GMT", "Date": "Thu, 01 Jan 2026 01:00:00 GMT"],
            ["Retry-After": "Thu, 01 Jan 2026 00:02:00 GMT"], ["Retry-After": " 120 "],
        ] as [HTTPHeaders])
    func retryAfter(headers: HTTPHeaders) async throws {
        let bench = Bench { _ in try .status(503, headers) }
        try await bench.running {
            let execution = try await first(bench)
            #expect(execution.dueAt == bench.clock.now.addingTimeInterval(120))
        }
    }

    @Test("Retry-After is obeyed beside a body that does not match")
    func mismatch() async throws {
        let bench = Bench { _ in try .status(200, ["Retry-After": "120"], body: "busy") }
        try await bench.running {
            let execution = try await first(bench, success: SuccessRule(matching: .text(.equals("ok"))))
            #expect(execution.attempts.first?.failure?.kind == .responseMismatch)
            #expect(execution.attempts.first?.statusCode == 200)
            #expect(execution.dueAt == bench.clock.now.addingTimeInterval(120))
        }
    }

    @Test("A Retry-After that is longer than the policy waits fails the execution instead of being shortened")
    func tooLong() async throws {
        let bench = Bench { _ in try .status(503, ["Retry-After": "3601"]) }
        try await bench.running {
            let execution = try await first(bench)
            #expect(execution.status == .failed && execution.attempts.count == 1)
        }
    }
}

/// An error that a handler throws, and the kind of its failure.
@Suite("Errors of handlers")
struct HandlerErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let error: any Error
        let kind: FailureKind
        var testDescription: String { "\(error)" }
    }

    struct Own: Error {}

    @Test(
        "An error of the system is recorded as the kind of failure that it is",
        arguments: [
            Case(error: URLError(.timedOut), kind: .timeout), Case(error: URLError(.cannotFindHost), kind: .dns),
            Case(error: URLError(.networkConnectionLost), kind: .connection),
            Case(error: URLError(.serverCertificateUntrusted), kind: .tls),
            Case(error: URLError(.badURL), kind: .invalidRequest),
            Case(error: POSIXError(.ECONNREFUSED), kind: .connection),
            Case(error: POSIXError(.ETIMEDOUT), kind: .timeout),
            Case(error: POSIXError(.ENOMEM), kind: .outOfMemory), Case(error: POSIXError(.EACCES), kind: .handlerError),
            Case(error: TransportError(.dns, "no such host"), kind: .dns),
            Case(error: TransportError(.forbiddenAddress, "private"), kind: .forbiddenAddress),
            Case(error: AttemptFailure(.budget), kind: .budget), Case(error: Own(), kind: .handlerError),
            // The handler's task was not canceled, so the execution was not either.
            Case(error: CancellationError(), kind: .handlerError),
            Case(error: URLError(.cancelled), kind: .handlerError),
            Case(error: POSIXError(.ECANCELED), kind: .handlerError),
            Case(error: TransportError(.canceled, "canceled"), kind: .handlerError),
        ])
    func kinds(example: Case) async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in throw example.error }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .immediately, action: .handler("work"),
                    retry: .fixed(.seconds(1), maxAttempts: 2, retrying: .any)))
            await bench.advance(.seconds(10))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .failed)
            #expect(execution.attempts.map { $0.failure?.kind } == [example.kind, example.kind])
            #expect(execution.failure?.message.isEmpty == false)
        }
    }
}
