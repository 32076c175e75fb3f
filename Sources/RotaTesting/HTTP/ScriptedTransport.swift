public import Foundation
public import RotaHTTP
import Synchronization

/// A transport that answers from memory: for tests in virtual time, without sockets.
///
/// ```swift
/// let transport = ScriptedTransport(.status(503), .failure(.connectionReset), .status(200))
/// transport.script("/report", .status(200))
/// ```
///
/// Answers are given in turn and the last one again and again. A script for a URL goes before the general one.
public final class ScriptedTransport: HTTPTransport {
    /// A request, and the how manieth it is.
    public struct Call: Sendable {
        /// The request as the transport received it.
        public let request: HTTPRequest
        /// The number of the request to this URL, from 1.
        public let attempt: Int
        /// The number of the request among all, from 1.
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

    private let sleep: @Sendable (Duration) async throws -> Void
    private let answer: (@Sendable (Call) async throws -> ScriptedAnswer)?
    private let state: Mutex<State>

    /// Makes a transport that answers in turn.
    ///
    /// - Parameters:
    ///   - answers: the answers to all requests whose URL has no script of its own; 200 if there are none.
    ///   - sleep: waits for a delayed answer or for a timeout; real time by default, a virtual clock's sleep in tests.
    public init(
        _ answers: ScriptedAnswer...,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        state = Mutex(State(scripts: answers.isEmpty ? [:] : ["": Script(answers: answers)]))
        self.sleep = sleep
        answer = nil
    }

    /// Makes a transport that asks a closure for each answer.
    ///
    /// - Parameters:
    ///   - sleep: waits for a delayed answer or for a timeout; real time by default, a virtual clock's sleep in tests.
    ///   - answer: gives the answer to a request whose URL has no script; what it throws is thrown to the sender.
    public init(
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        answer: @escaping @Sendable (Call) async throws -> ScriptedAnswer
    ) {
        state = Mutex(State())
        self.sleep = sleep
        self.answer = answer
    }

    /// Sets the answers for one URL, from now on.
    ///
    /// - Parameters:
    ///   - url: the whole URL, or a path such as `/report` for that path on any host, whatever the query.
    ///   - answers: the answers in turn, the last one again and again; none takes the script away.
    public func script(_ url: String, _ answers: ScriptedAnswer...) {
        state.withLock { $0.scripts[url] = answers.isEmpty ? nil : Script(answers: answers) }
    }

    /// Every request so far, in order.
    public var requests: [HTTPRequest] { state.withLock { $0.calls.map(\.request) } }

    /// Every call so far, in order.
    public var calls: [Call] { state.withLock { $0.calls } }

    /// Answers a request by the script.
    ///
    /// - Parameter request: the request.
    /// - Returns: the scripted response.
    /// - Throws: `TransportError` as scripted: `timeout` if the answer takes longer than the request allows, `canceled`
    ///   if the task is canceled meanwhile; or what the closure throws.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (call, scripted) = record(request)
        guard !Task.isCancelled else { throw TransportError(.canceled, "the request was canceled", url: request.url) }
        let answer =
            if let scripted { scripted } else { try await self.answer?(call) ?? .status(200) }
        let isLate = answer.outcome == .silence || answer.delay >= request.timeout
        let wait = isLate ? request.timeout : answer.delay
        if wait > .zero {
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
        case .failure(let code): throw TransportError(code, "scripted", url: request.url)
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

/// What a scripted transport does with a request: answer, fail, or keep silent; at once or later.
public struct ScriptedAnswer: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case response(HTTPResponse)
        case failure(TransportError.Code)
        case silence
    }

    let outcome: Outcome
    var delay: Duration = .zero

    /// Answers with a status.
    ///
    /// - Parameters:
    ///   - status: the status code.
    ///   - headers: header fields.
    ///   - body: the body.
    /// - Returns: the answer.
    public static func status(_ status: Int, headers: HTTPHeaders = [:], body: Data = Data()) -> ScriptedAnswer {
        .response(HTTPResponse(status: status, headers: headers, body: body))
    }

    /// Answers with a status and a text.
    ///
    /// - Parameters:
    ///   - status: the status code.
    ///   - headers: header fields.
    ///   - text: the body.
    /// - Returns: the answer.
    public static func status(_ status: Int, headers: HTTPHeaders = [:], text: String) -> ScriptedAnswer {
        .status(status, headers: headers, body: Data(text.utf8))
    }

    /// Answers with a response.
    ///
    /// - Parameter response: the response.
    /// - Returns: the answer.
    public static func response(_ response: HTTPResponse) -> ScriptedAnswer {
        ScriptedAnswer(outcome: .response(response))
    }

    /// Fails as a transport would.
    ///
    /// - Parameter code: the kind of failure, such as `.connectionReset`.
    /// - Returns: the answer.
    public static func failure(_ code: TransportError.Code) -> ScriptedAnswer {
        ScriptedAnswer(outcome: .failure(code))
    }

    /// Never answers, so that the request ends with its timeout.
    public static let silence = ScriptedAnswer(outcome: .silence)

    /// The same answer, given later; a request whose timeout is not longer ends with that instead.
    ///
    /// - Parameter delay: how long the answer takes, by the transport's `sleep`.
    /// - Returns: the slower answer.
    public func delayed(by delay: Duration) -> ScriptedAnswer {
        var copy = self
        copy.delay = delay
        return copy
    }
}
