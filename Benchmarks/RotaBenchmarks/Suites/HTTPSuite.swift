import Foundation
import Rota
import RotaHTTP
import RotaTesting

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The goals of the HTTP module.
enum HTTPSuite {
    static let benchmarks: [Benchmark] = [
        Benchmark(
            id: "P12", title: "URLSessionTransport: 1 KB POST, 32 at once",
            goal: ">= 0.9x a bare URLSession loop", run: delivery)
    ]

    static let payload = Data(repeating: UInt8(ascii: "x"), count: 1024)

    /// Requests per second through the transport and through a plain URLSession, alternating, against one server.
    private static func delivery(_ scale: Scale) async throws -> [Figure] {
        let count = max(64, scale.iterations(6400))
        let server = try await LoopbackServer(recording: false) { _ in .status(200, text: "ok") }
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        let checked = URLSessionTransport(addressPolicy: .allowing(hosts: ["127.0.0.1"]))
        let bare = BareSession()
        let request = try HTTPRequest(method: .post, url: server.url("/"), body: .bytes(payload))
        var rates: (bare: [Double], transport: [Double], checked: [Double]) = ([], [], [])
        for round in 0..<6 {
            let bareRate = try await rate(count) { try await bare.post(request.url, payload) }
            let rate1 = try await rate(count) { try await transport.send(request).status }
            let rate2 = try await rate(count) { try await checked.send(request).status }
            guard round > 0 else { continue }  // The first round opens the connections.
            rates.bare.append(bareRate)
            rates.transport.append(rate1)
            rates.checked.append(rate2)
        }
        bare.close()
        await transport.close()
        await checked.close()
        await server.stop()
        let floor = median(rates.bare)
        return [
            Figure("bare URLSession", floor, "requests/s"),
            Figure(
                "URLSessionTransport", median(rates.transport), "requests/s",
                ratio: (median(zip(rates.transport, rates.bare).map { $0 / $1 }), "bare URLSession")),
            Figure(
                "URLSessionTransport, address checked", median(rates.checked), "requests/s",
                ratio: (median(zip(rates.checked, rates.bare).map { $0 / $1 }), "bare URLSession")),
        ]
    }

    /// Sends `count` requests, 32 at a time, and returns the requests per second.
    static func rate(_ count: Int, _ send: @escaping @Sendable () async throws -> Int) async throws -> Double {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    for _ in 0..<(count / 32) {
                        guard try await send() == 200 else { throw TransportError(.badResponse, "not 200") }
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(count / 32 * 32) / (nanoseconds(ContinuousClock.now - start) / 1e9)
    }
}

/// The floor: a plain URLSession with a completion handler.
private final class BareSession: Sendable {
    private let session: URLSession

    init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.httpMaximumConnectionsPerHost = 64
        session = URLSession(configuration: configuration)
    }

    func post(_ url: URL, _ body: Data) async throws -> Int {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = body
        let sent = request
        return try await withCheckedThrowingContinuation { continuation in
            session.dataTask(with: sent) { _, response, error in
                if let error { return continuation.resume(throwing: error) }
                continuation.resume(returning: (response as? HTTPURLResponse)?.statusCode ?? 0)
            }.resume()
        }
    }

    func close() {
        session.invalidateAndCancel()
    }
}
