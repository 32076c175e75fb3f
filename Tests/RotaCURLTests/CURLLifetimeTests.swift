import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@testable import RotaCURL
@testable import RotaTesting

/// What begins, ends and is given up at any moment.
@Suite("CURLTransport: lifetimes", .serialized, .timeLimit(.minutes(10)))
struct CURLLifetimeTests {
    private func request(_ server: LoopbackServer, _ path: String = "/") throws -> HTTPRequest {
        try HTTPRequest(url: server.url(path), timeout: .seconds(500))
    }

    @Test("Ten thousand requests at once all come back, each with its own answer")
    func manyAtOnce() async throws {
        let server = try await LoopbackServer(recording: false) { .status(200, text: $0.path) }
        let transport = CURLTransport(addressPolicy: .unrestricted)
        let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    let response = try await transport.send(request(server, "/\(number)"))
                    return response.body == Data("/\(number)".utf8)
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(answered == 10_000)
        #expect(server.connectionCount <= 64)
        #expect(transport.underWay == 0)
        await transport.close()
        await server.stop()
    }

    @Test("A task that was canceled before it sends, sends nothing")
    func canceledBefore() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let transport = CURLTransport(addressPolicy: .unrestricted)
        let next = try request(server)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await transport.send(next)
        }
        task.cancel()
        do {
            _ = try await task.value
            Issue.record("it was sent")
        } catch let error as TransportError {
            #expect(error.code == .canceled)
            #expect(!error.mayHaveBeenSent)
        }
        #expect(server.connectionCount == 0)
        await transport.close()
        await server.stop()
    }

    @Test("A transport that is closed while it sends ends what is in progress, and refuses the rest")
    func closedMeanwhile() async throws {
        let server = try await LoopbackServer(recording: false) { _ in .status(200) }
        for _ in 0..<20 {
            let transport = CURLTransport(addressPolicy: .unrestricted)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do {
                            let response = try await transport.send(request(server))
                            #expect(response.status == 200)
                        } catch {
                            #expect((error as? TransportError)?.code == .closed, "\(error)")
                            #expect((error as? TransportError)?.mayHaveBeenSent == false)
                        }
                    }
                    if number == 50 { group.addTask { await transport.close() } }
                }
            }
            #expect(transport.underWay == 0)
        }
        await server.stop()
    }

    @Test("After an unused transport was closed, nothing is queued and nothing is looked up")
    func closedUnused() async throws {
        let loop = CURLLoop(HandleSettings(CURLTransport.Configuration()))
        await loop.close()
        #expect(loop.queued == 0)
        let url = try #require(URL(string: "http://api.example.com/"))
        let reply = try await loop.carryOut(
            HTTPRequest(url: url), limit: .default, deadline: .now + .seconds(300), route: nil
        ) {
            Issue.record("the name was looked up")
            return .success(Route())
        }
        guard case .closed = reply.ending else {
            Issue.record("it was sent")
            return
        }
        loop.cancel(Ticket())
        #expect(loop.queued == 0)
    }

    /// The threads and descriptors of this process that transports make.
    private static func inUse() -> (threads: Int, descriptors: Int) {
        let manager = FileManager.default
        let threads = (try? manager.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        let own = threads.filter {
            (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == "rota.curl\n"
        }
        return (own.count, ((try? manager.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count)
    }

    @Test("A thousand transports that are released without being closed leave no thread and no connection behind")
    func released() async throws {
        let server = try await LoopbackServer(recording: false) { _ in .status(200) }
        for number in 1...1000 {
            _ = try await CURLTransport(addressPolicy: .unrestricted).send(request(server))
            // With more than a thousand descriptors open, Foundation's Process of another test reads beyond its list of
            // them (swift-corelibs-foundation, Swift 6.3), and may end this process.
            while number.isMultiple(of: 50), Self.inUse().threads > 50 { await Task.yield() }
        }
        // Their threads end a moment after them. Other tests have transports of their own meanwhile.
        while Self.inUse().threads > 100 || server.openConnectionCount > 0 { await Task.yield() }
        #expect(Self.inUse().descriptors < 1000)
        await server.stop()
    }
}
