import Foundation
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Synchronization
import Testing

@Suite("URLSessionTransport")
struct URLSessionTransportTests {
    /// Runs a body with an unrestricted transport, and checks that it leaves nothing behind.
    private func with<T>(
        redirects: RedirectPolicy = .never, limit: ResponseLimit = .default,
        _ handler: @escaping @Sendable (LoopbackRequest) async -> LoopbackResponse,
        _ body: (URLSessionTransport, LoopbackServer) async throws -> T
    ) async throws -> T {
        let server = try await LoopbackServer(handler)
        let transport = URLSessionTransport(addressPolicy: .unrestricted, redirects: redirects, responseLimit: limit)
        let result: Result<T, any Error>
        do { result = .success(try await body(transport, server)) } catch { result = .failure(error) }
        await transport.close()
        await server.stop()
        return try result.get()
    }

    private func code(_ body: () async throws -> HTTPResponse) async -> TransportError.Code? {
        do {
            _ = try await body()
            return nil
        } catch { return (error as? TransportError)?.code }
    }

    @Test("A request arrives as created, and its response comes back with timings", .rows("T-1", "T-85", "T-86"))
    func roundTrip() async throws {
        try await with({ .status(201, headers: ["X-Answer": "yes"], text: "got \($0.text)") }) { transport, server in
            let request = try HTTPRequest(
                method: .post, url: server.url("/path?query=1"), body: .text("a body"), timeout: patience)
            let response = try await transport.send(request)
            #expect(response.status == 201)
            #expect(response.body == Data("got a body".utf8))
            #expect(server.requests.first?.headers["Content-Type"] == "text/plain; charset=utf-8")
            let total = try #require(response.timings.total)
            #expect(total > .zero && response.timings.dispatch == total)
        }
    }

    @Test("Loopback is refused by default, before anything is sent", .rows("T-31"))
    func refusedByDefault() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let transport = URLSessionTransport()
        for url in [
            server.url(), URL(string: "http://localhost:\(server.port)/"), URL(string: "http://0x7f.1:\(server.port)/"),
        ] {
            let request = try HTTPRequest(url: #require(url), timeout: patience)
            #expect(await code { try await transport.send(request) } == .forbiddenAddress)
        }
        #expect(server.connectionCount == 0)
        await transport.close()
        await server.stop()
    }

    @Test("A body is cut at exactly the limit, or refused", arguments: [0, 1, 999, 1000, 1001])
    func limits(_ size: Int) async throws {
        try await with(limit: .truncating(at: 1000), { _ in .large(size) }) { transport, server in
            let response = try await transport.send(HTTPRequest(url: server.url(), timeout: patience))
            #expect(response.body.count == min(size, 1000))
            #expect(response.bodyIsTruncated == (size > 1000))
        }
        try await with(limit: .refusing(over: 1000), { _ in .large(size) }) { transport, server in
            let request = try HTTPRequest(url: server.url(), timeout: patience)
            #expect(await code { try await transport.send(request) } == (size > 1000 ? .tooLarge : nil))
        }
    }

    @Test("Bytes are counted after decompression")
    func bomb() async throws {
        try await with(limit: .refusing(over: 100_000), { _ in .gzipBomb(1_000_000) }) { transport, server in
            let request = try HTTPRequest(url: server.url(), timeout: patience)
            #expect(await code { try await transport.send(request) } == .tooLarge)
        }
    }

    @Test("Redirects are not followed unless asked", arguments: [301, 302, 303, 307, 308])
    func notFollowed(_ status: Int) async throws {
        try await with({ _ in .redirect(to: "/elsewhere", status: status) }) { transport, server in
            let response = try await transport.send(HTTPRequest(url: server.url(), timeout: patience))
            #expect(response.status == status && response.headers["Location"] == "/elsewhere")
            #expect(server.requests.count == 1)
        }
    }

