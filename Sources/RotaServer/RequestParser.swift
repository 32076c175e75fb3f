import Foundation
import RotaHTTP

/// Reads the requests of a connection from its bytes, by RFC 9112, strictly.
///
/// A request that two readers could understand differently is refused, since one may be a proxy in front: line breaks
/// that are not CR LF, folded fields, blanks before a colon, a length given twice, and a length beside a transfer
/// coding.
struct RequestParser {
    enum Outcome {
        /// More bytes are needed.
        case incomplete
        /// The head is complete, and the client waits for permission to send the body.
        case wantsContinue
        case request(ServerRequest, keepsAlive: Bool)
        case refused(ServerRefusal)
    }

    /// Where the parser stands.
    enum Place {
        case between, head, body
    }

    fileprivate struct Head {
        var method: String
        var target: String
        var headers: HTTPHeaders
        var framing: Framing
        var keepsAlive: Bool
        var expectsContinue: Bool
    }

    fileprivate enum Framing {
        case length(Int)
        case chunked
    }

    fileprivate struct Refusal: Error {
        var refusal: ServerRefusal

        init(_ status: Int, _ code: String, _ message: String) {
            refusal = ServerRefusal(status, code, message)
        }

        static func malformed(_ message: String) -> Refusal { Refusal(400, "bad_request", message) }
    }

    private let limits: ServerLimits
    private var bytes: [UInt8] = []
    /// The bytes before it were read.
    private var start = 0
    private var searched = 0
    private var head: Head?
    private var body: [UInt8] = []

    init(limits: ServerLimits) {
        self.limits = limits
    }

    /// Empty lines, and the beginning of one, do not begin a head: a client that sends many of them sends no request.
    var place: Place {
        if head != nil { return .body }
        var rest = bytes[start...]
        while rest.starts(with: [13, 10]) { rest = rest.dropFirst(2) }
        return rest.isEmpty || rest.elementsEqual([13]) ? .between : .head
    }

    mutating func append(_ more: [UInt8]) {
        if start == bytes.count {
            bytes = more
            (start, searched) = (0, 0)
            return
        }
        if start > 65_536 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes += more
    }

    /// Reads the next request.
    mutating func next() -> Outcome {
        do throws(Refusal) {
            if head == nil {
                guard let end = try endOfHead() else { return .incomplete }
                let read = try Self.head(bytes[start..<end], limits)
                (start, searched, body) = (end + 4, end + 4, [])
                head = read
                if case .length(let length) = read.framing, bytes.count - start >= length { return try takeBody() }
                if read.expectsContinue { return .wantsContinue }
            }
            return try takeBody()
        } catch {
            return .refused(refusal(error.refusal))
        }
    }

    /// Whether the request that is being read is a HEAD, the response to which has no body (RFC 9110, 9.3.2).
    ///
    /// It is known from the first word on, however the rest is malformed.
    var isHead: Bool {
        if let head { return head.method == "HEAD" }
        let word = bytes[start...].prefix(5)
        return word.starts(with: Array("HEAD".utf8)) && !Self.isToken(word.dropFirst(4))
    }

    /// A refusal with what could be read of the request.
    func refusal(_ refusal: ServerRefusal) -> ServerRefusal {
        var refusal = refusal
        if let head {
            (refusal.target, refusal.headers) = (head.target, head.headers)
        } else {
            let line = bytes[start...].prefix(limits.requestLine).prefix { $0 != 13 && $0 != 10 }
            let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
            // A target that the blank behind it does not end may not be whole.
            if words.count > 2, words[1].first == 0x2F, words[1].allSatisfy({ (0x21...0x7E).contains($0) }) {
                refusal.target = String(decoding: words[1], as: UTF8.self)
            }
        }
        return refusal
    }

    private mutating func takeBody() throws(Refusal) -> Outcome {
        guard let head else { return .incomplete }
        switch head.framing {
        case .length(let length):
            guard bytes.count - start >= length else { return .incomplete }
            body = Array(bytes[start..<(start + length)])
            start += length
        case .chunked:
            guard try takeChunks() else { return .incomplete }
        }
        searched = start
        self.head = nil
        defer { body = [] }
        return .request(
            ServerRequest(method: head.method, target: head.target, headers: head.headers, body: Data(body)),
            keepsAlive: head.keepsAlive)
    }

    // MARK: Head

