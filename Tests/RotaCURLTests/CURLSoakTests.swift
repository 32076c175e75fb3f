import Foundation
import RotaCURL
import RotaHTTP
import RotaTestSupport
import Synchronization
import Testing

@testable import RotaTesting

/// Many requests, cancellations, hostile answers and servers that close at random.
///
/// `Tests/Scripts/curl-soak` runs 100,000 of each (10,000 answers) in a process of its own.
@Suite("CURLTransport: soak", .serialized)
struct CURLSoakTests {
    private static let isAlone = ProcessInfo.processInfo.environment["ROTA_SOAK"] != nil
    private static let count = ProcessInfo.processInfo.environment["ROTA_SOAK"].flatMap { Int($0) } ?? 1600

    /// Open descriptors and resident kilobytes, where the system has a `/proc`.
    private static func usage() -> (descriptors: Int, kilobytes: Int)? {
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"),
            let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS") })
        else { return nil }
        return (files.count, Int(line.filter(\.isNumber)) ?? 0)
    }

    /// Runs work on 32 tasks, first a part of it to fill pools, and compares what the process uses before and after.
    private func soak(
        _ title: String, count: Int = count, _ transport: CURLTransport,
        _ work: @escaping @Sendable (inout SeededGenerator) async throws -> Void
    ) async throws {
        func round(_ count: Int, _ seed: UInt64) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<32 {
                    group.addTask {
                        var random = SeededGenerator(seed: seed + UInt64(worker))
                        for _ in 0..<(count / 32) { try await work(&random) }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await round(max(32, count / 10), 1000)
        let before = Self.usage()
        try await round(count, 1)
        let after = Self.usage()
        #expect(transport.underWay == 0)
        guard Self.isAlone, let before, let after else { return }
        print(
            "\(count) \(title): descriptors \(before.descriptors) -> \(after.descriptors), resident \(before.kilobytes) -> \(after.kilobytes) kB"
        )
        #expect(after.descriptors <= before.descriptors + 96)
        #expect(after.kilobytes <= before.kilobytes + 16_384)
    }

    @Test("Requests leave nothing behind")
    func requests() async throws {
        let server = try await LoopbackServer(recording: false) { _ in .status(200, text: "ok") }
        let transport = CURLTransport(addressPolicy: .unrestricted)
        let request = try HTTPRequest(method: .post, url: server.url(), body: .text("hello"), timeout: .seconds(300))
        try await soak("requests", transport) { _ in
            let response = try await transport.send(request)
            #expect(response.body == Data("ok".utf8))
        }
        await transport.close()
        await server.stop()
        #expect(server.openConnectionCount == 0)
    }

    @Test("Cancellations at any moment leave nothing behind")
    func cancellations() async throws {
        let server = try await LoopbackServer(recording: false) { $0.path == "/silent" ? .silence : .status(200) }
        let transport = CURLTransport(addressPolicy: .unrestricted)
        let silent = try HTTPRequest(
            method: .post, url: server.url("/silent"), body: .text("hello"), timeout: .seconds(300))
        let quick = try HTTPRequest(url: server.url("/"), timeout: .seconds(300))
        try await soak("cancellations", transport) { random in
            let isSilent = Bool.random(using: &random)
            let task = Task { try await transport.send(isSilent ? silent : quick) }
            for _ in 0..<Int.random(in: 0..<20, using: &random) { await Task.yield() }
            task.cancel()
            do {
                _ = try await task.value
                #expect(!isSilent)
            } catch let error as TransportError {
                #expect(error.code == .canceled)
            }
        }
        await transport.close()
        await server.stop()
    }

    @Test("Servers that close at random cost a request at most, and never send one twice by themselves")
    func closing() async throws {
        let received = Mutex<[String: Int]>([:])
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
        let server = try await LoopbackServer(recording: false) { request in
            let number = Int(request.path.dropFirst()) ?? 0
            received.withLock { $0[request.path, default: 0] += 1 }
            switch number % 7 {
            case 0: return .hangUp
            case 1: return .reset
            case 2: return .script([.write(answer), .close])
            case 3: return .script([.write(answer), .reset])
            case 4: return .partialBody(then: .reset)
            default: return .status(200, text: "ok")
            }
        }
        let transport = CURLTransport(addressPolicy: .unrestricted)
        let last = Mutex(0)
        try await soak("requests to servers that close at random", transport) { random in
            let number = last.withLock { last in
                last += 1
                return last
            }
            let method = HTTPMethod.allCases.randomElement(using: &random) ?? .get
            let body: HTTPBody = method.allowsBody ? .bytes(Data(count: [0, 10, 100_000][number % 3])) : .none
            let request = try HTTPRequest(
                method: method, url: server.url("/\(number)"), body: body, timeout: .seconds(300))
            do {
                _ = try await transport.send(request)
            } catch let error as TransportError {
                #expect(error.code == .connectionReset, "\(error)")
            }
            let times = received.withLock { $0.removeValue(forKey: "/\(number)") ?? 0 }
            #expect(times <= (method == .post || method == .patch ? 1 : 2), "\(method) was received \(times) times")
        }
        await transport.close()
        await server.stop()
    }

    /// Answers of every kind, which are then damaged.
    private static let answers: [[UInt8]] =
        [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 302 Found\r\nLocation: //[::1]/x\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nto the end",
            "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n",
            "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 3\r\n\r\nno!",
            "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nAlt-Svc: h3=\":443\"\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 0\r\n\r\n",
        ].map { Array($0.utf8) } + [
            Array(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(GzipZeros.bytes(3000).count)\r\n\r\n"
                    .utf8)
                + GzipZeros.bytes(3000)
        ]

    private static func mutation(_ random: inout SeededGenerator) -> Data {
        var bytes = answers.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...6, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 3: bytes.insert(contentsOf: [0x0D, 0x0A], at: place)
            case 4: bytes.removeSubrange(place..<min(bytes.count, place + 8))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 16)], at: place)
            }
        }
        return Data(bytes.prefix(Int.random(in: 1...9, using: &random) == 1 ? bytes.count / 2 : bytes.count))
    }

    @Test("Damaged answers are a response or a typed error, never the end of the process")
    func damaged() async throws {
        let server = try await LoopbackServer(recording: false) { request in
            var random = SeededGenerator(seed: UInt64(request.path.dropFirst()) ?? 0)
            return .raw(Self.mutation(&random))
        }
        let transport = CURLTransport(addressPolicy: .unrestricted, redirects: .following(upTo: 2))
        let codes = Mutex<Set<TransportError.Code>>([])
        let count = Self.isAlone ? max(10_000, Self.count / 10) : Self.count
        try await soak("damaged answers", count: count, transport) { random in
            let number = UInt64.random(in: 0..<1_000_000, using: &random)
            do {
                _ = try await transport.send(HTTPRequest(url: server.url("/\(number)"), timeout: .seconds(300)))
            } catch let error as TransportError {
                // The server closes every connection, so nothing can take until the deadline.
                #expect(error.code != .timeout && error.code != .other, "seed \(number): \(error)")
                _ = codes.withLock { $0.insert(error.code) }
            }
        }
        #expect(codes.withLock { $0.isSuperset(of: [.connectionReset, .badResponse]) })
        await transport.close()
        await server.stop()
    }
}
