import Foundation
import Testing

@testable import RotaServer

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Server connection")
struct ServerConnectionTests {
    /// Two ends of a connection, neither of which blocks.
    private static func pair() throws -> (server: Int32, client: Int32) {
        var ends: [Int32] = [-1, -1]
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
        return (ends[0], ends[1])
    }

    /// Takes what has come, up to a number of bytes.
    private static func take(_ count: Int, from descriptor: Int32) -> Int {
        var buffer = [UInt8](repeating: 0, count: count)
        return max(0, read(descriptor, &buffer, count))
    }

    @Test("A client that accepts a little from time to time gets no longer than the slowest rate allows")
    func trickle() throws {
        let (server, client) = try Self.pair()
        defer { for end in [server, client] { close(end) } }
        var now = ContinuousClock.now
        let limits = ServerLimits()
        var connection = ServerConnection(
            descriptor: server, limits: limits, refusing: { $0.response }, now: now)
        let request = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let sent = write(client, request, request.count)
        #expect(sent == request.count)
        let isThere = connection.receive()
        #expect(isThere)
        guard case .handle = connection.advance(now: now) else {
            Issue.record("The request was not read.")
            return
        }
        let size = 16 << 20
        connection.answer(ServerResponse(status: 200, body: Data(repeating: 1, count: size)), closes: false)
        var taken = 0
        var isClosed = false
        // Half of what the slowest rate demands.
        for _ in 0..<1_000 where !isClosed {
            if case .close = connection.advance(now: now) { isClosed = true }
            now += .seconds(20)
            taken += Self.take(limits.slowestRate * 10, from: client)
        }
        #expect(isClosed)
        #expect(taken < size)
    }

    @Test("A connection whose next request has arrived, but was not read, does not make room for another")
    func arrived() throws {
        let request = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        var connections: [Int: ServerConnection] = [:]
        var clients: [Int32] = []
        defer { for end in clients + connections.values.map(\.descriptor) { close(end) } }
        let start = ContinuousClock.now
        for number in 1...2 {
            let (server, client) = try Self.pair()
            clients.append(client)
            let now = start + .seconds(number)
            var connection = ServerConnection(
                descriptor: server, limits: ServerLimits(), refusing: { $0.response }, now: now)
            let sent = write(client, request, request.count)
            let isThere = connection.receive()
            #expect(sent == request.count && isThere)
            _ = connection.advance(now: now)
            connection.answer(ServerResponse(status: 200), closes: false)
            _ = connection.advance(now: now)
            connections[number] = connection
        }
        #expect(ServerLoop.longestIdle(connections) == 1)
        for (number, other) in [(0, 2), (1, nil)] as [(Int, Int?)] {
            let sent = write(clients[number], request, request.count)
            #expect(sent == request.count)
            #expect(ServerLoop.longestIdle(connections) == other)
        }
    }
}