    /// Returns the place of the empty line after the head.
    private mutating func endOfHead() throws(Refusal) -> Int? {
        // A client may send an empty line after a body.
        while start + 1 < bytes.count, bytes[start] == 13, bytes[start + 1] == 10, searched <= start {
            start += 2
            searched = start
        }
        guard start < bytes.count else { return nil }
        if bytes[start] != 13, !(0x41...0x5A).contains(bytes[start]) {
            throw .malformed("This is not an HTTP request. The server speaks HTTP/1.1, without TLS.")
        }
        let isLong =
            bytes.count - start > limits.requestLine + 2
            && !bytes[start..<(start + limits.requestLine + 2)].contains(10)
        guard !isLong else {
            throw Refusal(414, "uri_too_long", "The request line may have at most \(limits.requestLine) bytes.")
        }
        var index = max(start, searched)
        while index + 3 < bytes.count {
            if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                guard index - start <= limits.head else { throw Self.headTooLong(limits) }
                return index
            }
            index += 1
        }
        searched = index
        guard bytes.count - start <= limits.head else { throw Self.headTooLong(limits) }
        return nil
    }

    private static func headTooLong(_ limits: ServerLimits) -> Refusal {
        Refusal(431, "headers_too_large", "The head of a request may have at most \(limits.head) bytes.")
    }

    private static func head(_ bytes: ArraySlice<UInt8>, _ limits: ServerLimits) throws(Refusal) -> Head {
        let lines = try lines(of: bytes)
        guard let first = lines.first, first.count <= limits.requestLine else {
            throw Refusal(414, "uri_too_long", "The request line may have at most \(limits.requestLine) bytes.")
        }
        guard lines.count - 1 <= limits.fields else {
            throw Refusal(431, "headers_too_large", "A request may have at most \(limits.fields) header fields.")
        }
        let words = first.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, isToken(words[0]), words[0].count <= 32, !words[1].isEmpty,
            words[1].allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .malformed("The request line is not a method, a target and a version.") }
        let version = String(decoding: words[2], as: UTF8.self)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            guard version.hasPrefix("HTTP/") else {
                throw .malformed("The request line is not a method, a target and a version.")
            }
            throw Refusal(505, "version_not_supported", "The server speaks HTTP/1.1.")
        }
        let target = String(decoding: words[1], as: UTF8.self)
        guard target.hasPrefix("/") || target.hasPrefix("http://") || target.hasPrefix("https://") else {
            throw .malformed("The target of a request must be a path.")
        }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() { headers.append(try field(line)) }
        do throws(Refusal) {
            return try Head(
                method: String(decoding: words[0], as: UTF8.self), target: target, headers: headers,
                isVersion10: version == "HTTP/1.0", limits)
        } catch {
            var error = error
            error.refusal.headers = headers
            throw error
        }
    }

    /// Splits the head at CR LF, and refuses either of them alone.
    private static func lines(of bytes: ArraySlice<UInt8>) throws(Refusal) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var begin = bytes.startIndex
        var index = begin
        while index < bytes.endIndex {
            switch bytes[index] {
            case 13:
                guard index + 1 < bytes.endIndex, bytes[index + 1] == 10 else {
                    throw .malformed("Lines of the head must end with CR LF.")
                }
                lines.append(bytes[begin..<index])
                index += 2
                begin = index
            case 9, 0x20...0x7E, 0x80...: index += 1
            default: throw .malformed("The head of the request holds a control character.")
            }
        }
        return lines + [bytes[begin...]]
    }

    private static func field(_ line: ArraySlice<UInt8>) throws(Refusal) -> HTTPHeaders.Field {
        guard let colon = line.firstIndex(of: 0x3A), isToken(line[..<colon]) else {
            throw .malformed("A line of the head is not a header field.")
        }
        let value = trimmed(line[(colon + 1)...])
        return HTTPHeaders.Field(
            String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    /// The bytes without blanks and tabs around them, which alone are white space in HTTP (RFC 9110, 5.6.3).
    ///
    /// Other blanks of Unicode are parts of the value, as they are for a proxy in front.
    fileprivate static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let rest = bytes.drop { $0 == 0x20 || $0 == 9 }
        guard let last = rest.lastIndex(where: { $0 != 0x20 && $0 != 9 }) else { return [] }
        return rest[...last]
    }

    /// Whether a text is a word of ASCII in any case: `K` is `k`, and the sign for kelvins is neither.
    fileprivate static func isWord(_ text: some StringProtocol, _ word: String) -> Bool {
        text.utf8.count == word.utf8.count
            && zip(text.utf8, word.utf8).allSatisfy { ((0x41...0x5A).contains($0) ? $0 | 0x20 : $0) == $1 }
    }

    private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: Array("!#$%&'*+-.^_`|~".utf8).contains(byte)
                }
            }
    }

    // MARK: Chunks

    /// Takes the chunks that have arrived.
    ///
    /// - Returns: Whether the last one was among them. Its trailer is dropped.
    private mutating func takeChunks() throws(Refusal) -> Bool {
        while true {
            guard let (line, next) = try line(from: start, longest: 256) else { return false }
            // Blanks may stand before an extension, and nothing else may.
            let digits = Self.trimmed(line.prefix { $0 != 0x3B })
            guard line.first == digits.first, (1...8).contains(digits.count), digits.allSatisfy(Self.isHexDigit),
                let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw .malformed("The size of a chunk is not a hexadecimal number.") }
            guard size > 0 else {
                guard let end = try endOfTrailer(from: next) else { return false }
                start = end
                return true
            }
            guard body.count + size <= limits.body else { throw Self.bodyTooLong(limits) }
            guard bytes.count >= next + size + 2 else { return false }
            guard bytes[next + size] == 13, bytes[next + size + 1] == 10 else {
                throw .malformed("A chunk is not as long as it says.")
            }
            body += bytes[next..<(next + size)]
            start = next + size + 2
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    /// Returns the place behind the trailer.
    ///
    /// Each packet has it read again from the start, so the whole trailer may be as long as one line.
    private func endOfTrailer(from begin: Int) throws(Refusal) -> Int? {
        var place = begin
        var count = 0
        while let (line, next) = try line(from: place, longest: limits.requestLine) {
            if line.isEmpty { return next }
            count += 1
            guard count <= 20, next - begin <= limits.requestLine else {
                throw Refusal(
                    431, "headers_too_large",
                    "The trailer of a chunked body may have at most 20 lines and \(limits.requestLine) bytes.")
            }
            place = next
        }
        return nil
    }

    /// Returns the line at a place and the place behind it, or `nil` if its end has not arrived.
    private func line(from place: Int, longest: Int) throws(Refusal) -> (ArraySlice<UInt8>, next: Int)? {
        var index = place
        while index < bytes.count {
            guard index - place <= longest else { throw .malformed("A line of the body is too long.") }
            if bytes[index] == 10 { throw .malformed("Lines of a chunked body must end with CR LF.") }
            if bytes[index] == 13 {
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == 10 else { throw .malformed("Lines of a chunked body must end with CR LF.") }
                return (bytes[place..<index], index + 2)
            }
            index += 1
        }
        return nil
    }

    fileprivate static func bodyTooLong(_ limits: ServerLimits) -> Refusal {
        Refusal(413, "payload_too_large", "The body may have at most \(limits.body) bytes.")
    }
}

