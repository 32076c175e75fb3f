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

extension LoopbackResponse {
    /// A redirect to another place.
    ///
    /// - Parameters:
    ///   - location: what the `Location` field says.
    ///   - status: the status code, 302 by default.
    /// - Returns: the answer.
    public static func redirect(to location: String, status: Int = 302) -> LoopbackResponse {
        .status(status, headers: ["Location": location])
    }

    /// Never says a word; the connection stays open.
    public static let silence = LoopbackResponse.script([.hold])

    /// Cuts the connection with a reset instead of answering.
    public static let reset = LoopbackResponse.script([.reset])

    /// Ends the connection in good order without a byte of answer.
    public static let hangUp = LoopbackResponse.script([.close])

    /// Sends exactly these bytes, and ends the connection.
    ///
    /// - Parameter text: the bytes of the answer, from the status line on.
    /// - Returns: the answer.
    public static func raw(_ text: String) -> LoopbackResponse {
        .script([.write(Array(text.utf8)), .close])
    }

    /// Sends exactly these bytes, and ends the connection.
    ///
    /// - Parameter bytes: the bytes of the answer, from the status line on.
    /// - Returns: the answer.
    public static func raw(_ bytes: Data) -> LoopbackResponse {
        .script([.write(Array(bytes)), .close])
    }

    /// Begins a header and then fails.
    ///
    /// - Parameter ending: how it goes on.
    /// - Returns: the answer.
    public static func partialHeader(then ending: Ending) -> LoopbackResponse {
        .script([.write(Array("HTTP/1.1 200 OK\r\nContent-Ty".utf8)), ending.step])
    }

    /// Promises a body, sends the beginning, and then fails.
    ///
    /// - Parameters:
    ///   - text: what is sent of the body.
    ///   - promised: the `Content-Length`, more than that.
    ///   - ending: how it goes on.
    /// - Returns: the answer.
    public static func partialBody(
        _ text: String = "the beginning", promised: Int = 1000, then ending: Ending
    ) -> LoopbackResponse {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(promised)\r\n\r\n"
        return .script([.write(Array((head + text).utf8)), ending.step])
    }

    /// Sends a chunked body, ending before the last chunk.
    ///
    /// - Parameters:
    ///   - text: what the one chunk holds.
    ///   - ending: how it goes on.
    /// - Returns: the answer.
    public static func partialChunks(_ text: String = "the beginning", then ending: Ending) -> LoopbackResponse {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
        return .script([.write(Array((head + chunk).utf8)), ending.step])
    }

    /// Sends a body piece by piece, with a pause before each: complete in the end, if anyone waits so long.
    ///
    /// - Parameters:
    ///   - pieces: the pieces of the body.
    ///   - pause: how long the server is silent before each.
    /// - Returns: the answer.
    public static func slow(_ pieces: [String], every pause: Duration) -> LoopbackResponse {
        let length = pieces.reduce(0) { $0 + $1.utf8.count }
        let head = LoopbackResponse.Step.write(Array("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n".utf8))
        return .script([head] + pieces.flatMap { [.pause(pause), .write(Array($0.utf8))] })
    }

    /// Sends a header one byte at a time, with a pause before each, for ever: what keeps a client busy without end.
    ///
    /// - Parameter pause: how long the server is silent before each byte.
    /// - Returns: the answer.
    public static func dribblingHeader(every pause: Duration) -> LoopbackResponse {
        let head = Array(("HTTP/1.1 200 OK\r\nX-Long: " + String(repeating: "a", count: 2000)).utf8)
        return .script(head.flatMap { [.pause(pause), .write([$0])] } + [.hold])
    }

    /// Sends a body of any size, made as it is sent.
    ///
    /// - Parameters:
    ///   - count: the size in bytes.
    ///   - isAnnounced: whether `Content-Length` says so; otherwise the body ends with the connection.
    /// - Returns: the answer.
    public static func large(_ count: Int, isAnnounced: Bool = true) -> LoopbackResponse {
        let length = isAnnounced ? "Content-Length: \(count)\r\n" : "Connection: close\r\n"
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 16_384)
        var steps: [Step] = [.write(Array("HTTP/1.1 200 OK\r\n\(length)\r\n".utf8))]
        steps.append(.repeated(block, count: count / block.count))
        if count % block.count > 0 { steps.append(.write(Array(block.prefix(count % block.count)))) }
        return .script(steps + (isAnnounced ? [] : [.close]))
    }

    /// Sends zeros, compressed to a hundred-and-fiftieth.
    ///
    /// - Parameter count: how many bytes they are once unpacked.
    /// - Returns: the answer.
    public static func gzipBomb(_ count: Int) -> LoopbackResponse {
        let body = GzipZeros.bytes(count)
        return .status(200, headers: ["Content-Encoding": "gzip"], body: Data(body))
    }

    /// How a broken answer ends.
    public struct Ending: Sendable, Hashable {
        private enum Kind {
            case silence, close, reset
        }

        private let kind: Kind

        /// The connection stays open and nothing more comes.
        public static let silence = Ending(kind: .silence)
        /// The connection ends in good order.
        public static let close = Ending(kind: .close)
        /// The connection is reset.
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
