import Foundation
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Synchronization
import Testing

@testable import RotaCURL

/// The checked address is the connected address: for new connections, kept ones, redirects and several addresses.
@Suite("CURLTransport: addresses")
struct CURLAddressTests {
    private static let home = IPAddress(v4: 0x7F00_0001)
    private static let other = IPAddress(v4: 0x7F00_0002)

    private func url(_ host: String, _ server: LoopbackServer, _ path: String = "/") throws -> URL {
        try #require(URL(string: "http://\(host):\(server.port)\(path)"))
    }

    private func code(_ transport: CURLTransport, _ url: URL) async throws -> TransportError.Code? {
        do {
            _ = try await transport.send(HTTPRequest(url: url, timeout: .seconds(300)))
            return nil
        } catch let error as TransportError {
            if error.code == .forbiddenAddress { #expect(!error.mayHaveBeenSent) }
            return error.code
        }
    }

    /// A transport whose connections outlive every wait of a busy machine.
    private func patient(_ resolver: ScriptedResolver) -> CURLTransport {
        var configuration = CURLTransport.Configuration()
        configuration.addressPolicy = .unrestricted
        configuration.resolver = resolver
        configuration.idleLimit = .seconds(3600)
        return CURLTransport(configuration)
    }

    @Test("A name is resolved once, and the connection goes to that answer")
    func once() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let resolver = ScriptedResolver()
        resolver.script("api.example.com", [Self.home])
        let transport = CURLTransport(
            addressPolicy: .publicInternet.adding(hosts: ["127.0.0.1"]), resolver: resolver)
        #expect(try await code(transport, url("api.example.com", server)) == nil)
        #expect(resolver.lookups == ["api.example.com"])
        #expect(server.requests.first?.headers["Host"] == "api.example.com:\(server.port)")
        await transport.close()
        await server.stop()
    }