extension RequestParser.Head {
    /// Finds out how the body is delimited.
    fileprivate init(
        method: String, target: String, headers: HTTPHeaders, isVersion10: Bool, _ limits: ServerLimits
    ) throws(RequestParser.Refusal) {
        let hosts = headers.values("Host")
        guard hosts.count == 1 || hosts.isEmpty && isVersion10 else {
            throw .malformed("A request must have one header field Host.")
        }
        let lengths = headers.values("Content-Length")
        let codings = headers.values("Transfer-Encoding")
        if codings.isEmpty {
            guard lengths.count <= 1 else { throw .malformed("A request may have one header field Content-Length.") }
            let digits = lengths.first ?? "0"
            guard !digits.isEmpty, digits.utf8.count <= 18, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let length = Int(digits)
            else { throw .malformed("Content-Length must be a number.") }
            guard length <= limits.body else { throw RequestParser.bodyTooLong(limits) }
            framing = .length(length)
        } else {
            guard lengths.isEmpty else {
                throw .malformed("A request must not have both Content-Length and Transfer-Encoding.")
            }
            guard !isVersion10 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding.") }
            guard codings.count == 1, RequestParser.isWord(codings[0], "chunked") else {
                throw RequestParser.Refusal(501, "not_implemented", "The only transfer coding is chunked.")
            }
            framing = .chunked
        }
        expectsContinue = false
        if let expectation = headers["Expect"] {
            guard RequestParser.isWord(expectation, "100-continue") else {
                throw RequestParser.Refusal(417, "expectation_failed", "The only expectation is 100-continue.")
            }
            expectsContinue = !isVersion10
        }
        let options = headers.values("Connection").flatMap { $0.utf8.split(separator: 0x2C) }
            .map { String(decoding: RequestParser.trimmed(Array($0)[...]), as: UTF8.self) }
        keepsAlive = !isVersion10 && !options.contains { RequestParser.isWord($0, "close") }
        self.method = method
        self.target = target
        self.headers = headers
    }
}
