public import Foundation
public import RotaHTTP

/// A response of the loopback server: an ordinary one, or a simulated server failure.
///
/// A response is a list of steps, such as writing bytes, pausing and closing the connection, and so is every failure.
public struct LoopbackResponse: Sendable {
    enum Step: Sendable {
        case write([UInt8])
        /// Repeats the same bytes, produced as they are sent.
        case repeated([UInt8], count: Int)
        /// Repeats the same bytes without end, with a pause after each time.
        case paced([UInt8], every: Duration)
        case pause(Duration)
        /// Calls a listener when the connection has come here.
        case tell(@Sendable () -> Void)
        /// Closes the connection with FIN, and TLS before it.
        case close
        /// Closes the connection with FIN alone, so that TLS does not say whether that is the end.
        case cut
        /// Closes the connection when the next request begins to arrive.
        case closeOnRequest
        /// Closes the connection with RST.
        case reset
        /// Keeps the connection open and sends nothing more.
        case hold
    }

    private enum Content: Sendable {
        case answer(status: Int, headers: HTTPHeaders, body: Data)
        case script([Step])
    }

    private let content: Content
    private var before: [Step] = []

    /// Responds with a status and bytes.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields. `Content-Length` is added.
    ///   - body: The body.
    public static func status(_ status: Int, headers: HTTPHeaders = [:], body: Data = Data()) -> LoopbackResponse {
        LoopbackResponse(content: .answer(status: status, headers: headers, body: body))
    }

    /// Responds with a status and a text.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields. `Content-Length` is added.
    ///   - text: The body.
    public static func status(_ status: Int, headers: HTTPHeaders = [:], text: String) -> LoopbackResponse {
        .status(status, headers: headers, body: Data(text.utf8))
    }

    static func script(_ steps: [Step]) -> LoopbackResponse {
        LoopbackResponse(content: .script(steps))
    }

    /// Returns the same response with a pause before it.
    public func delayed(by delay: Duration) -> LoopbackResponse {
        var copy = self
        copy.before.append(.pause(delay))
        return copy
    }

    /// Returns the steps in order.
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

extension LoopbackResponse {
    /// Redirects to another URL.
    ///
    /// - Parameters:
    ///   - location: The value of the `Location` field.
    ///   - status: The status code.
    public static func redirect(to location: String, status: Int = 302) -> LoopbackResponse {
        .status(status, headers: ["Location": location])
    }

    /// Sends nothing and keeps the connection open.
    public static let silence = LoopbackResponse.script([.hold])

    /// Resets the connection instead of responding.
    public static let reset = LoopbackResponse.script([.reset])

    /// Closes the connection without sending a byte.
    public static let hangUp = LoopbackResponse.script([.close])

    /// Sends exactly this text, from the status line on, and closes the connection.
    public static func raw(_ text: String) -> LoopbackResponse {
        .script([.write(Array(text.utf8)), .close])
    }

    /// Sends exactly these bytes, from the status line on, and closes the connection.
    public static func raw(_ bytes: Data) -> LoopbackResponse {
        .script([.write(Array(bytes)), .close])
    }

    /// Sends the beginning of a header and then fails.
    public static func partialHeader(then ending: Ending) -> LoopbackResponse {
        .script([.write(Array("HTTP/1.1 200 OK\r\nContent-Ty".utf8)), ending.step])
    }

    /// Announces a body, sends its beginning, and then fails.
    ///
    /// - Parameters:
    ///   - text: The beginning of the body.
    ///   - promised: The `Content-Length`, which is larger.
    ///   - ending: The way it fails.
    public static func partialBody(
        _ text: String = "the beginning", promised: Int = 1000, then ending: Ending
    ) -> LoopbackResponse {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(promised)\r\n\r\n"
        return .script([.write(Array((head + text).utf8)), ending.step])
    }

    /// Sends a chunk of a chunked body and then fails.
    ///
    /// - Parameters:
    ///   - text: The content of the chunk.
    ///   - ending: The way it fails.
    public static func partialChunks(_ text: String = "the beginning", then ending: Ending) -> LoopbackResponse {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
        return .script([.write(Array((head + chunk).utf8)), ending.step])
    }

    /// Sends a complete body piece by piece.
    ///
    /// - Parameters:
    ///   - pieces: The pieces of the body.
    ///   - pause: The pause before each piece.
    public static func slow(_ pieces: [String], every pause: Duration) -> LoopbackResponse {
        let length = pieces.reduce(0) { $0 + $1.utf8.count }
        let head = LoopbackResponse.Step.write(Array("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n".utf8))
        return .script([head] + pieces.flatMap { [.pause(pause), .write(Array($0.utf8))] })
    }

    /// Sends an endless header one byte at a time, with a pause before each byte.
    public static func dribblingHeader(every pause: Duration) -> LoopbackResponse {
        let head = Array(("HTTP/1.1 200 OK\r\nX-Long: " + String(repeating: "a", count: 2000)).utf8)
        return .script(head.flatMap { [.pause(pause), .write([$0])] } + [.hold])
    }

    /// Sends a body of any size, produced as it is sent.
    ///
    /// - Parameters:
    ///   - count: The size in bytes.
    ///   - isAnnounced: Whether there is a `Content-Length`. Otherwise the body ends with the connection.
    public static func large(_ count: Int, isAnnounced: Bool = true) -> LoopbackResponse {
        let length = isAnnounced ? "Content-Length: \(count)\r\n" : "Connection: close\r\n"
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 16_384)
        var steps: [Step] = [.write(Array("HTTP/1.1 200 OK\r\n\(length)\r\n".utf8))]
        steps.append(.repeated(block, count: count / block.count))
        if count % block.count > 0 { steps.append(.write(Array(block.prefix(count % block.count)))) }
        return .script(steps + (isAnnounced ? [] : [.close]))
    }

    /// Sends zeros compressed about 150 to 1.
    ///
    /// - Parameter count: The size in bytes after decompression.
    public static func gzipBomb(_ count: Int) -> LoopbackResponse {
        let body = GzipZeros.bytes(count)
        return .status(200, headers: ["Content-Encoding": "gzip"], body: Data(body))
    }

    /// The way a broken response ends.
    public struct Ending: Sendable, Hashable {
        private enum Kind {
            case silence, close, reset
        }

        private let kind: Kind

        /// Keeps the connection open and sends nothing more.
        public static let silence = Ending(kind: .silence)
        /// Closes the connection in an orderly way.
        public static let close = Ending(kind: .close)
        /// Resets the connection.
        public static let reset = Ending(kind: .reset)

        var step: Step {
            switch kind {
            case .silence: .hold
            case .close: .close
            case .reset: .reset
            }
        }
    }
}
