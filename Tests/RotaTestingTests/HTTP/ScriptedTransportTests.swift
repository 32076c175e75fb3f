import Foundation
import RotaHTTP
import RotaTesting
import Synchronization
import Testing

@Suite("ScriptedTransport")
struct ScriptedTransportTests {
    private func request(_ url: String, timeout: Duration = .seconds(30)) throws -> HTTPRequest {
        try HTTPRequest(url: #require(URL(string: url)), timeout: timeout)
    }

    @Test("answers come in turn, and the last one again and again")
    func inTurn() async throws {
        let transport = ScriptedTransport(.status(503), .failure(.connectionReset), .status(200, text: "ok"))
        let request = try request("https://example.com/")
        #expect(try await transport.send(request).status == 503)
        let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
        #expect(error?.code == .connectionReset)
        for _ in 0..<3 { #expect(try await transport.send(request).body == Data("ok".utf8)) }
        #expect(transport.calls.map(\.attempt) == [1, 2, 3, 4, 5])
    }

    @Test("a script for a URL or a path goes before the general one")
    func byURL() async throws {
        let transport = ScriptedTransport(.status(200))
        transport.script("/report", .status(500), .status(201))
        transport.script("https://b.example.com/report?x=1", .status(404))
        #expect(try await transport.send(request("https://a.example.com/report?q=1")).status == 500)
        #expect(try await transport.send(request("https://b.example.com/report?x=1")).status == 404)
        #expect(try await transport.send(request("https://b.example.com/report")).status == 201)
        #expect(try await transport.send(request("https://b.example.com/")).status == 200)
        transport.script("/report")
        #expect(try await transport.send(request("https://a.example.com/report")).status == 200)
        #expect(transport.requests.count == 5)
    }

    @Test(
        "delays and timeouts pass on the clock that is given",
        arguments: [(5, 30, [5]), (30, 30, [30]), (90, 30, [30])])
    func delays(_ delay: Int, _ timeout: Int, _ slept: [Int]) async throws {
        let naps = Mutex<[Duration]>([])
        let transport = ScriptedTransport(
            .status(200).delayed(by: .seconds(delay)), sleep: { nap in naps.withLock { $0.append(nap) } })
        let request = try request("https://example.com/", timeout: .seconds(timeout))
        if delay < timeout {
            #expect(try await transport.send(request).status == 200)
        } else {
            let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
            #expect(error?.code == .timeout)
        }
        #expect(naps.withLock { $0 } == slept.map { .seconds($0) })
    }

    @Test("an answer that takes time is refused without a clock, and the error says how to give one")
    func noClock() async throws {
        let request = try request("https://example.com/", timeout: .milliseconds(1))
        let scripts = [ScriptedTransport(.silence), ScriptedTransport(.status(200).delayed(by: .seconds(3600)))]
        for transport in scripts + [ScriptedTransport { _ in .silence }] {
            let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
            #expect(error?.code == .other && error?.message.contains("sleep: clock.sleep(for:)") == true)
        }
    }

    @Test("silence ends with the timeout, cancellation at once")
    func silence() async throws {
        let transport = ScriptedTransport(.silence, sleep: { _ in throw CancellationError() })
        let error = await #expect(throws: TransportError.self) {
            try await transport.send(request("https://example.com/"))
        }
        #expect(error?.code == .canceled)
        let quick = ScriptedTransport(.silence, sleep: { _ in })
        let timeout = await #expect(throws: TransportError.self) {
            try await quick.send(request("https://example.com/"))
        }
        #expect(timeout?.code == .timeout)
    }

    @Test("a closure can answer by the request and its number")
    func closure() async throws {
        let transport = ScriptedTransport { call in .status(call.attempt < 3 ? 500 : 200, text: "\(call.number)") }
        let request = try request("https://example.com/")
        var statuses: [Int] = []
        for _ in 0..<4 { statuses.append(try await transport.send(request).status) }
        #expect(statuses == [500, 500, 200, 200])
    }
}
