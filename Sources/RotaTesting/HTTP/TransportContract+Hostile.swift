import Foundation
import RotaHTTP

extension TransportContract {
    /// No server ends or freezes the host, and none holds a request beyond its deadline.
    static let hostile: [Check] = endless + races

    private static let endless: [Check] = [
        outlasting(
            "chunks of one byte without end are a timeout or refused",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            .paced(bytes(of: "1\r\nx\r\n", times: 100), every: .milliseconds(1)), [.timeout, .tooLarge, .badResponse]),
        outlasting(
            "a flood of chunks of one byte is a timeout or refused",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            .paced(bytes(of: "1\r\nx\r\n", times: 1000), every: .milliseconds(1)), [.timeout, .tooLarge, .badResponse]),
        outlasting(
            "a body that drips is a timeout", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
            .paced([UInt8(ascii: "x")], every: .milliseconds(1))),
        outlasting(
            "fields without end are a timeout or too large", "HTTP/1.1 200 OK\r\n",
            .paced(bytes(of: "X: 1\r\n", times: 100), every: .milliseconds(1)), [.timeout, .tooLarge, .badResponse]),
        outlasting(
            "trailers without end are a timeout or too large",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
            .paced(bytes(of: "X: 1\r\n", times: 100), every: .milliseconds(1)), [.timeout, .tooLarge, .badResponse]),
        outlasting(
            "preliminary responses without end are a timeout or refused", "",
            .paced(bytes(of: "HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n", times: 10), every: .milliseconds(1)),
            [.timeout, .tooLarge, .badResponse]),
        outlasting(
            "a redirect whose body never ends is a timeout or cut",
            "HTTP/1.1 302 Found\r\nLocation: /next\r\nTransfer-Encoding: chunked\r\n\r\n",
            .paced(
                bytes(of: "40\r\n" + String(repeating: "x", count: 64) + "\r\n", times: 10), every: .milliseconds(1)),
            [.timeout, .tooLarge]),
        Check(
            "a server that does not read an upload is a timeout", because: "the deadline is that of the whole exchange"
        ) { transport in
            try await besideNeighbor(transport) { asked in
                try await withServer({ _ in .status(200) }) { server in
                    server.stopReading()
                    let body = HTTPBody.bytes(Data(count: HTTPBody.longest))
                    try await withPace(asked) { timeout in
                        let request = try HTTPRequest(method: .post, url: server.url(), body: body, timeout: timeout)
                        try await requireFailure([.timeout], request, transport)
                        return true
                    }
                }
            }
        },
    ]

    private static let races: [Check] = [
        harmless(
            "a redirect that is not followed may lead anywhere",
            because: "its target is text, which no job asked to be read as a URL",
            [
                "//[::1]/x", "//a%20b/x", "//", "http://[", "http://h:99999999/", "//%00/", "/\u{1}", "?", "%",
                "http://%/",
            ]
            .map { "HTTP/1.1 302 Found\r\nLocation: \($0)\r\nContent-Length: 2\r\n\r\nok" }
        ) { response in
            try ContractViolation.require(response.status == 302, "302 became \(response.status)")
            try ContractViolation.require(response.headers.contains("Location"), "Location was lost")
        },
        harmless(
            "trailers may come on any status", because: "RFC 9112 § 7.1.2 allows them wherever chunks are",
            [200, 201, 302, 400, 401, 404, 500, 503].map {
                "HTTP/1.1 \($0) X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"
            }
        ) { try ContractViolation.require(!$0.headers.contains("X-Sum"), "a trailer became a field") },
        Check(
            "a redirect that is canceled as it arrives does no harm", because: "a job can be canceled at any moment"
        ) { transport in
            try await besideNeighbor(transport) { _ in
                try await withServer({ _ in .redirect(to: "/next") }) { server in
                    for number in 0..<300 {
                        let request = try HTTPRequest(url: server.url("/\(number)"), timeout: patience)
                        let task = Task { try await transport.send(request) }
                        for _ in 0..<(number % 50) { await Task.yield() }
                        task.cancel()
                        if case .failure(let error) = await task.result {
                            try ContractViolation.require(
                                (error as? TransportError)?.code == .canceled, "canceled, but got \(error)")
                        }
                    }
                }
            }
        },
        Check(
            "a redirect whose time ends as it arrives does no harm", because: "a server can be as slow as the deadline"
        ) { transport in
            try await besideNeighbor(transport) { _ in
                try await withServer({ _ in .redirect(to: "/next") }) { server in
                    for number in 0..<200 {
                        let request = try HTTPRequest(
                            url: server.url("/\(number)"), timeout: .microseconds(1000 + number % 20 * 100))
                        do {
                            let response = try await transport.send(request)
                            try ContractViolation.require(response.status == 302, "302 became \(response.status)")
                        } catch let error as TransportError {
                            try ContractViolation.require(error.code == .timeout, "expected timeout, got \(error)")
                        }
                    }
                }
            }
        },
        Check(
            "a body on a connection that is being closed arrives once or is reset",
            because: "a server may close a connection that it kept at any moment (RFC 9112 § 9.3.1)"
        ) { transport in
            let answer = LoopbackResponse.Step.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
            try await besideNeighbor(transport) { _ in
                try await withServer({ request in
                    let number = Int(request.path.dropFirst()) ?? 0
                    let pause = Duration.microseconds(number % 10 * 100)
                    return .script([answer] + (number % 3 == 0 ? [.closeOnRequest] : [.pause(pause), .close]))
                }) { server in
                    for number in 0..<90 {
                        let size = number % 4 < 2 ? 5000 : 500_000
                        let request = try HTTPRequest(
                            method: number.isMultiple(of: 2) ? .post : .put, url: server.url("/\(number)"),
                            body: .bytes(Data(count: size)), timeout: patience)
                        do {
                            _ = try await transport.send(request)
                        } catch let error as TransportError {
                            try ContractViolation.require(
                                error.code == .connectionReset, "expected connectionReset, got \(error)")
                        }
                        let count = server.requests.count { $0.path == "/\(number)" }
                        try ContractViolation.require(count <= 1, "one request was received \(count) times")
                    }
                }
            }
        },
    ]

