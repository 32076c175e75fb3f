import RotaHTTP

/// The status and the fields of a response, read from the lines as they came (RFC 9112).
///
/// It takes what the RFC tells a client to take, such as bytes beyond ASCII and lines that end in a bare line feed. A
/// header by which two readers would end the body at different places is refused.
struct AnswerHead: Sendable, Hashable {
    /// The reason why a header is refused.
    struct Problem: Error {
        let message: String
    }

    let status: Int
    private(set) var headers = HTTPHeaders()

    /// Reads a status line and fields, without the empty line after them.
    ///
    /// - Throws: ``Problem`` for a status line that is none, and for contradictory framing.
    init(_ bytes: some Collection<UInt8>) throws(Problem) {
        var lines = Self.lines(bytes)[...]
        guard let first = lines.popFirst(), let (version, status) = Self.statusLine(first) else {
            throw Problem(message: "the response's first line is not a status line")
        }
        self.status = status
        headers = try Self.fields(lines)
        try Self.checkFraming(headers, version: version)
    }

    /// Whether a body may be read by this header.
    static func isAcceptable(_ bytes: some Collection<UInt8>) -> Bool {
        do {
            _ = try AnswerHead(bytes)
            return true
        } catch {
            return false
        }
    }

    /// Whether the response's body ends where its connection ends (RFC 9112 § 6.3).
    func endsWithConnection(_ method: HTTPMethod) -> Bool {
        guard method != .head, status >= 200, status != 204, status != 304 else { return false }
        let isChunked = headers.values("Transfer-Encoding").contains { $0.lowercased() == "chunked" }
        return !isChunked && !headers.contains("Content-Length")
    }

    /// The lines without their ends.
    ///
    /// A line that begins with a blank continues the one before it.
    private static func lines(_ bytes: some Collection<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: true) {
            var line = Array(line)
            while line.last == 0x0D { line.removeLast() }
            if let first = line.first, first == 0x20 || first == 0x09, lines.count > 1 {
                lines[lines.count - 1] += [0x20] + trimmed(line[...])
            } else if !line.isEmpty {
                lines.append(line)
            }
        }
        return lines
    }

    /// Returns the version, such as 11, and the status.
    private static func statusLine(_ line: [UInt8]) -> (Int, Int)? {
        let words = line.split(separator: 0x20, maxSplits: 2)
        guard words.count >= 2, words[0].starts(with: "HTTP/".utf8), words[1].count == 3,
            words[1].allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        let digits = words[0].dropFirst(5).filter { 0x30...0x39 ~= $0 }.map { Int($0 - 0x30) }
        guard let major = digits.first else { return nil }
        let status = words[1].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return status < 100 ? nil : (major * 10 + (digits.count > 1 ? digits[1] : 0), status)
    }

    private static func fields(_ lines: ArraySlice<[UInt8]>) throws(Problem) -> HTTPHeaders {
        var fields: [HTTPHeaders.Field] = []
        fields.reserveCapacity(lines.count)
        for line in lines {
            // A line without a colon is no field. It says nothing, so it is left out.
            guard let colon = line.firstIndex(of: 0x3A), colon > 0 else { continue }
            let name = text(line[..<colon])
            let bare = text(trimmed(line[..<colon]))
            let field = HTTPHeaders.Field(bare, text(trimmed(line[(colon + 1)...])))
            guard name == bare || !(field.isNamed("Content-Length") || field.isNamed("Transfer-Encoding")) else {
                throw Problem(message: "there is a blank between \(bare) and its colon, which readers take differently")
            }
            fields.append(field)
        }
        return HTTPHeaders(fields)
    }

    /// Throws if two readers could end the body at different places (RFC 9112 § 6).
    private static func checkFraming(_ headers: HTTPHeaders, version: Int) throws(Problem) {
        guard !isPlain(headers) else { return }
        let lengths = headers.values("Content-Length").flatMap {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        .map { trimmed(Array($0.utf8)[...]) }
        for length in lengths {
            guard !length.isEmpty, length.allSatisfy({ 0x30...0x39 ~= $0 }) else {
                throw Problem(message: "the Content-Length is not a number")
            }
            guard Int64(text(length)) != nil else {
                throw Problem(message: "the Content-Length is larger than any body")
            }
        }
        let significant = Set(lengths.map { Array($0.drop { $0 == 0x30 }) })
        guard significant.count <= 1 else { throw Problem(message: "there are Content-Lengths that differ") }
        let codings = headers.values("Transfer-Encoding")
        guard !codings.isEmpty else { return }
        guard lengths.isEmpty else {
            throw Problem(message: "there are both a Content-Length and a Transfer-Encoding")
        }
        guard codings.count == 1, ["chunked", "identity"].contains(codings[0].lowercased()) else {
            throw Problem(message: "the Transfer-Encoding is not chunked; no other was asked for")
        }
        guard version != 10 else { throw Problem(message: "HTTP/1.0 has no Transfer-Encoding") }
    }

    /// Whether nothing can be wrong with the framing: one length in few digits, or none, and no coding.
    private static func isPlain(_ headers: HTTPHeaders) -> Bool {
        var hasLength = false
        for field in headers.fields {
            if field.isNamed("Transfer-Encoding") { return false }
            guard field.isNamed("Content-Length") else { continue }
            let digits = field.value.utf8
            guard !hasLength, (1...18).contains(digits.count) else { return false }
            guard digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return false }
            hasLength = true
        }
        return true
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
        return bytes
    }

    /// The bytes as Latin-1, and control characters as spaces.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if bytes.allSatisfy({ 0x20..<0x7F ~= $0 || $0 == 0x09 }) { return String(decoding: bytes, as: UTF8.self) }
        var out = String.UnicodeScalarView()
        for byte in bytes { out.append(byte < 0x20 && byte != 0x09 || byte == 0x7F ? " " : Unicode.Scalar(byte)) }
        return String(out)
    }
}
