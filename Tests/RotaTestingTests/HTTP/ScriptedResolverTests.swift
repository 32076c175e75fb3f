import Foundation
import RotaHTTP
import RotaTesting
import Testing

@Suite("ScriptedResolver")
struct ScriptedResolverTests {
    private let inside = IPAddress(v4: 0x7F00_0001)
    private let outside = IPAddress(v4: 0x5DB8_D822)

    @Test("Answers come in order, the last repeats, and a host without a script has no address")
    func inOrder() async throws {
        let resolver = ScriptedResolver()
        resolver.script("A.example.com", [outside], [outside, inside], [])
        #expect(try await resolver.addresses(of: "a.example.com") == [outside])
        #expect(try await resolver.addresses(of: "a.example.com") == [outside, inside])
        for host in ["a.example.com", "a.example.com", "b.example.com"] {
            let error = await #expect(throws: TransportError.self) { try await resolver.addresses(of: host) }
            #expect(error?.code == .dns)
        }
        resolver.script("a.example.com")
        await #expect(throws: TransportError.self) { try await resolver.addresses(of: "a.example.com") }
        #expect(resolver.lookups.count == 6 && resolver.lookups.last == "a.example.com")
    }

    @Test("An address policy judges what it says, without a name server")
    func policy() async throws {
        let resolver = ScriptedResolver()
        resolver.script("inside.example.com", [outside, inside])
        let transport = URLSessionTransport(resolver: resolver)
        for (host, code) in [("inside.example.com", TransportError.Code.forbiddenAddress), ("no.example.com", .dns)] {
            let request = try HTTPRequest(url: #require(URL(string: "https://\(host)/")), timeout: patience)
            let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
            #expect(error?.code == code && error?.mayHaveBeenSent == false)
        }
        #expect(resolver.lookups == ["inside.example.com", "no.example.com"])
        await transport.close()
    }
}
