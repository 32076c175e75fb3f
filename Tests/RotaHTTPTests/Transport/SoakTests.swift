import Foundation
import RotaTesting
import Testing

@testable import RotaHTTP

/// Many requests and many cancellations.
///
/// `Tests/Scripts/http-soak` runs 100,000 of each in a process of its own.
@Suite("URLSessionTransport: soak", .serialized)
struct SoakTests {
    private static let isAlone = ProcessInfo.processInfo.environment["ROTA_SOAK"] != nil
    private static let count = ProcessInfo.processInfo.environment["ROTA_SOAK"].flatMap { Int($0) } ?? 320

    /// Open descriptors and resident kilobytes, where the system has a `/proc`.
    private func usage() -> (descriptors: Int, kilobytes: Int)? {
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"),
            let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS") })
        else { return nil }
        return (files.count, Int(line.filter(\.isNumber)) ?? 0)
    }

    @Test(
        "Requests and cancellations leave no exchange, descriptor or task behind",
        arguments: [false, true], [true, false])
    func soak(_ cancels: Bool, _ isRepeatable: Bool) async throws {
        let server = try await LoopbackServer(recording: !Self.isAlone) { request in
            request.path == "/silent" ? .silence : .status(200, text: "ok")
        }
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        var request = try HTTPRequest(
            method: isRepeatable ? .get : .post, url: server.url(cancels ? "/silent" : "/"),
            body: isRepeatable ? .none : .text("hello"), timeout: .seconds(60))
        request.isRepeatable = isRepeatable
        // The first hundredth opens connections and fills pools. The rest must not add to it.
        try await send(request, transport, cancels, count: max(32, Self.count / 100))
        let before = usage()
        try await send(request, transport, cancels, count: Self.count)
        // A canceled exchange leaves when its turn on the queue of its origin comes.
        let limit = ContinuousClock.now + patience
        while transport.underWay > 0, ContinuousClock.now < limit { await Task.yield() }
        #expect(transport.underWay == 0)
        let after = usage()
        #expect(transport.pendingDeadlines <= 128)
        if Self.isAlone, let before, let after {
            print(
                "\(Self.count) \(cancels ? "cancellations" : "requests")\(isRepeatable ? "" : " at most once"): descriptors \(before.descriptors) -> \(after.descriptors), resident \(before.kilobytes) -> \(after.kilobytes) kB"
            )
            #expect(after.descriptors <= before.descriptors + 64)
        }
        await transport.close()
        await server.stop()
        #expect(server.openConnectionCount == 0)
    }

    private func send(_ request: HTTPRequest, _ transport: URLSessionTransport, _ cancels: Bool, count: Int)
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<32 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(worker))
                    for _ in 0..<(count / 32) {
                        let task = Task { try await transport.send(request) }
                        if cancels {
                            for _ in 0..<Int.random(in: 0..<20, using: &random) { await Task.yield() }
                            task.cancel()
                        }
                        let code = try await Self.code(task)
                        #expect(code == (cancels ? .canceled : nil))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func code(_ task: Task<HTTPResponse, any Error>) async throws -> TransportError.Code? {
        do {
            _ = try await task.value
            return nil
        } catch let error as TransportError { return error.code }
    }
}
