public import Foundation
public import RotaHTTP

/// A request as the loopback server received it.
public struct LoopbackRequest: Sendable, Hashable {
    /// The method as received.
    public let method: String
    /// Path and query as received, such as `/report?day=1`.
    public let target: String
    /// The header fields as received.
    public let headers: HTTPHeaders
    /// The body.
    public let body: Data
    /// The number of its connection, starting at 0.
    ///
    /// Equal numbers mean that a connection was reused.
    public let connection: Int

    /// The path without the query.
    public var path: String { String(target.prefix { $0 != "?" }) }

    /// The body as text.
    ///
    /// Invalid UTF-8 becomes U+FFFD.
    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// An incremental parser of the requests on a connection.
struct LoopbackParser {
    /// The result of parsing the bytes received so far.
    enum Outcome {
        case incomplete
        /// The header is complete and asks for permission to send the body.
        case wantsContinue
        case request(LoopbackRequest)
        case malformed
    }

    private struct Head {
        var method: String
        var target: String
        var headers: HTTPHeaders
        var bodyLength: Int
    }

    private var bytes: [UInt8] = []
    private var head: Head?
    private var searched = 0
    let connection: Int

    init(connection: Int) {
        self.connection = connection
    }

    /// Whether something has arrived that is no whole request yet.
    var hasBytes: Bool { head != nil || !bytes.isEmpty }

    mutating func append(_ more: [UInt8]) {
        bytes += more
    }

    mutating func next() -> Outcome {
        if head == nil {
            // A method starts with a capital letter. Anything else, such as a TLS handshake, is not HTTP.
            if let first = bytes.first, !(0x41...0x5A).contains(first) { return .malformed }
            guard let end = endOfHead() else { return bytes.count > 1_048_576 ? .malformed : .incomplete }
            guard let parsed = Self.parse(bytes[..<end]) else { return .malformed }
            head = parsed
            bytes.removeFirst(end + 4)
            searched = 0
            if parsed.headers["Expect"]?.lowercased() == "100-continue", bytes.count < parsed.bodyLength {
                return .wantsContinue
            }
        }
        guard let head, bytes.count >= head.bodyLength else { return .incomplete }
        let body = Data(bytes.prefix(head.bodyLength))
        bytes.removeFirst(head.bodyLength)
        self.head = nil
        return .request(
            LoopbackRequest(
                method: head.method, target: head.target, headers: head.headers, body: body, connection: connection))
    }

    /// Returns the position of the empty line after the header.
    private mutating func endOfHead() -> Int? {
        guard searched <= bytes.count - 4 else { return nil }
        for index in searched...(bytes.count - 4) where bytes[index] == 13 {
            if bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 { return index }
        }
        searched = bytes.count - 3
        return nil
    }

    /// Parses a header, byte by byte: the server must take little of the time that a benchmark measures.
    private static func parse(_ head: ArraySlice<UInt8>) -> Head? {
        var lines = lines(of: head)
        guard let first = lines.popFirst() else { return nil }
        let words = first.split(separator: UInt8(ascii: " "))
        guard words.count == 3 else { return nil }
        var headers = HTTPHeaders()
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            headers.append(
                .init(
                    String(decoding: line[..<colon], as: UTF8.self),
                    String(decoding: trimmed(line[line.index(after: colon)...]), as: UTF8.self), isSensitive: false))
        }
        let length = headers["Content-Length"].map { Int($0) ?? -1 } ?? 0
        guard (0...1_073_741_824).contains(length), !headers.contains("Transfer-Encoding") else { return nil }
        return Head(
            method: String(decoding: words[0], as: UTF8.self), target: String(decoding: words[1], as: UTF8.self),
            headers: headers, bodyLength: length)
    }

    /// The lines of a header, without their ends and without empty ones.
    private static func lines(of head: ArraySlice<UInt8>) -> ArraySlice<ArraySlice<UInt8>> {
        var lines: [ArraySlice<UInt8>] = []
        var rest = head
        while !rest.isEmpty {
            let end = rest.indices.first { rest[$0] == 13 && $0 + 1 < rest.endIndex && rest[$0 + 1] == 10 }
            let line = rest[..<(end ?? rest.endIndex)]
            if !line.isEmpty { lines.append(line) }
            rest = end.map { rest[($0 + 2)...] } ?? []
        }
        return lines[...]
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let first = value.firstIndex(where: { !isBlank($0) }),
            let last = value.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return value[first...last]
    }
}