    @Test(
        "A redirect keeps or changes the method as RFC 9110 requires",
        arguments: [
            (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (303, "PUT", "GET"),
            (303, "HEAD", "HEAD"), (301, "PUT", "PUT"),
            (307, "POST", "POST"), (308, "PATCH", "PATCH"), (302, "DELETE", "DELETE"), (302, "GET", "GET"),
        ])
    func methods(_ status: Int, _ method: String, _ expected: String) async throws {
        let handler: @Sendable (LoopbackRequest) async -> LoopbackResponse = {
            $0.path == "/a/start" ? .redirect(to: "end?x=1", status: status) : .status(200, text: "there")
        }
        try await with(redirects: .following(), handler) { transport, server in
            let method = try HTTPMethod(method)
            let request = try HTTPRequest(
                method: method, url: server.url("/a/start?y=2"), headers: ["X-Keep": "1"],
                body: method.allowsBody ? .text("body") : .none, timeout: patience)
            #expect(try await transport.send(request).status == 200)
            let arrived = try #require(server.requests.last)
            #expect(arrived.method == expected && arrived.target == "/a/end?x=1" && arrived.headers["X-Keep"] == "1")
            let keepsBody = method.allowsBody && expected != "GET"
            #expect(arrived.text == (keepsBody ? "body" : ""))
            #expect(arrived.headers.contains("Content-Type") == keepsBody)
        }
    }

    @Test(
        "Chains end at their limit, loops end at once, and invalid targets are errors",
        arguments: [
            ("/chain/9", TransportError.Code.redirect), ("/chain/3", nil), ("/loop", .redirect),
            ("/nowhere", .redirect), ("/ftp", .redirect),
            ("/credentials", .redirect), ("/none", nil),
        ] as [(String, TransportError.Code?)])
    func chains(_ path: String, _ expected: TransportError.Code?) async throws {
        let handler: @Sendable (LoopbackRequest) async -> LoopbackResponse = { request in
            switch request.path {
            case "/loop": .redirect(to: "/loop")
            case "/nowhere": .redirect(to: "http://[::1")
            case "/ftp": .redirect(to: "ftp://127.0.0.1/")
            case "/credentials": .redirect(to: "http://user:pw@127.0.0.1/")
            case "/none": .status(302)
            default:
                switch Int(request.path.dropFirst(7)) ?? 0 {
                case 0: .status(200)
                case let left: .redirect(to: "/chain/\(left - 1)")
                }
            }
        }
        try await with(redirects: .following(upTo: 5), handler) { transport, server in
            let request = try HTTPRequest(url: server.url(path), timeout: patience)
            #expect(await code { try await transport.send(request) } == expected)
            #expect(server.requests.count <= 6)
        }
    }

    @Test("Every hop of a redirect is checked by the policy")
    func checkedHops() async throws {
        let inside = try await LoopbackServer { _ in .status(200) }
        let server = try await LoopbackServer { _ in .redirect(to: inside.address("/")) }
        let policy = AddressPolicy.allowing(hosts: ["127.0.0.1:\(server.port)"])
        let transport = URLSessionTransport(addressPolicy: policy, redirects: .following())
        let request = try HTTPRequest(url: server.url(), timeout: patience)
        #expect(await code { try await transport.send(request) } == .forbiddenAddress)
        #expect(inside.connectionCount == 0 && server.requests.count == 1)
        await transport.close()
        await server.stop()
        await inside.stop()
    }

    /// A resolver that returns only when its task is canceled, and records that it was.
    private final class SilentResolver: HostResolver {
        let wasCanceled = Mutex(false)

        func addresses(of host: String) async throws -> [IPAddress] {
            do { try await Task.sleep(for: .seconds(3600)) } catch { wasCanceled.withLock { $0 = true } }
            throw CancellationError()
        }
    }

    @Test("The deadline and cancellation apply during a lookup")
    func silentResolver() async throws {
        let transport = URLSessionTransport(resolver: SilentResolver())
        let url = try #require(URL(string: "https://example.com/"))
        let quick = try HTTPRequest(url: url, timeout: .milliseconds(50))
        #expect(await code { try await transport.send(quick) } == .timeout)
        let slow = try HTTPRequest(url: url, timeout: .seconds(60))
        let task = Task { try await transport.send(slow) }
        task.cancel()
        #expect(await code { try await task.value } == .canceled)
        await transport.close()
    }

    @Test("A server without TLS is a TLS error", .rows("T-77"))
    func noTLS() async throws {
        try await with({ _ in .status(200) }) { transport, server in
            let request = try HTTPRequest(
                url: #require(URL(string: "https://127.0.0.1:\(server.port)/")), timeout: patience)
            #expect(await code { try await transport.send(request) } == .tls)
        }
    }

    @Test("Closing waits for exchanges in progress and refuses new ones")
    func closing() async throws {
        let (arrivals, arrival) = AsyncStream<Void>.makeStream()
        let (releases, release) = AsyncStream<Void>.makeStream()
        let server = try await LoopbackServer { request in
            arrival.yield()
            for await _ in releases { break }
            return .status(200, text: "done")
        }
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        let request = try HTTPRequest(url: server.url(), timeout: patience)
        let underWay = Task { try await transport.send(request) }
        for await _ in arrivals { break }
        let closing = Task { await transport.close() }
        release.yield()
        #expect(try await underWay.value.status == 200)
        await closing.value
        #expect(await code { try await transport.send(request) } == .closed)
        await transport.close()
        await server.stop()
    }

    @Test("Closing closes the connections at once, although the transport is still held")
    func closingConnections() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        _ = try await transport.send(HTTPRequest(url: server.url(), timeout: patience))
        #expect(server.openConnectionCount == 1)
        await transport.close()
        let limit = ContinuousClock.now + patience
        while server.openConnectionCount > 0, ContinuousClock.now < limit { await Task.yield() }
        #expect(server.openConnectionCount == 0)
        #expect(await code { try await transport.send(HTTPRequest(url: server.url())) } == .closed)
        await server.stop()
    }

    @Test("A redirect whose target is followed by blanks is followed")
    func blanksAfterTarget() async throws {
        let handler: @Sendable (LoopbackRequest) async -> LoopbackResponse = {
            $0.path == "/" ? .redirect(to: "/next \t ") : .status(200, headers: ["X-Kept": "a b \t"])
        }
        try await with(redirects: .following(), handler) { transport, server in
            let response = try await transport.send(HTTPRequest(url: server.url(), timeout: patience))
            #expect(server.requests.last?.target == "/next")
            #expect(response.status == 200 && response.headers["X-Kept"] == "a b")
        }
    }

    private func error(_ body: () async throws -> HTTPResponse) async -> TransportError? {
        do {
            _ = try await body()
            return nil
        } catch { return error as? TransportError }
    }

    @Test("A failure after the header keeps the response's status and fields")
    func afterTheHeader() async throws {
        let gzip: HTTPHeaders = ["Content-Encoding": "gzip", "Retry-After": "7"]
        let cases: [(String, LoopbackResponse, [TransportError.Code], Int)] = [
            ("/undecodable", .status(503, headers: gzip, text: "not gzip"), [.badResponse], 503),
            ("/large", .large(5000), [.tooLarge], 200),
            ("/cut", .partialBody(then: .close), [.connectionReset], 200),
            ("/late", .partialBody(then: .silence), [.timeout], 200),
        ]
        let answers = Dictionary(uniqueKeysWithValues: cases.map { ($0.0, $0.1) })
        try await with(limit: .refusing(over: 1000), { answers[$0.path] ?? .status(404) }) { transport, server in
            for (path, _, codes, status) in cases {
                // Beside busy tests, the header itself may come too late. Then it gets more time.
                var last: TransportError?
                for timeout in path == "/late" ? [Duration.milliseconds(500), .seconds(5), .seconds(45)] : [patience] {
                    let request = try HTTPRequest(url: server.url(path), timeout: timeout)
                    last = await error { try await transport.send(request) }
                    if last?.status != nil { break }
                }
                let failure = try #require(last, "\(path)")
                #expect(codes.contains(failure.code), "\(path)")
                #expect(failure.status == status && failure.mayHaveBeenSent, "\(path)")
                #expect(failure.headers.contains("Retry-After") == (status == 503), "\(path)")
            }
            let silent = try HTTPRequest(url: server.url("/silence"), timeout: patience)
            #expect(try await transport.send(silent).status == 404)
        }
    }

    @Test("A request that never left says so")
    func notSent() async throws {
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        let refusing = try #require(URL(string: LoopbackServer.refusingAddress()))
        let failure = await error { try await transport.send(HTTPRequest(url: refusing, timeout: patience)) }
        #expect(failure?.code == .connectionRefused && failure?.mayHaveBeenSent == false && failure?.status == nil)
        let slow = URLSessionTransport(resolver: SilentResolver())
        let url = try #require(URL(string: "https://example.com/"))
        let late = await error { try await slow.send(HTTPRequest(url: url, timeout: .milliseconds(50))) }
        #expect(late?.code == .timeout && late?.mayHaveBeenSent == false)
        await transport.close()
        await slow.close()
        let closed = await error { try await transport.send(HTTPRequest(url: refusing)) }
        #expect(closed?.code == .closed && closed?.mayHaveBeenSent == false)
    }

    @Test("The failure of a redirect's target does not hide that the first request was sent")
    func sentBeforeRedirect() async throws {
        let refusing = try LoopbackServer.refusingAddress()
        try await with(redirects: .following(), { _ in .redirect(to: refusing, status: 303) }) { transport, server in
            let request = try HTTPRequest(method: .post, url: server.url(), timeout: patience)
            let failure = await error { try await transport.send(request) }
            #expect(failure?.code == .connectionRefused && failure?.mayHaveBeenSent == true)
        }
    }

    @Test("A request that is not repeatable arrives once, although a kept connection is closed under it")
    func unrepeatable() async throws {
        let handler: @Sendable (LoopbackRequest) async -> LoopbackResponse = {
            $0.path == "/hang-up" ? .hangUp : .status(200)
        }
        try await with(handler) { transport, server in
            for isRepeatable in [true, false] {
                _ = try await transport.send(HTTPRequest(url: server.url("/keep"), timeout: patience))
                let before = server.requests.count
                var request = try HTTPRequest(url: server.url("/hang-up"), timeout: patience)
                request.isRepeatable = isRepeatable
                let failure = await error { try await transport.send(request) }
                #expect(failure?.code == .connectionReset && failure?.mayHaveBeenSent == true)
                // URLSession sends it twice on a kept connection, which is what the flag is for.
                #expect(server.requests.count - before == (isRepeatable ? 2 : 1))
            }
            // It does not use a kept connection, and leaves none behind.
            let connections = server.connectionCount
            var request = try HTTPRequest(url: server.url("/keep"), timeout: patience)
            request.isRepeatable = false
            for _ in 0..<3 { #expect(try await transport.send(request).status == 200) }
            #expect(server.connectionCount == connections + 3)
            let limit = ContinuousClock.now + patience
            while server.openConnectionCount > 1, ContinuousClock.now < limit { await Task.yield() }
            #expect(server.openConnectionCount <= 1)
            let copy = try request.setting(.init("X-A", "1"))
            #expect(!copy.isRepeatable)
        }
    }

    @Test("Header fields of one name all arrive", .rows("K-11"))
    func repeatedHeaders() async throws {
        try await with({ _ in .status(200) }) { transport, server in
            _ = try await transport.send(
                HTTPRequest(url: server.url(), headers: ["X-A": "1", "x-a": "2", "X-Empty": ""], timeout: patience))
            let headers = try #require(server.requests.first?.headers)
            #expect(headers.values("x-a").joined(separator: ",") == "1,2")
        }
    }
}
