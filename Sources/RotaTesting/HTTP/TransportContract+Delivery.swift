import Foundation
import RotaHTTP

extension TransportContract {
    /// Requests arrive as created, and responses come back as sent.
    static let delivery: [Check] = [
        Check(
            "every method arrives with its URL, headers and body",
            because: "a job's request must be the one that its server gets"
        ) { transport in
            try await withServer({ _ in .status(200) }) { server in
                for method in HTTPMethod.allCases {
                    let body: HTTPBody = method.allowsBody ? .text("the body") : .none
                    let request = try HTTPRequest(
                        method: method, url: server.url("/path?a=b%20c"), headers: ["X-Name": "a value"], body: body,
                        timeout: TransportContract.patience)
                    _ = try await transport.send(request)
                    guard let got = server.requests.last else { throw ContractViolation("\(method) did not arrive") }
                    try ContractViolation.require(got.method == method.rawValue, "\(method) arrived as \(got.method)")
                    try ContractViolation.require(got.target == "/path?a=b%20c", "the target became \(got.target)")
                    try ContractViolation.require(got.headers["x-name"] == "a value", "a header was lost")
                    try ContractViolation.require(got.body == body.data ?? Data(), "\(method) lost its body")
                }
            }
        },
        Check("every byte of a body arrives", because: "a signature covers every byte") { transport in
            try await withServer({ _ in .status(200) }) { server in
                let body = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                _ = try await transport.send(
                    HTTPRequest(
                        method: .post, url: server.url(), body: .bytes(body), timeout: TransportContract.patience))
                try ContractViolation.require(server.requests.last?.body == body, "the body was changed")
            }
        },
        Check("every status comes back", because: "the job's success rule judges the status, not the transport") {
            transport in
            let handler: @Sendable (LoopbackRequest) async -> LoopbackResponse = { request in
                .status(Int(request.path.dropFirst()) ?? 200)
            }
            try await withServer(handler) { server in
                for status in [200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 409, 429, 500, 502, 503, 599] {
                    let response = try await transport.send(
                        HTTPRequest(url: server.url("/\(status)"), timeout: TransportContract.patience))
                    try ContractViolation.require(response.status == status, "\(status) became \(response.status)")
                }
            }
        },
        Check(
            "a challenge comes back as the 401 it is",
            because: "credentials belong to the job, so the transport does not answer a challenge"
        ) { transport in
            let answer = LoopbackResponse.status(401, headers: ["WWW-Authenticate": "Basic realm=\"r\""], text: "who?")
            try await withServer({ _ in answer }) { server in
                let response = try await transport.send(
                    HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                try ContractViolation.require(response.status == 401, "401 became \(response.status)")
                try ContractViolation.require(response.body == Data("who?".utf8), "the body was lost")
            }
        },
        Check("headers and body come back", because: "the success rule and the record need them") { transport in
            let answer = LoopbackResponse.status(200, headers: ["X-Answer": "yes", "Retry-After": "7"], text: "hello")
            try await withServer({ _ in answer }) { server in
                let response = try await transport.send(
                    HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                try ContractViolation.require(response.headers["x-answer"] == "yes", "a header was lost")
                try ContractViolation.require(response.headers["Retry-After"] == "7", "Retry-After was lost")
                try ContractViolation.require(response.body == Data("hello".utf8), "the body was changed")
                try ContractViolation.require(!response.bodyIsTruncated, "a whole body was called truncated")
            }
        },
        Check("a compressed body comes back unpacked", because: "matchers and records read text") { transport in
            try await withServer({ _ in .gzipBomb(10_000) }) { server in
                let response = try await transport.send(
                    HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                try ContractViolation.require(
                    response.body == Data(repeating: 0, count: 10_000), "the body was not unpacked")
            }
        },
        Check("a body that comes in pieces is put together", because: "a body is no packet") { transport in
            try await withServer({ _ in .slow(["one ", "two ", "three"], every: .milliseconds(5)) }) { server in
                let response = try await transport.send(
                    HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                try ContractViolation.require(response.body == Data("one two three".utf8), "pieces were lost")
            }
        },
        Check("connections are used again", because: "a connection costs more than a request") { transport in
            try await withServer({ _ in .status(200, text: "ok") }) { server in
                for _ in 0..<20 {
                    _ = try await transport.send(HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                }
                try ContractViolation.require(
                    server.connectionCount <= 10, "20 requests took \(server.connectionCount) connections")
            }
        },
        Check("many requests at once all come back", because: "a scheduler runs many jobs at once") { transport in
            try await withServer({ request in .status(200, text: request.path) }) { server in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        let request = try HTTPRequest(
                            url: server.url("/\(number)"), timeout: TransportContract.patience)
                        group.addTask {
                            let response = try await transport.send(request)
                            try ContractViolation.require(
                                response.body == Data("/\(number)".utf8), "an answer went to the wrong request")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        },
        Check("cookies are not kept", because: "jobs must not share a session") { transport in
            let answer = LoopbackResponse.status(200, headers: ["Set-Cookie": "a=b; Path=/"])
            try await withServer({ _ in answer }) { server in
                for _ in 0..<2 {
                    _ = try await transport.send(HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                }
                let cookies = server.requests.compactMap { $0.headers["Cookie"] }
                try ContractViolation.require(cookies.isEmpty, "a cookie came back: \(cookies)")
            }
        },
        Check("responses are not cached", because: "every occurrence must reach its server") { transport in
            let answer = LoopbackResponse.status(200, headers: ["Cache-Control": "max-age=3600"], text: "x")
            try await withServer({ _ in answer }) { server in
                for _ in 0..<3 {
                    _ = try await transport.send(HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                }
                try ContractViolation.require(server.requests.count == 3, "a response came from a cache")
            }
        },
    ]
}
