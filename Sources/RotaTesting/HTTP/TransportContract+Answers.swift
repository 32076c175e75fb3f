import Foundation
import RotaHTTP

extension TransportContract {
    /// Responses that the standards allow come back, and those that they forbid are refused.
    static let answers: [Check] = liberal + strict

    private static let liberal: [Check] = [
        answered(
            "a field needs no blank after its colon", because: "RFC 9112 § 5: the blank is optional",
            "HTTP/1.1 200 OK\r\nX-A:yes\r\nContent-Length:2\r\n\r\nok"
        ) { try require($0.headers["X-A"] == "yes", "X-A became \($0.headers.values("X-A"))") },
        answered(
            "a field of blanks is an empty field", because: "RFC 9110 § 5.5: a value may be empty",
            "HTTP/1.1 200 OK\r\nX-A:  \t \r\nX-B:\r\nContent-Length: 2\r\n\r\nok"
        ) { response in
            try require(response.headers.values("X-A") == [""], "X-A became \(response.headers.values("X-A"))")
            try require(response.headers.values("X-B") == [""], "X-B became \(response.headers.values("X-B"))")
        },
        answered(
            "bytes above ASCII in a field are Latin-1",
            because: "RFC 9110 § 5.5: obs-text is legal, and old servers send it",
            latin("HTTP/1.1 200 OK\r\nX-A: café\r\nContent-Length: 2\r\n\r\nok")
        ) { try require($0.headers["X-A"] == "café", "X-A became \($0.headers.values("X-A"))") },
        answered(
            "bytes above ASCII in a reason do no harm", because: "RFC 9112 § 4: a client ignores the reason",
            latin("HTTP/1.1 200 Tout est réglé\r\nContent-Length: 2\r\n\r\nok")),
        answered(
            "a status needs no reason", because: "RFC 9112 § 4: the reason is optional",
            "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"),
        answered(
            "a status needs no blank after it", because: "many servers leave it out together with the reason",
            "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"),
        answered(
            "a line may end with LF alone", because: "RFC 9112 § 2.2: a client may read LF as the end of a line",
            "HTTP/1.1 200 OK\nX-A: yes\nContent-Length: 2\n\nok"
        ) { try require($0.headers["X-A"] == "yes", "X-A became \($0.headers.values("X-A"))") },
        answered(
            "an unknown coding is left as it is",
            because: "servers write Content-Encoding: UTF-8, and their work is done",
            "HTTP/1.1 200 OK\r\nContent-Encoding: UTF-8\r\nContent-Length: 2\r\n\r\nok"),
        answered(
            "preliminary responses come before the final one", because: "RFC 9110 § 15.2: any number of 1xx may",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX-Early: 1\r\n\r\n"
                + "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX-Early: 2\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nX-A: yes\r\nContent-Length: 2\r\n\r\nok"
        ) { response in
            try require(response.headers["X-A"] == "yes", "the final field was lost")
            try require(!response.headers.contains("X-Early"), "fields of a preliminary response were mixed in")
        },
        answered(
            "trailers are kept apart", because: "RFC 9110 § 6.5.1: they must not be merged with the header",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"
        ) { try require(!$0.headers.contains("X-Sum"), "a trailer became a field") },
        answered(
            "chunks may have extensions, capitals and leading zeros", because: "RFC 9112 § 7.1.1",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n001;a=b\r\no\r\n1;\"x\"\r\nk\r\n000\r\n\r\n"),
        answered(
            "a response of HTTP/1.0 ends with its connection", because: "RFC 9112 § 6.3: there is no other end",
            "HTTP/1.0 200 OK\r\nX-A: yes\r\n\r\nok"),
        answered(
            "repeated fields stay a list", because: "two delays joined by a comma are no delay (Retry-After: 120, 120)",
            "HTTP/1.1 200 OK\r\nRetry-After: 120\r\nSet-Cookie: a=1, b\r\nRetry-After: 120\r\nSet-Cookie: c=2\r\n"
                + "Content-Length: 2\r\n\r\nok"
        ) { response in
            try require(
                response.headers.values("Retry-After") == ["120", "120"],
                "Retry-After became \(response.headers.values("Retry-After"))")
            try require(
                response.headers.values("Set-Cookie") == ["a=1, b", "c=2"],
                "Set-Cookie became \(response.headers.values("Set-Cookie"))")
        },
        Check(
            "responses without a body leave the connection usable",
            because: "RFC 9112 § 6.3: HEAD, 204 and 304 have no body"
        ) { transport in
            let bare: [String: String] = [
                "/head": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "/204": "HTTP/1.1 204 No Content\r\n\r\n",
                "/304": "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n",
            ]
            try await withServer({
                .script([.write(Array((bare[$0.path] ?? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").utf8))])
            }) { server in
                for path in ["/head", "/204", "/304", "/ok"] {
                    let response = try await transport.send(
                        HTTPRequest(method: path == "/head" ? .head : .get, url: server.url(path), timeout: patience))
                    try require(response.status == (Int(path.dropFirst()) ?? 200), "\(path) became \(response.status)")
                    try require(response.body == Data((path == "/ok" ? "ok" : "").utf8), "\(path) has another's body")
                }
            }
        },
    ]

    private static let strict: [Check] = [
        refused(
            "gzip that is not gzip keeps its status", because: "the job must know that the server answered 503",
            "HTTP/1.1 503 Busy\r\nContent-Encoding: gzip\r\nRetry-After: 7\r\nContent-Length: 8\r\n\r\nnot gzip",
            [.badResponse], status: 503
        ) { try require($0.headers["Retry-After"] == "7", "Retry-After was lost") },
        refused(
            "two lengths that differ are refused", because: "RFC 9112 § 6.3: smuggling",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", [.badResponse, .connectionReset]),
        refused(
            "a list of lengths that differ is refused", because: "RFC 9112 § 6.3: smuggling",
            "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok", [.badResponse, .connectionReset]),
        refused(
            "a length beside chunks is refused", because: "RFC 9112 § 6.3: it may be an attempt at smuggling",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            [.badResponse]),
        refused(
            "a negative length is refused", because: "RFC 9110 § 8.6: a length consists of digits",
            "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", [.badResponse, .connectionReset]),
        refused(
            "a length with a sign is refused", because: "RFC 9110 § 8.6: others read another length",
            "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", [.badResponse, .connectionReset]),
        refused(
            "a chunk whose size does not fit is refused", because: "RFC 9112 § 7.1: an overflow must not become a size",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nok",
            [.badResponse, .connectionReset, .tooLarge]),
        refused(
            "a chunk whose size is no number is refused", because: "RFC 9112 § 7.1: the rest of the body has no bounds",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nok", [.badResponse, .connectionReset]),
        refused(
            "the largest length that an integer holds is only a body cut short",
            because: "a length that no body can have must not overflow",
            "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nok",
            [.badResponse, .connectionReset, .tooLarge], status: 200),
        refused(
            "a length larger than any integer is refused", because: "it must not overflow either",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
            [.badResponse, .connectionReset, .tooLarge]),
        refused(
            "a header that ends after its first line is a cut connection",
            because: "the server or a proxy died while it answered",
            "HTTP/1.1 200 OK\r\n", [.badResponse, .connectionReset]),
        refused(
            "a line without an end is too large", because: "a header must not fill the memory",
            Array("HTTP/1.1 200 OK\r\nX-A: ".utf8) + Array(repeating: UInt8(ascii: "a"), count: 8_388_608),
            [.tooLarge, .badResponse, .connectionReset]),
        refused(
            "a header of very many fields is too large", because: "a header must not fill the memory",
            Array("HTTP/1.1 200 OK\r\n".utf8) + Array(String(repeating: "X: 1\r\n", count: 100_000).utf8)
                + Array("\r\n".utf8), [.tooLarge, .badResponse]),
    ]

    private static func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
        try ContractViolation.require(condition, description())
    }

    /// The Latin-1 bytes of a text.
    private static func latin(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    private static func answered(
        _ name: String, because reason: String, _ raw: String,
        _ judge: @escaping @Sendable (HTTPResponse) throws -> Void = { _ in }
    ) -> Check {
        answered(name, because: reason, Array(raw.utf8), judge)
    }

    /// Requires that bytes are understood as a response 200 whose body is `ok`.
    private static func answered(
        _ name: String, because reason: String, _ raw: [UInt8],
        _ judge: @escaping @Sendable (HTTPResponse) throws -> Void = { _ in }
    ) -> Check {
        Check(name, because: reason) { transport in
            try await besideNeighbor(transport) { _ in
                try await withServer({ _ in .raw(Data(raw)) }) { server in
                    let response = try await transport.send(HTTPRequest(url: server.url(), timeout: patience))
                    try require(response.status == 200, "200 became \(response.status)")
                    try require(response.body == Data("ok".utf8), "the body became \(response.bodyPreview().text)")
                    try judge(response)
                }
            }
        }
    }

    private static func refused(
        _ name: String, because reason: String, _ raw: String, _ codes: [TransportError.Code], status: Int? = nil,
        _ judge: @escaping @Sendable (TransportError) throws -> Void = { _ in }
    ) -> Check {
        refused(name, because: reason, Array(raw.utf8), codes, status: status, judge)
    }

    /// Requires that bytes are refused as a response, with an error that says the request may have been received.
    private static func refused(
        _ name: String, because reason: String, _ raw: [UInt8], _ codes: [TransportError.Code], status: Int? = nil,
        _ judge: @escaping @Sendable (TransportError) throws -> Void = { _ in }
    ) -> Check {
        Check(name, because: reason) { transport in
            try await besideNeighbor(transport) { _ in
                try await withServer({ _ in .raw(Data(raw)) }) { server in
                    let error = try await requireFailure(
                        codes, HTTPRequest(url: server.url(), timeout: patience), transport)
                    try require(error.mayHaveBeenSent, "the error says that nothing was sent")
                    if let status { try require(error.status == status, "the error has lost the status \(status)") }
                    try judge(error)
                }
            }
        }
    }
}
