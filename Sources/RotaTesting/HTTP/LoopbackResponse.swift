public import Foundation
public import RotaHTTP

/// What the loopback server does with a request: an ordinary answer, or one of the ways in which servers fail.
///
/// An answer is a list of steps (write bytes, pause, cut the connection), so every fault is a list too.
public struct LoopbackResponse: Sendable {
    enum Step: Sendable {
        case write([UInt8])
        /// The same bytes again and again, made as they are sent.
        case repeated([UInt8], count: Int)
        case pause(Duration)
        /// Ends the connection with FIN.
        case close
        /// Ends the connection with RST.
        case reset
        /// Keeps the connection and never says another word.
        case hold
    }

    private enum Content: Sendable {
        case answer(status: Int, headers: HTTPHeaders, body: Data)
        case script([Step])
    }

    private let content: Content
    private var before: [Step] = []

    /// An ordinary answer.
    ///
    /// - Parameters:
    ///   - status: the status code.
    ///   - headers: header fields; `Content-Length` is added.
    ///   - body: the body.
    /// - Returns: the answer.
    public static func status(_ status: Int, headers: HTTPHeaders = [:], body: Data = Data()) -> LoopbackResponse {
        LoopbackResponse(content: .answer(status: status, headers: headers, body: body))
    }

    /// An ordinary answer with a text.
    ///
    /// - Parameters:
    ///   - status: the status code.
    ///   - headers: header fields; `Content-Length` is added.
    ///   - text: the body.
    /// - Returns: the answer.
    public static func status(_ status: Int, headers: HTTPHeaders = [:], text: String) -> LoopbackResponse {
        .status(status, headers: headers, body: Data(text.utf8))
    }

    static func script(_ steps: [Step]) -> LoopbackResponse {
        LoopbackResponse(content: .script(steps))
    }

    /// The same answer, begun later.
    ///
    /// - Parameter delay: how long the server is silent first.
    /// - Returns: the slower answer.
    public func delayed(by delay: Duration) -> LoopbackResponse {
        var copy = self
        copy.before.append(.pause(delay))
        return copy
    }

    /// What is done, one step after the other.
    func steps(toHead isHead: Bool) -> [Step] {
        switch content {
        case .script(let steps): return before + steps
        case .answer(let status, let headers, let body):
            var head = "HTTP/1.1 \(status) \(status < 400 ? "OK" : "Error")\r\n"
            for field in headers.fields { head += "\(field.name): \(field.value)\r\n" }
            let hasBody = status != 204 && status != 304
            if hasBody, !headers.contains("Content-Length") { head += "Content-Length: \(body.count)\r\n" }
            var bytes = Array((head + "\r\n").utf8)
            if hasBody, !isHead { bytes += body }
            return before + [.write(bytes)]
        }
    }
}
