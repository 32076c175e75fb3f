import Foundation
import RotaHTTP
import Synchronization

extension TransportContract {
    /// Requests go out as asked: with these fields and no others, and as often as allowed.
    static let requests: [Check] = [
        Check(
            "a body brings no Content-Type that was not set", because: "the server would read bytes as a form"
        ) { transport in
            try await withServer({ _ in .status(200) }) { server in
                for method in HTTPMethod.allCases where method.allowsBody {
                    for body in [HTTPBody.none, .bytes(Data()), .bytes(Data("a=b".utf8))] {
                        let got = try await arrival(
                            of: HTTPRequest(method: method, url: server.url(), body: body, timeout: patience),
                            at: server, transport)
                        try ContractViolation.require(
                            !got.headers.contains("Content-Type"),
                            "\(method) with \(body) has the type \(got.headers["Content-Type"] ?? "")")
                        try ContractViolation.require(got.body == body.data ?? Data(), "\(method) lost its body")
                    }
                }
                let typed = try HTTPRequest(
                    method: .post, url: server.url(), headers: ["Content-Type": "a/b"], body: .bytes(Data("x".utf8)),
                    timeout: patience)
                let got = try await arrival(of: typed, at: server, transport)
                try ContractViolation.require(got.headers.values("Content-Type") == ["a/b"], "the type was changed")
            }
        },
        Check(
            "an empty value is sent empty", because: "a server may ask whether the field is there"
        ) { transport in
            try await withServer({ _ in .status(200) }) { server in
                for value in ["", " ", "\t "] {
                    let request = try HTTPRequest(
                        url: server.url(), headers: ["X-Empty": value, "X-After": "1"], timeout: patience)
                    let got = try await arrival(of: request, at: server, transport)
                    try ContractViolation.require(
                        got.headers.values("X-Empty") == [""], "X-Empty arrived as \(got.headers.values("X-Empty"))")
                    try ContractViolation.require(got.headers["X-After"] == "1", "the field after it was lost")
                }
            }
        },
        Check(
            "a large body is sent without waiting for permission", because: "many servers never answer Expect"
        ) { transport in
            try await withServer({ _ in .status(200) }) { server in
                let body = HTTPBody.bytes(Data(repeating: 7, count: 2_000_000))
                for method in [HTTPMethod.post, .put, .patch] {
                    let got = try await arrival(
                        of: HTTPRequest(method: method, url: server.url(), body: body, timeout: patience), at: server,
                        transport)
                    try ContractViolation.require(!got.headers.contains("Expect"), "\(method) waits for permission")
                    try ContractViolation.require(got.body == body.data, "\(method) lost its body")
                }
            }
        },
        Check(
            "a request that must not be repeated arrives once, on whatever connection",
            because: "at most once means that no library may send it again in secret"
        ) { transport in
            try await hangingUp(HTTPMethod.allCases, isRepeatable: false, transport)
        },
        Check(
            "a POST that got no answer is not sent again", because: "RFC 9110 § 9.2.2: it is not idempotent"
        ) { transport in
            try await hangingUp([.post, .patch], isRepeatable: true, transport)
        },
        Check(
            "an unsolicited answer answers nothing", because: "RFC 9112 § 9.2: it must not answer the next request"
        ) { transport in
            try await unsolicited(transport) { answer, extra, arrived in
                [.write(answer), .write(extra), .tell(arrived)]
            }
        },
        Check(
            "an answer that comes together with an unsolicited one is the only answer",
            because: "RFC 9112 § 9.2: what follows it belongs to no request"
        ) { transport in
            try await unsolicited(transport) { answer, extra, arrived in [.tell(arrived), .write(answer + extra)] }
        },
    ]

    /// Sends a request and returns it as it arrived.
    private static func arrival(
        of request: HTTPRequest, at server: LoopbackServer, _ transport: any HTTPTransport
    ) async throws -> LoopbackRequest {
        let before = server.requests.count
        let status = try await transport.send(request).status
        try ContractViolation.require(status == 200, "\(request.method) got \(status)")
        guard server.requests.count == before + 1, let last = server.requests.last else {
            throw ContractViolation("\(request.method) arrived \(server.requests.count - before) times")
        }
        return last
    }

    /// Requires that a request arrives at most once if its server hangs up on a connection that was kept.
    private static func hangingUp(
        _ methods: [HTTPMethod], isRepeatable: Bool, _ transport: any HTTPTransport
    ) async throws {
        let handler: @Sendable (LoopbackRequest) async -> LoopbackResponse = {
            $0.path == "/hang-up" ? .hangUp : .status(200)
        }
        try await withServer(handler) { server in
            for method in methods {
                _ = try await transport.send(HTTPRequest(url: server.url("/keep"), timeout: patience))
                let before = server.requests.count
                var request = try HTTPRequest(method: method, url: server.url("/hang-up"), timeout: patience)
                request.isRepeatable = isRepeatable
                let error = try await requireFailure([.connectionReset], request, transport)
                try ContractViolation.require(error.mayHaveBeenSent, "the error says that nothing was sent")
                let count = server.requests.count - before
                try ContractViolation.require(count == 1, "\(method) arrived \(count) times")
            }
        }
    }

    /// Requires that a response that was not asked for, on a connection that is kept, does not answer the next request.
    private static func unsolicited(
        _ transport: any HTTPTransport,
        _ script: @escaping @Sendable ([UInt8], [UInt8], @escaping @Sendable () -> Void) -> [LoopbackResponse.Step]
    ) async throws {
        @Sendable func answer(_ text: String) -> [UInt8] {
            Array("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)
        }
        let (told, tell) = AsyncStream<Void>.makeStream()
        let handler: @Sendable (LoopbackRequest) async -> LoopbackResponse = { request in
            guard request.path == "/first" else { return .status(200, text: request.path) }
            return .script(script(answer("/first"), answer("stray")) { tell.yield() })
        }
        try await withServer(handler) { server in
            for number in 0..<10 {
                let first = try await transport.send(HTTPRequest(url: server.url("/first"), timeout: patience))
                try ContractViolation.require(
                    first.body == Data("/first".utf8), "the answer became \(first.bodyPreview().text)")
                for await _ in told { break }
                let next = try await transport.send(HTTPRequest(url: server.url("/\(number)"), timeout: patience))
                try ContractViolation.require(
                    next.body == Data("/\(number)".utf8), "a request was answered by \(next.bodyPreview().text)")
            }
        }
    }
}