    /// The violation of a check when the requests of another job were not answered in time.
    static let starvation = "no other request was answered meanwhile"

    static func bytes(of text: String, times count: Int) -> [UInt8] {
        Array(String(repeating: text, count: count).utf8)
    }

    /// Requires that a response without end ends with its request's deadline, while other requests are answered.
    private static func outlasting(
        _ name: String, _ head: String, _ rest: LoopbackResponse.Step, _ codes: [TransportError.Code] = [.timeout]
    ) -> Check {
        Check(name, because: "the deadline holds whatever arrives, and other jobs keep their pace") { transport in
            try await besideNeighbor(transport) { asked in
                let steps: [LoopbackResponse.Step] = head.isEmpty ? [rest] : [.write(Array(head.utf8)), rest]
                try await withServer({ _ in .script(steps) }) { server in
                    try await withPace(asked) { timeout in
                        // More at once than there are cores, because one alone may freeze one core only.
                        try await withThrowingTaskGroup(of: Bool.self) { group in
                            for _ in 0..<8 {
                                group.addTask {
                                    try await outlast(
                                        HTTPRequest(url: server.url(), timeout: timeout), codes, transport)
                                }
                            }
                            return try await group.reduce(false) { $0 || $1 }
                        }
                    }
                }
            }
        }
    }

    /// Requires that other requests are answered while requests wait for their deadline.
    ///
    /// A machine that is busy with other tests gets more tries, each with more time.
    ///
    /// - Parameter body: Returns whether a request waited as long as it was given.
    private static func withPace(_ asked: () -> Int, _ body: (Duration) async throws -> Bool) async throws {
        for timeout in [Duration.milliseconds(700), .seconds(3), .seconds(45)] {
            let before = asked()
            let hasWaited = try await body(timeout)
            if asked() > before || !hasWaited { return }
        }
        throw ContractViolation(starvation)
    }

    /// Returns whether a request failed with its deadline.
    private static func outlast(
        _ request: HTTPRequest, _ codes: [TransportError.Code], _ transport: any HTTPTransport
    ) async throws -> Bool {
        do {
            let response = try await transport.send(request)
            try ContractViolation.require(
                response.bodyIsTruncated || response.status == 302, "an endless response was called complete")
            return false
        } catch let error as TransportError {
            try ContractViolation.require(codes.contains(error.code), "expected one of \(codes), got \(error)")
            return error.code == .timeout
        }
    }

    /// Requires that every one of some responses comes back, each on a connection that the server closes.
    private static func harmless(
        _ name: String, because reason: String, _ answers: [String],
        _ judge: @escaping @Sendable (HTTPResponse) throws -> Void
    ) -> Check {
        Check(name, because: reason) { transport in
            try await besideNeighbor(transport) { _ in
                try await withServer({ .raw(answers[Int($0.path.dropFirst()) ?? 0]) }) { server in
                    for number in answers.indices {
                        let response = try await transport.send(
                            HTTPRequest(url: server.url("/\(number)"), timeout: patience))
                        try judge(response)
                    }
                }
            }
        }
    }
}
