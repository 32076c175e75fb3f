import Foundation
import RotaHTTP

extension TransportContract {
    /// Every server failure ends in the right kind of error within the deadline.
    static let failures: [Check] = [
        failing("silence is a timeout", .silence, [.timeout]),
        failing("a header without an end is a timeout", .dribblingHeader(every: .milliseconds(10)), [.timeout]),
        failing("silence in the header is a timeout", .partialHeader(then: .silence), [.timeout]),
        failing("silence in the body is a timeout", .partialBody(then: .silence), [.timeout]),
        failing("silence between chunks is a timeout", .partialChunks(then: .silence), [.timeout]),
        failing("a reset is a reset", .reset, [.connectionReset]),
        failing("hanging up is a reset", .hangUp, [.connectionReset]),
        failing("a reset in the header is a reset", .partialHeader(then: .reset), [.connectionReset]),
        failing(
            "a header that breaks off is a cut connection", .partialHeader(then: .close),
            [.connectionReset, .badResponse]),
        failing("a reset in the body is a reset", .partialBody(then: .reset), [.connectionReset]),
        failing("a body that breaks off is a reset", .partialBody(then: .close), [.connectionReset]),
        failing("a reset between chunks is a reset", .partialChunks(then: .reset), [.connectionReset]),
        failing("chunks that break off are a reset", .partialChunks(then: .close), [.connectionReset]),
        failing("what is not HTTP is a bad response", .raw("this is not HTTP\r\n\r\n"), [.badResponse]),
        failing(
            "a body that cannot be unpacked is a bad response",
            .status(200, headers: ["Content-Encoding": "gzip"], text: "this is not gzip"), [.badResponse]),
        Check("a closed port is a refused connection", because: "nothing was sent, so a retry repeats nothing") {
            transport in
            guard let url = URL(string: try LoopbackServer.refusingAddress()) else { return }
            try await requireFailure(
                [.connectionRefused], HTTPRequest(url: url, timeout: TransportContract.patience), transport)
        },
        Check("a connection reset on arrival is an error of the connection", because: "a retry may help") { transport in
            try await withServer({ _ in .status(200) }) { server in
                server.resetNewConnections()
                try await requireFailure(
                    [.connectionReset, .connectionFailed, .connectionRefused],
                    HTTPRequest(url: server.url(), timeout: TransportContract.patience), transport
                )
            }
        },
        Check("a name that does not exist is a DNS error", because: "nothing was sent, so a retry repeats nothing") {
            transport in
            guard let url = URL(string: "http://no-such-host.invalid/") else { return }
            // A transport with an address policy may refuse the name without resolving it.
            try await requireFailure(
                [.dns, .forbiddenAddress], HTTPRequest(url: url, timeout: TransportContract.patience), transport)
        },
        Check(
            "after a failure the next request succeeds",
            because: "a failed exchange must not spoil the connection for others"
        ) { transport in
            try await withServer({ $0.path == "/bad" ? .partialBody(then: .reset) : .status(200) }) { server in
                for _ in 0..<5 {
                    try await requireFailure(
                        [.connectionReset], HTTPRequest(url: server.url("/bad"), timeout: TransportContract.patience),
                        transport)
                    let response = try await transport.send(
                        HTTPRequest(url: server.url("/good"), timeout: TransportContract.patience))
                    try ContractViolation.require(response.status == 200, "got \(response.status)")
                }
            }
        },
    ]

    private static func failing(
        _ name: String, _ answer: LoopbackResponse, _ codes: [TransportError.Code]
    ) -> Check {
        let reason =
            codes == [.timeout]
            ? "the deadline is that of the whole exchange" : "the retry policy decides by the kind of the failure"
        return Check(name, because: reason) { transport in
            try await withServer({ _ in answer }) { server in
                // Only requests that must time out get a short timeout. The others may take what a busy machine needs.
                let timeout: Duration = codes == [.timeout] ? .milliseconds(150) : TransportContract.patience
                let request = try HTTPRequest(url: server.url(), timeout: timeout)
                _ = try await requireFailure(codes, request, transport)
            }
        }
    }
}

