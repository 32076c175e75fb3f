public import Foundation
public import RotaHTTP
import Synchronization

/// A transport that responds from memory, for tests in virtual time and without sockets.
///
/// ```swift
/// let transport = ScriptedTransport(.status(503), .failure(.connectionReset), .status(200))
/// transport.script("/report", .status(200, text: "ready"))
/// guard let other = URL(string: "https://example.com/other"),
///     let report = URL(string: "https://example.com/report")
/// else { return }
/// let first = try await transport.send(HTTPRequest(url: other))
/// let second = try await transport.send(HTTPRequest(url: report))
/// print(first.status, second.status, transport.requests.count)  // 503 200 2
/// ```
///
/// Answers are given in order, and the last one is repeated. The script of a URL takes precedence over the general one.
public final class ScriptedTransport: HTTPTransport {
    /// A recorded request and its ordinal numbers.
    public struct Call: Sendable {
        /// The request as the transport received it.
        public let request: HTTPRequest
        /// The number of the request to its URL, starting at 1.
        public let attempt: Int
        /// The number of the request among all requests, starting at 1.
        public let number: Int
    }

    private struct Script {
        var answers: [ScriptedAnswer]
        var used = 0
    }

    private struct State {
        var calls: [Call] = []
        var attempts: [String: Int] = [:]
        var scripts: [String: Script] = [:]
    }

    private let sleep: (@Sendable (Duration) async throws -> Void)?
    private let answer: (@Sendable (Call) async throws -> ScriptedAnswer)?
    private let state: Mutex<State>

    /// Creates a transport that gives answers in order.
    ///
    /// - Parameters:
    ///   - answers: The answers to requests whose URL has no script of its own. Without any, the answer is 200.
    ///   - sleep: Waits for a delayed answer or a timeout: `sleep(for:)` of a ``ManualClock``. Without it, such an
    ///     answer is an error that says so, because a test should not wait in real time.
    public init(
        _ answers: ScriptedAnswer...,
        sleep: (@Sendable (Duration) async throws -> Void)? = nil
    ) {
        state = Mutex(State(scripts: answers.isEmpty ? [:] : ["": Script(answers: answers)]))
        self.sleep = sleep
        answer = nil
    }

    /// Creates a transport that asks a closure for each answer.
    ///
    /// - Parameters:
    ///   - sleep: Waits for a delayed answer or a timeout: `sleep(for:)` of a ``ManualClock``. Without it, such an
    ///     answer is an error that says so, because a test should not wait in real time.
    ///   - answer: Returns the answer to a request whose URL has no script. Its error becomes the transport's error.
    public init(
        sleep: (@Sendable (Duration) async throws -> Void)? = nil,
        answer: @escaping @Sendable (Call) async throws -> ScriptedAnswer
    ) {
        state = Mutex(State())
        self.sleep = sleep
        self.answer = answer
    }

    /// Sets the answers for a URL.
    ///
    /// - Parameters:
    ///   - url: A whole URL, or a path such as `/report`, which matches on any host and with any query.
    ///   - answers: The answers in order, of which the last is repeated. Without any, the script is removed.
    public func script(_ url: String, _ answers: ScriptedAnswer...) {
        state.withLock { $0.scripts[url] = answers.isEmpty ? nil : Script(answers: answers) }
    }

    /// All requests so far, in order.
    public var requests: [HTTPRequest] { state.withLock { $0.calls.map(\.request) } }

    /// All calls so far, in order.
    public var calls: [Call] { state.withLock { $0.calls } }

    /// Returns the scripted response to a request.
    ///
    /// - Throws: `TransportError` as scripted, with `timeout` if the answer takes longer than the request allows, or
    ///   with `canceled` if the task is canceled. Otherwise the closure's error.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (call, scripted) = record(request)
        guard !Task.isCancelled else { throw TransportError(.canceled, "the request was canceled", url: request.url) }
        let answer =
            if let scripted { scripted } else { try await self.answer?(call) ?? .status(200) }
        let isLate = answer.outcome == .silence || answer.delay >= request.timeout
        let wait = isLate ? request.timeout : answer.delay
        if wait > .zero {
            guard let sleep else {
                throw TransportError(
                    .other,
                    "the scripted answer waits \(wait), but the transport has no clock; make it with "
                        + "`ScriptedTransport(…, sleep: clock.sleep(for:))`", url: request.url)
            }
            do {
                try await sleep(wait)
            } catch is CancellationError {
                throw TransportError(.canceled, "the request was canceled", url: request.url)
            }
        }
        if isLate {
            throw TransportError(.timeout, "no complete response within \(request.timeout)", url: request.url)
        }
        switch answer.outcome {
        case .response(let response): return response
        case .failure(let code, let response):
            throw TransportError(code, "scripted", url: request.url, response: response)
        case .silence: throw TransportError(.timeout, "silence", url: request.url)
        }
    }

    private func record(_ request: HTTPRequest) -> (Call, ScriptedAnswer?) {
        state.withLock { state in
            let url = request.url.absoluteString
            state.attempts[url, default: 0] += 1
            let call = Call(request: request, attempt: state.attempts[url] ?? 1, number: state.calls.count + 1)
            state.calls.append(call)
            for key in [url, request.url.path(), ""] {
                guard var script = state.scripts[key] else { continue }
                let answer = script.answers[min(script.used, script.answers.count - 1)]
                script.used += 1
                state.scripts[key] = script
                return (call, answer)
            }
            return (call, nil)
        }
    }
}

/// An answer of a scripted transport: a response, a failure or silence, immediately or after a delay.
public struct ScriptedAnswer: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case response(HTTPResponse)
        case failure(TransportError.Code, after: HTTPResponse?)
        case silence
    }

    let outcome: Outcome
    var delay: Duration = .zero

    /// Responds with a status.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields.
    ///   - body: The body.
    public static func status(_ status: Int, headers: HTTPHeaders = [:], body: Data = Data()) -> ScriptedAnswer {
        .response(HTTPResponse(status: status, headers: headers, body: body))
    }

    /// Responds with a status and a text.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields.
    ///   - text: The body.
    public static func status(_ status: Int, headers: HTTPHeaders = [:], text: String) -> ScriptedAnswer {
        .status(status, headers: headers, body: Data(text.utf8))
    }

    /// Responds with a response.
    public static func response(_ response: HTTPResponse) -> ScriptedAnswer {
        ScriptedAnswer(outcome: .response(response))
    }

    /// Fails as a transport would.
    ///
    /// - Parameters:
    ///   - code: The kind of failure, such as `.connectionReset`.
    ///   - response: The response whose header arrived before the failure, if any.
    public static func failure(
        _ code: TransportError.Code, after response: HTTPResponse? = nil
    ) -> ScriptedAnswer {
        ScriptedAnswer(outcome: .failure(code, after: response))
    }

    /// Never responds, so that the request ends with its timeout.
    public static let silence = ScriptedAnswer(outcome: .silence)

    /// Returns the same answer after a delay.
    ///
    /// If the delay reaches the request's timeout, the request times out instead.
    public func delayed(by delay: Duration) -> ScriptedAnswer {
        var copy = self
        copy.delay = delay
        return copy
    }
}
