import Foundation
import Rota
import RotaHTTP
import RotaTesting

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif
#if os(Linux)
    import CBareLoop
#endif

/// The goals of the HTTP module.
enum HTTPSuite {
    static let benchmarks: [Benchmark] =
        platform + [
            Benchmark(
                id: "P12", title: "URLSessionTransport: 1 KB POST, 32 at once",
                goal: ">= 0.9x a bare URLSession loop", run: delivery)
        ]

    #if os(Linux)
        private static let platform = [
            Benchmark(
                id: "P12", title: "CURLTransport: 1 KB POST, 32 at once",
                goal: ">= 0.6x a bare C loop over libcurl, >= 8x URLSession", run: curl)
        ]
    #else
        private static let platform: [Benchmark] = []
    #endif

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

#if os(Linux)
    extension HTTPSuite {
        /// The processor time of one way to send, in seconds a request, without that of the server.
        private struct Cost {
            private let client = processorSeconds()
            private let server = bare_server_seconds()

            func perRequest(_ count: Int) -> Double {
                let all = processorSeconds() - client
                return max(0, all - (bare_server_seconds() - server)) / Double(count)
            }
        }

        /// Requests per second through libcurl in C, through the transport and through URLSession, alternating.
        fileprivate static func curl(_ scale: Scale) async throws -> [Figure] {
            let count = max(64, scale.iterations(32_000))
            let port = bare_server_start()
            guard port > 0 else { throw TransportError(.other, "the server did not start") }
            let address = "http://127.0.0.1:\(port)/"
            guard let url = URL(string: address) else { return [] }
            let request = try HTTPRequest(method: .post, url: url, body: .bytes(payload))
            let transport = CURLTransport(addressPolicy: .allowing(hosts: ["127.0.0.1"]))
            let session = BareSession()
            var rates: (bare: [Double], transport: [Double], session: [Double]) = ([], [], [])
            var costs: (bare: [Double], transport: [Double], session: [Double]) = ([], [], [])
            for round in 0..<6 {
                let start = Cost()
                let seconds = payload.withUnsafeBytes {
                    bare_curl_loop(address, $0.baseAddress, $0.count, 32, Int32(count))
                }
                guard seconds > 0 else { throw TransportError(.other, "the loop over libcurl failed") }
                let bareCost = start.perRequest(count)
                let second = Cost()
                let transportRate = try await rate(count) { try await transport.send(request).status }
                let transportCost = second.perRequest(count)
                let few = max(32, count / 8)
                let third = Cost()
                let sessionRate = try await rate(few) { try await session.post(url, payload) }
                let sessionCost = third.perRequest(few)
                guard round > 0 else { continue }  // The first round opens the connections.
                rates.bare.append(Double(count) / seconds)
                rates.transport.append(transportRate)
                rates.session.append(sessionRate)
                costs.bare.append(bareCost * 1e6)
                costs.transport.append(transportCost * 1e6)
                costs.session.append(sessionCost * 1e6)
            }
            session.close()
            await transport.close()
            return [
                Figure("bare C loop over libcurl", median(rates.bare), "requests/s"),
                Figure(
                    "CURLTransport", median(rates.transport), "requests/s",
                    ratio: (median(zip(rates.transport, rates.bare).map { $0 / $1 }), "bare C loop")),
                Figure(
                    "CURLTransport again", median(rates.transport), "requests/s",
                    ratio: (median(zip(rates.transport, rates.session).map { $0 / $1 }), "bare URLSession")),
                Figure("processor time, bare C loop", median(costs.bare), "us/request"),
                Figure("processor time, CURLTransport", median(costs.transport), "us/request"),
                Figure("processor time, bare URLSession", median(costs.session), "us/request"),
            ]
        }
    }
#endif