extension TransportContract {
    /// No request hangs, and no response grows without bound.
    static let limits: [Check] = [
        Check("a huge body is cut or refused", because: "a server must not fill the memory") { transport in
            try await requireBounded(.large(100_000_000), transport)
        },
        Check("a huge body without a length is cut or refused", because: "a server must not fill the memory") {
            transport in
            try await requireBounded(.large(100_000_000, isAnnounced: false), transport)
        },
        Check(
            "a small body that unpacks to a huge one is cut or refused",
            because: "the limit counts bytes after decompression"
        ) { transport in
            try await requireBounded(.gzipBomb(12_000_000), transport)
        },
        Check("canceling ends a request that waits", because: "a canceled execution must free its worker") {
            transport in
            let (arrivals, arrival) = AsyncStream<Void>.makeStream()
            try await withServer({ _ in
                arrival.yield()
                return .silence
            }) { server in
                for _ in 0..<20 {
                    let request = try HTTPRequest(url: server.url(), timeout: TransportContract.patience)
                    let task = Task { try await transport.send(request) }
                    for await _ in arrivals { break }
                    task.cancel()
                    try await requireCanceled(task)
                }
            }
        },
        Check("canceling ends a request that receives", because: "a canceled execution must free its worker") {
            transport in
            try await withServer({ _ in .slow(Array(repeating: "x", count: 10_000), every: .milliseconds(1)) }) {
                server in
                for _ in 0..<5 {
                    let request = try HTTPRequest(url: server.url(), timeout: TransportContract.patience)
                    let task = Task { try await transport.send(request) }
                    task.cancel()
                    try await requireCanceled(task)
                }
            }
        },
        Check(
            "a request of a canceled task is canceled, not sent",
            because: "what is canceled in time must have no effect"
        ) { transport in
            try await withServer({ _ in .status(200) }) { server in
                let request = try HTTPRequest(url: server.url(), timeout: TransportContract.patience)
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await transport.send(request)
                }
                try await requireCanceled(task)
            }
        },
        Check("canceling at any moment does no harm", because: "an execution can be canceled at any moment") {
            transport in
            try await withServer({ _ in .status(200, text: "ok") }) { server in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        let request = try HTTPRequest(
                            method: .post, url: server.url(), body: .text("hello"), timeout: TransportContract.patience)
                        group.addTask {
                            let task = Task { try await transport.send(request) }
                            for _ in 0..<(number % 7) { await Task.yield() }
                            task.cancel()
                            if case .failure(let error) = await task.result {
                                let code = (error as? TransportError)?.code
                                try ContractViolation.require(code == .canceled, "canceled, but got \(error)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let response = try await transport.send(
                    HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                try ContractViolation.require(response.status == 200, "got \(response.status)")
            }
        },
    ]

    /// Requires that at most 8 MB of a larger body come back.
    private static func requireBounded(_ answer: LoopbackResponse, _ transport: any HTTPTransport) async throws {
        try await withServer({ _ in answer }) { server in
            do {
                let response = try await transport.send(
                    HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                try ContractViolation.require(response.bodyIsTruncated, "a cut body was not called truncated")
                try ContractViolation.require(
                    response.body.count <= 8_388_608, "\(response.body.count) bytes came back")
            } catch let error as TransportError {
                try ContractViolation.require(error.code == .tooLarge, "expected tooLarge, got \(error)")
            }
        }
    }

    private static func requireCanceled(_ task: Task<HTTPResponse, any Error>) async throws {
        switch await task.result {
        case .success(let response): throw ContractViolation("canceled, but got status \(response.status)")
        case .failure(let error):
            let code = (error as? TransportError)?.code
            try ContractViolation.require(code == .canceled, "expected canceled, got \(error)")
        }
    }
}