    @Test("An answer that changes to a forbidden address is refused, although a connection was kept")
    func rebinding() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let resolver = ScriptedResolver()
        resolver.script("api.example.com", [Self.home], [Self.other])
        let transport = CURLTransport(
            addressPolicy: .publicInternet.adding(hosts: ["127.0.0.1"]), resolver: resolver)
        #expect(try await code(transport, url("api.example.com", server)) == nil)
        #expect(try await code(transport, url("api.example.com", server)) == .forbiddenAddress)
        #expect(server.requests.count == 1)
        await transport.close()
        await server.stop()
    }

    @Test("A kept connection does not serve a name that moved to another address")
    func moved() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let resolver = ScriptedResolver()
        resolver.script("api.example.com", [Self.home], [Self.other], [Self.home])
        let transport = patient(resolver)
        #expect(try await code(transport, url("api.example.com", server)) == nil)
        #expect(try await code(transport, url("api.example.com", server)) == .connectionRefused)
        #expect(try await code(transport, url("api.example.com", server)) == nil)
        #expect(server.requests.count == 2)
        #expect(server.connectionCount == 1)
        await transport.close()
        await server.stop()
    }

    @Test("An error names the host, not the name that its addresses have for libcurl")
    func names() async throws {
        let resolver = ScriptedResolver()
        resolver.script("api.example.com", [Self.home])
        let transport = patient(resolver)
        let address = try LoopbackServer.refusingAddress()
        let refusing = try #require(URL(string: address))
        let url = try #require(URL(string: "http://api.example.com:\(refusing.port ?? 0)/"))
        let error = await #expect(throws: TransportError.self) {
            _ = try await transport.send(HTTPRequest(url: url, timeout: .seconds(300)))
        }
        #expect(error?.code == .connectionRefused)
        #expect(error?.message.contains("rota-") == false, "\(error as Any)")
        await transport.close()
    }

    @Test("Of several addresses, one that answers is used, and its connection kept")
    func several() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let resolver = ScriptedResolver()
        let six = IPAddress(v6: 1)
        resolver.script("a.example.com", [six, Self.home], [Self.home, six], [six, Self.home])
        resolver.script("b.example.com", [Self.other, Self.home])
        let transport = patient(resolver)
        for _ in 0..<3 { #expect(try await code(transport, url("a.example.com", server)) == nil) }
        #expect(server.connectionCount == 1)
        #expect(try await code(transport, url("b.example.com", server)) == nil)
        await transport.close()
        await server.stop()
    }

    @Test("One private address among several is refused")
    func oneAmongSeveral() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let resolver = ScriptedResolver()
        resolver.script("api.example.com", [IPAddress(v4: 0x5DB8_D822), Self.home])
        let transport = CURLTransport(resolver: resolver)
        #expect(try await code(transport, url("api.example.com", server)) == .forbiddenAddress)
        #expect(server.connectionCount == 0)
        await transport.close()
        await server.stop()
    }

    @Test(
        "A redirect's target is resolved and checked like the first",
        arguments: ["http://inside.example.com:PORT/", "http://127.0.0.2:PORT/", "//inside.example.com:PORT/x"])
    func redirect(_ target: String) async throws {
        let port = Mutex(0)
        let server = try await LoopbackServer { request in
            request.path == "/"
                ? .redirect(to: target.replacingOccurrences(of: "PORT", with: "\(port.withLock { $0 })"))
                : .status(200)
        }
        port.withLock { $0 = server.port }
        let resolver = ScriptedResolver()
        resolver.script("api.example.com", [Self.home])
        resolver.script("inside.example.com", [Self.other])
        let transport = CURLTransport(
            addressPolicy: .publicInternet.adding(hosts: ["127.0.0.1"]), redirects: .following(), resolver: resolver)
        do {
            _ = try await transport.send(HTTPRequest(url: url("api.example.com", server), timeout: .seconds(300)))
            Issue.record("the redirect was followed")
        } catch let error as TransportError {
            #expect(error.code == .forbiddenAddress)
            // The first request was sent.
            #expect(error.mayHaveBeenSent)
        }
        #expect(server.requests.count == 1)
        await transport.close()
        await server.stop()
    }

    @Test("The socket itself refuses an address that was not checked, whatever libcurl was told")
    func socket() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let route = Route(addresses: [Self.other], connectTo: "::127.0.0.1:\(server.port)")
        let reply = try await raw(server, route)
        #expect(reply.addressRefused)
        #expect(!reply.wasSent)
        #expect(server.connectionCount == 0)
        await server.stop()
    }

    @Test("A kept connection is refused if its peer is not among the addresses of the request")
    func keptPeer() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let loop = CURLLoop(HandleSettings(CURLTransport.Configuration()))
        let target = "::127.0.0.1:\(server.port)"
        let first = try await raw(server, Route(addresses: [Self.home], connectTo: target), loop)
        #expect(first.head != nil)
        let second = try await raw(server, Route(addresses: [Self.other], connectTo: target), loop)
        #expect(second.addressRefused)
        #expect(!second.wasSent)
        #expect(server.requests.count == 1)
        await loop.close()
        await server.stop()
    }

    private func raw(_ server: LoopbackServer, _ route: Route, _ shared: CURLLoop? = nil) async throws -> Reply {
        let loop = shared ?? CURLLoop(HandleSettings(CURLTransport.Configuration()))
        let request = try HTTPRequest(url: server.url(), timeout: .seconds(300))
        let reply = await loop.carryOut(
            request, limit: .default, deadline: .now + .seconds(300), route: route
        ) { .success(route) }
        if shared == nil { await loop.close() }
        return reply
    }

    @Test("A resolver that never answers cannot exceed the deadline, and can be canceled")
    func silentResolver() async throws {
        struct Silent: HostResolver {
            func addresses(of host: String) async throws -> [IPAddress] {
                await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
                return []
            }
        }
        let transport = CURLTransport(resolver: Silent())
        let url = try #require(URL(string: "http://api.example.com/"))
        do {
            _ = try await transport.send(HTTPRequest(url: url, timeout: .milliseconds(50)))
            Issue.record("there was an answer")
        } catch let error as TransportError {
            #expect(error.code == .timeout)
            #expect(!error.mayHaveBeenSent)
        }
        let task = Task { try await transport.send(HTTPRequest(url: url, timeout: .seconds(600))) }
        task.cancel()
        await #expect(throws: TransportError.self) { try await task.value }
        await transport.close()
    }
}
