import Foundation
import RotaHTTP
import RotaServer
import Synchronization
import Testing

@Suite("HTTP server")
struct HTTPServerTests {
    /// A server that answers with the method, the path and the body.
    static func echo(_ change: (inout ServerLimits) -> Void = { _ in }) throws -> HTTPServer {
        var limits = ServerLimits()
        change(&limits)
        return try HTTPServer(on: .loopback, limits: limits) { request in
            ServerResponse(
                status: 200, headers: ["Content-Type": "text/plain"],
                body: Data("\(request.method) \(request.target) ".utf8) + request.body)
        }
    }

    private static func talk(_ server: HTTPServer, _ body: @escaping @Sendable (RawClient) -> String) async throws
        -> String
    {
        let address = server.address
        return try await blocking { body(try RawClient(address)) }
    }

    @Test("A thousand requests in one write are answered in order on one connection")
    func pipelining() async throws {
        let server = try Self.echo()
        let text = try await Self.talk(server) { client in
            let requests = (0..<1_000).map { number in
                number == 999
                    ? "GET /\(number) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                    : "POST /\(number) HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
            }
            client.send(requests.joined())
            return client.rest()
        }
        let paths = text.matches(of: #/(?:POST|GET) \/(\d+) /#).compactMap { Int($0.1) }
        #expect(paths == Array(0..<1_000))
        #expect(text.components(separatedBy: "HTTP/1.1 200 OK\r\n").count == 1_001)
        #expect(text.components(separatedBy: "Connection: close").count == 2)
        await server.stop()
    }

    @Test("A client that has sent all and says so still gets its answers")
    func halfClosed() async throws {
        let server = try Self.echo()
        let text = try await Self.talk(server) { client in
            client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HTT")
            client.end()
            return client.rest()
        }
        #expect(text.contains("GET /a ") && text.contains("GET /b ") && !text.contains("GET /c"))
        await server.stop()
    }

    @Test("A head or a body that does not come is refused with 408, and silence is not answered")
    func slow() async throws {
        let server = try Self.echo {
            ($0.headTime, $0.bodyTime, $0.idleTime) = (.milliseconds(50), .milliseconds(50), .milliseconds(50))
        }
        #expect(try await Self.talk(server) { $0.rest() } == "")
        let head = try await Self.talk(server) { client in
            client.send("GET / HTTP/1.1\r\nHo")
            return client.rest()
        }
        #expect(head.hasPrefix("HTTP/1.1 408 "))
        let body = try await Self.talk(server) { client in
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
            return client.rest()
        }
        #expect(body.hasPrefix("HTTP/1.1 408 "))
        // An idle connection ends without a word after the answer.
        let idle = try await Self.talk(server) { client in
            client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            return client.rest()
        }
        #expect(idle.hasPrefix("HTTP/1.1 200 ") && idle.hasSuffix("GET /a "))
        await server.stop()
    }

    @Test("Empty lines in pieces do not move the deadline of the head")
    func emptyLines() async throws {
        let server = try Self.echo { ($0.headTime, $0.idleTime) = (.milliseconds(100), .milliseconds(100)) }
        let text = try await Self.talk(server) { client in
            var count = 0
            while count < 3_000_000, client.isOpen, !client.hasAnswer {
                client.send(count.isMultiple(of: 2) ? "\r" : "\n")
                count += 1
            }
            return count == 3_000_000 ? "too late" : "closed"
        }
        #expect(text == "closed")
        await server.stop()
    }

    @Test("A client that sends byte by byte does not move the deadline of the head")
    func trickle() async throws {
        let server = try Self.echo { ($0.headTime, $0.head) = (.milliseconds(100), 1 << 30) }
        let text = try await Self.talk(server) { client in
            client.send("GET / HTTP/1.1\r\nX: ")
            var count = 0
            while count < 3_000_000, !client.hasAnswer {
                client.send("a")
                count += 1
            }
            return count == 3_000_000 ? "too late" : client.rest()
        }
        #expect(text.hasPrefix("HTTP/1.1 408 "), "\(text.prefix(80))")
        await server.stop()
    }

    @Test("A refusal reaches a client that is still sending", arguments: [200_000, 3_000_000])
    func refusalOfLongBody(_ count: Int) async throws {
        let server = try Self.echo { $0.body = 1_000 }
        let text = try await Self.talk(server) { client in
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\nExpect: 100-continue\r\n\r\n")
            return client.text(until: "\r\n\r\n")
        }
        #expect(text.hasPrefix("HTTP/1.1 413 ") && text.contains("Connection: close"))
        // Clients tell Rota's answers by it, refusals too.
        #expect(text.contains("Rota-API: 1"))
        await server.stop()
    }

    @Test("Permission to send a body is given, and garbage is refused")
    func continuation() async throws {
        let server = try Self.echo()
        let text = try await Self.talk(server) { client in
            client.send("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            let permission = client.text(until: "\r\n\r\n")
            client.send("ab")
            client.end()
            return permission + client.rest()
        }
        #expect(text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n") && text.hasSuffix("POST /p ab"))
        let garbage = try await Self.talk(server) { client in
            client.send([0x16, 3, 1, 2, 0, 1, 0, 1] + [UInt8](repeating: 7, count: 500))
            return client.rest()
        }
        #expect(garbage.hasPrefix("HTTP/1.1 400 "))
        await server.stop()
    }

    @Test("HEAD, 204 and line breaks in header values do not disturb the framing")
    func framing() async throws {
        let server = try HTTPServer(on: .loopback) { request in
            request.target == "/none"
                ? ServerResponse(status: 204)
                : ServerResponse(
                    status: 200, headers: ["X-A": "a\r\nX-B: b", "Content-Length": "999"], body: Data("body".utf8))
        }
        let text = try await Self.talk(server) { client in
            client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.0\r\n\r\n")
            return client.rest()
        }
        let answers = text.components(separatedBy: "HTTP/1.1 ").dropFirst()
        #expect(answers.map { String($0.prefix(3)) } == ["200", "204", "200"])
        #expect(text.components(separatedBy: "Content-Length: 4\r\n").count == 3)
        #expect(!text.contains("999") && !text.contains("\r\nX-B") && text.hasSuffix("\r\n\r\nbody"))
        await server.stop()
    }

    @Test("The answer to a HEAD tells the length that its handler says, and has no body")
    func head() async throws {
        let server = try HTTPServer(on: .loopback) { _ in
            ServerResponse(status: 200, headers: ["Content-Length": "1234"])
        }
        let text = try await Self.talk(server) { client in
            client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return client.rest()
        }
        let lengths = text.matches(of: #/Content-Length: (\d+)/#).map { String($0.1) }
        #expect(lengths == ["1234", "0"])
        await server.stop()
    }

    @Test("No more connections are served at once than allowed, and the others get their turn")
    func connectionLimit() async throws {
        let server = try Self.echo { $0.connections = 2 }
        let address = server.address
        let statuses = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await blocking {
                        let client = try RawClient(address)
                        client.send("GET /\(number) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        return String(client.rest().prefix(12))
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: "HTTP/1.1 200", count: 20))
        await server.stop()
    }

    @Test("A connection that waits for its next request makes room for a new one, the longest first")
    func makingRoom() async throws {
        // A busy machine may take long between two requests.
        let server = try Self.echo {
            ($0.connections, $0.idleTime, $0.headTime) = (2, .seconds(6000), .seconds(6000))
        }
        let address = server.address
        let (answers, isOpen) = try await blocking {
            let clients = try (0..<2).map { _ in try RawClient(address) }
            var answers: [String] = []
            for (number, client) in clients.enumerated() {
                client.send("GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
                answers.append(client.text(until: "GET /\(number) "))
            }
            let third = try RawClient(address)
            third.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
            answers.append(third.text(until: "GET /2 "))
            return (answers, clients.map(\.isOpen))
        }
        #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 200") })
        #expect(isOpen == [false, true])
        await server.stop()
    }

    @Test("Stopping answers what has been asked, cancels what only waits, and closes the rest")
    func stopping() async throws {
        let (started, signal) = AsyncStream<String>.makeStream()
        let gate = AsyncStream<Void>.makeStream()
        let wasCanceled = Atomic(false)
        let server = try HTTPServer(on: .loopback) { request in
            signal.yield(request.method)
            if request.method == "POST" {
                for await _ in gate.stream { break }
            } else {
                for await _ in AsyncStream<Void>.makeStream().stream {}
                wasCanceled.store(Task.isCancelled, ordering: .relaxed)
                // So the other request is answered while the server stops.
                gate.continuation.yield()
            }
            return ServerResponse(status: 200)
        }
        async let posted = Self.talk(server) { client in
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            return client.rest()
        }
        async let waited = Self.talk(server) { client in
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return client.rest()
        }
        async let idle = Self.talk(server) { $0.rest() }
        var seen: Set<String> = []
        for await method in started {
            seen.insert(method)
            if seen.count == 2 { break }
        }
        async let stopped: Void = server.stop(grace: .seconds(60))
        let (post, get, nothing) = try await (posted, waited, idle)
        await stopped
        #expect(post.hasPrefix("HTTP/1.1 200 ") && post.contains("Connection: close"))
        #expect(get.hasPrefix("HTTP/1.1 200 ") && wasCanceled.load(ordering: .relaxed))
        #expect(nothing == "")
        await #expect(throws: (any Error).self) { try await Self.talk(server) { $0.rest() } }
    }

    @Test("A client that leaves ends the work on its request", arguments: [false, true])
    func leaving(_ resets: Bool) async throws {
        let (started, signal) = AsyncStream<Void>.makeStream()
        let (ended, ends) = AsyncStream<Bool>.makeStream()
        var limits = ServerLimits()
        limits.leaveTime = .milliseconds(10)
        let server = try HTTPServer(on: .loopback, limits: limits) { _ in
            signal.yield()
            for await _ in AsyncStream<Void>.makeStream().stream {}
            ends.yield(Task.isCancelled)
            return ServerResponse(status: 200)
        }
        let address = server.address
        var client: RawClient? = try RawClient(address)
        client?.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        for await _ in started { break }
        if resets { client?.reset() }
        client = nil
        var wasCanceled: Bool?
        for await canceled in ended {
            wasCanceled = canceled
            break
        }
        #expect(wasCanceled == true)
        await server.stop()
    }

    @Test("A change continues when its client says that it sends nothing more, and is answered")
    func halfClosedChange() async throws {
        var limits = ServerLimits()
        limits.leaveTime = .zero
        let (waiting, resume) = AsyncStream<Void>.makeStream()
        let server = try HTTPServer(on: .loopback, limits: limits) { request in
            if request.target == "/second" { resume.finish() } else { for await _ in waiting {} }
            return ServerResponse(status: Task.isCancelled ? 500 : 200)
        }
        async let first = Self.talk(server) { client in
            client.send("POST /first HTTP/1.1\r\nHost: x\r\n\r\n")
            client.end()
            return client.rest()
        }
        let second = try await Self.talk(server) { client in
            client.send("POST /second HTTP/1.1\r\nHost: x\r\n\r\n")
            client.end()
            return client.rest()
        }
        #expect(second.hasPrefix("HTTP/1.1 200 "))
        #expect(try await first.hasPrefix("HTTP/1.1 200 "))
        await server.stop()
    }

    @Test("Addresses are read, and only those of this machine are loopback addresses")
    func addresses() throws {
        #expect(SocketAddress("127.0.0.1:8484")?.isLoopback == true)
        #expect(SocketAddress("[::1]:80")?.description == "[::1]:80")
        #expect(SocketAddress("[::1]:80")?.isLoopback == true)
        #expect(SocketAddress(":8484")?.description == "127.0.0.1:8484")
        #expect(SocketAddress("LocalHost:1")?.isLoopback == true)
        #expect(SocketAddress("0.0.0.0:80")?.isLoopback == false)
        #expect(SocketAddress("0.0.0.0:80")?.isAny == true)
        #expect(SocketAddress("[::]:80")?.isAny == true)
        #expect(SocketAddress("192.168.0.1:80")?.isLoopback == false)
        for text in [
            "", "8484", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "::1:80", "example.com:80", "1.2.3:4", "[x]:1",
        ] {
            #expect(SocketAddress(text) == nil, "\(text)")
        }
    }

    @Test("A port that is taken is an error")
    func taken() async throws {
        let server = try Self.echo()
        let address = server.address
        #expect(throws: SocketError(call: "bind", errno: EADDRINUSE)) {
            try HTTPServer(on: address) { _ in .init(status: 200) }
        }
        await server.stop()
        let again = try HTTPServer(on: address) { _ in ServerResponse(status: 200) }
        await again.stop()
    }
}
