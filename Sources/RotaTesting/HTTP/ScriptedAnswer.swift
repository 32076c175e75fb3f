public import Foundation
public import RotaHTTP

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
