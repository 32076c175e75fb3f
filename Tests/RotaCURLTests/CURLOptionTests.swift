import CRotaCURL
import Foundation
import RotaHTTP
import RotaTestSupport
import Synchronization
import Testing

@testable import RotaCURL
@testable import RotaTesting

/// The options of a configuration, each with a server that can tell whether it was obeyed.
@Suite("CURLTransport: options")
struct CURLOptionTests {
    private func send(
        _ url: URL, method: HTTPMethod = .get, headers: HTTPHeaders = [:], _ configuration: CURLTransport.Configuration
    ) async throws -> HTTPResponse {
        let transport = CURLTransport(configuration)
        defer { withExtendedLifetime(transport) {} }
        do {
            let response = try await transport.send(
                HTTPRequest(method: method, url: url, headers: headers, timeout: .seconds(300)))
            await transport.close()
            return response
        } catch {
            await transport.close()
            throw error
        }
    }

    private func open() -> CURLTransport.Configuration {
        var configuration = CURLTransport.Configuration()
        configuration.addressPolicy = .unrestricted
        return configuration
    }

    /// A proxy that answers what comes through its tunnels itself.
    private func proxy() async throws -> LoopbackServer {
        try await LoopbackServer { request in
            request.method == "CONNECT"
                ? .script([.write(Array("HTTP/1.1 200 Connected\r\nX-Proxy: 1\r\n\r\n".utf8))])
                : .status(200, text: request.target)
        }
    }

    @Test("Through a proxy, the connection goes to the address that was checked here, for http too")
    func tunnel() async throws {
        let server = try await proxy()
        let resolver = ScriptedResolver()
        resolver.script("api.example.com", [IPAddress(v4: 0x5DB8_D822)])
        resolver.script("proxy.example.com", [IPAddress(v4: 0x7F00_0001)])
        var configuration = CURLTransport.Configuration()
        configuration.resolver = resolver
        var proxy = try CURLTransport.Proxy("http://proxy.example.com:\(server.port)")
        proxy.username = "someone"
        proxy.password = "a word"
        configuration.proxy = proxy
        let url = try #require(URL(string: "http://api.example.com/path"))
        let response = try await send(url, configuration)
        #expect(response.body == Data("/path".utf8))
        #expect(!response.headers.contains("X-Proxy"))
        let requests = server.requests
        #expect(requests.map(\.method) == ["CONNECT", "GET"])
        #expect(requests.first?.target == "93.184.216.34:80")
        #expect(requests.first?.headers["Proxy-Authorization"] == "Basic c29tZW9uZTphIHdvcmQ=")
        #expect(requests.last?.headers["Host"] == "api.example.com")
        #expect(requests.last?.headers.contains("Proxy-Authorization") == false)
        await server.stop()
    }

    @Test("A proxy that resolves names gets the name, after the policy has judged it")
    func nameToProxy() async throws {
        let server = try await proxy()
        let resolver = ScriptedResolver()
        var configuration = CURLTransport.Configuration()
        configuration.resolver = resolver
        var proxy = try CURLTransport.Proxy("http://127.0.0.1:\(server.port)")
        proxy.resolvesNames = true
        configuration.proxy = proxy
        let url = try #require(URL(string: "http://api.example.com/path"))
        #expect(try await send(url, configuration).body == Data("http://api.example.com/path".utf8))
        #expect(resolver.lookups.isEmpty)
        for forbidden in ["http://localhost/", "http://10.0.0.1/", "http://169.254.169.254/"] {
            let url = try #require(URL(string: forbidden))
            await #expect(throws: TransportError.self) { try await send(url, configuration) }
        }
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test("A name that resolves to a forbidden address is refused behind a proxy too")
    func forbiddenBehindProxy() async throws {
        let server = try await proxy()
        let resolver = ScriptedResolver()
        resolver.script("inside.example.com", [IPAddress(v4: 0x0A00_0001)])
        var configuration = CURLTransport.Configuration()
        configuration.resolver = resolver
        configuration.proxy = try CURLTransport.Proxy("http://127.0.0.1:\(server.port)")
        let url = try #require(URL(string: "http://inside.example.com/"))
        do {
            _ = try await send(url, configuration)
            Issue.record("it was sent")
        } catch let error as TransportError {
            #expect(error.code == .forbiddenAddress)
            #expect(!error.mayHaveBeenSent)
        }
        #expect(server.connectionCount == 0)
        await server.stop()
    }

    @Test("A SOCKS proxy is asked for the address that was checked")
    func socks() async throws {
        let heard = Mutex<[UInt8]>([])
        let server = try SocketServer { connection in
            // Version, the number of ways to log in, and these.
            let greeting = connection.read(2)
            _ = connection.read(Int(greeting.last ?? 0))
            connection.write([5, 0])
            let request = connection.read(10)
            heard.withLock { $0 = request }
            connection.write([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            _ = connection.readHead()
            connection.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
        }
        let resolver = ScriptedResolver()
        resolver.script("api.example.com", [IPAddress(v4: 0x5DB8_D822)])
        var configuration = CURLTransport.Configuration()
        configuration.resolver = resolver
        configuration.proxy = try CURLTransport.Proxy("socks5://127.0.0.1:\(server.port)")
        let url = try #require(URL(string: "http://api.example.com/"))
        #expect(try await send(url, configuration).body == Data("ok".utf8))
        // Version 5, connect, an IPv4 address, the port.
        #expect(heard.withLock { $0 } == [5, 1, 0, 1, 93, 184, 216, 34, 0, 80])
        server.stop()
    }

    @Test(
        "A proxy's text is checked",
        arguments: ["", "proxy", "ftp://a", "http://a/b", "http://u:p@", "http://u%zz:p@a", "socks4://a", "http://"])
    func proxyText(_ text: String) {
        #expect(throws: HTTPRequestError.self) { try CURLTransport.Proxy(text) }
    }

    @Test("A proxy that cannot reach one of the addresses is asked for the next, those of IPv4 first")
    func proxyTrials() async throws {
        let server = try await LoopbackServer { request in
            guard request.method == "CONNECT" else { return .status(200, text: "ok") }
            return request.target == "93.184.216.35:80"
                ? .script([.write(Array("HTTP/1.1 200 Connected\r\n\r\n".utf8))]) : .status(502)
        }
        let resolver = ScriptedResolver()
        let four = IPAddress(v4: 0x5DB8_D822)
        resolver.script("api.example.com", [IPAddress(v6: 1 << 125 | 1), four, IPAddress(v4: 0x5DB8_D823)])
        resolver.script("down.example.com", [four])
        var configuration = open()
        configuration.resolver = resolver
        configuration.proxy = try CURLTransport.Proxy("http://127.0.0.1:\(server.port)")
        let url = try #require(URL(string: "http://api.example.com/path"))
        #expect(try await send(url, configuration).body == Data("ok".utf8))
        #expect(server.requests.map(\.target) == ["93.184.216.34:80", "93.184.216.35:80", "/path"])
        #expect(resolver.lookups == ["api.example.com"])
        let down = try #require(URL(string: "http://down.example.com/"))
        let error = await #expect(throws: TransportError.self) { _ = try await send(down, configuration) }
        #expect(error?.code == .proxyRefused && error?.mayHaveBeenSent == false)
        #expect(server.requests.count == 4)
        await server.stop()
    }

    @Test("libcurl remembers the addresses of a route longer than any request may take")
    func memory() {
        let settings = HandleSettings(CURLTransport.Configuration())
        let memory = settings.numbers.first { $0.option == Int32(ROTA_OPT_DNS_CACHE_TIMEOUT) }?.number ?? 0
        #expect(Duration.seconds(memory) > RequestTimeout.range.upperBound)
    }

    @Test("A proxy's URL may have a name and a password, percent-encoded, which nothing shows")
    func proxyLogin() async throws {
        let server = try await proxy()
        var configuration = open()
        let text = "http://some%40one:a%20word:%2F@127.0.0.1:\(server.port)"
        let proxy = try CURLTransport.Proxy(text)
        #expect(proxy.username == "some@one" && proxy.password == "a word:/")
        #expect("\(proxy)" == "http://127.0.0.1:\(server.port)")
        configuration.proxy = proxy
        let url = try #require(URL(string: "http://127.0.0.2/path"))
        #expect(try await send(url, configuration).status == 200)
        // some@one:a word:/
        #expect(server.requests.first?.headers["Proxy-Authorization"] == "Basic c29tZUBvbmU6YSB3b3JkOi8=")
        let name = try CURLTransport.Proxy("socks5://someone@a.example")
        #expect(name.username == "someone" && name.password == nil)
        #expect(try CURLTransport.Proxy("http://@a").username == nil)
        let error = #expect(throws: HTTPRequestError.self) { try CURLTransport.Proxy("http://u%zz:xyzzy@a.example") }
        #expect(error?.message.contains("`username` and `password`") == true)
        for wrong in [
            "http://u:xyzzy@", "http://u:xyzzy@a/b", "http://u:xyzzy/@a", "http://xyzzy zw@a", "x://u:xyzzy@a",
        ] {
            let error = #expect(throws: HTTPRequestError.self) { try CURLTransport.Proxy(wrong) }
            #expect(!"\(error.map(String.init(reflecting:)) ?? "")".contains("xyzzy"), "\(wrong)")
        }
        await server.stop()
    }

    @Test("No description shows a password")
    func descriptions() throws {
        var proxy = try CURLTransport.Proxy("http://proxy.example.com:3128")
        proxy.password = "xyzzy"
        let certificate = CURLTransport.ClientCertificate(certificate: "a.pem", key: "b.pem", password: "xyzzy")
        var configuration = CURLTransport.Configuration()
        configuration.proxy = proxy
        configuration.clientCertificate = certificate
        for text in ["\(proxy)", "\(certificate)", "\(configuration)", String(reflecting: configuration)] {
            #expect(!text.contains("xyzzy"))
        }
        var dumped = ""
        dump(configuration, to: &dumped)
        let transport = CURLTransport(configuration)
        dump(transport, to: &dumped)
        dump(HandleSettings(configuration), to: &dumped)
        #expect(!dumped.contains("xyzzy"))
    }

    @Test("Every request goes to the Unix-domain socket, with the URL's host in it")
    func unixSocket() async throws {
        let path = NSTemporaryDirectory() + "rota-\(UUID().uuidString.prefix(8)).sock"
        let head = Mutex("")
        let server = try SocketServer(path: path) { connection in
            let text = connection.readHead()
            head.withLock { $0 = text }
            connection.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
        }
        let resolver = ScriptedResolver()
        var configuration = CURLTransport.Configuration()
        configuration.resolver = resolver
        configuration.addressPolicy = .allowing(hosts: ["docker"])
        configuration.unixSocket = path
        let url = try #require(URL(string: "http://docker/containers"))
        #expect(try await send(url, configuration).body == Data("ok".utf8))
        #expect(head.withLock { $0 }.hasPrefix("GET /containers HTTP/1.1\r\nHost: docker\r\n"))
        #expect(resolver.lookups.isEmpty)
        let other = try #require(URL(string: "http://other/"))
        await #expect(throws: TransportError.self) { try await send(other, configuration) }
        server.stop()
    }

    @Test(
        "An interface that does not exist is an error before anything is sent, and a name is not looked up",
        arguments: ["nonesuch0", "if!nonesuch0", "localhost", "host!localhost"])
    func interface(_ name: String) async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        var configuration = open()
        configuration.networkInterface = "127.0.0.1"
        #expect(try await send(server.url(), configuration).status == 200)
        configuration.networkInterface = name
        do {
            _ = try await send(server.url(), configuration)
            Issue.record("it was sent")
        } catch let error as TransportError {
            #expect(error.code == .connectionFailed)
            #expect(!error.mayHaveBeenSent)
        }
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test("No more connections to a host than configured, and every request has its turn")
    func connections() async throws {
        let server = try await LoopbackServer { _ in .status(200).delayed(by: .milliseconds(1)) }
        var configuration = open()
        configuration.connectionsPerHost = 3
        let transport = CURLTransport(configuration)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    try await transport.send(HTTPRequest(url: server.url(), timeout: .seconds(300))).status
                }
            }
            for try await status in group { #expect(status == 200) }
        }
        #expect(server.connectionCount <= 3)
        await transport.close()
        await server.stop()
    }

    @Test("A host does not wait for the connections of another host at the same address")
    func connectionsOfOthers() async throws {
        let server = try await LoopbackServer { request in
            request.path == "/slow" ? .status(200).delayed(by: .seconds(36_000)) : .status(200)
        }
        let resolver = ScriptedResolver()
        for host in ["a.example.com", "b.example.com"] { resolver.script(host, [IPAddress(v4: 0x7F00_0001)]) }
        var configuration = open()
        configuration.resolver = resolver
        configuration.connectionsPerHost = 1
        let transport = CURLTransport(configuration)
        let slow = try #require(URL(string: "http://a.example.com:\(server.port)/slow"))
        let quick = try #require(URL(string: "http://b.example.com:\(server.port)/"))
        let waiting = Task { try await transport.send(HTTPRequest(url: slow, timeout: .seconds(600))) }
        while server.requests.isEmpty { await Task.yield() }
        #expect(try await transport.send(HTTPRequest(url: quick, timeout: .seconds(500))).status == 200)
        waiting.cancel()
        await #expect(throws: TransportError.self) { try await waiting.value }
        await transport.close()
        await server.stop()
    }

    @Test("A transport that is closed refuses requests, and closes twice without harm")
    func closing() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let transport = CURLTransport(addressPolicy: .unrestricted)
        _ = try await transport.send(HTTPRequest(url: server.url(), timeout: .seconds(300)))
        await transport.close()
        await transport.close()
        do {
            _ = try await transport.send(HTTPRequest(url: server.url(), timeout: .seconds(300)))
            Issue.record("it was sent")
        } catch let error as TransportError {
            #expect(error.code == .closed)
            #expect(!error.mayHaveBeenSent)
        }
        await CURLTransport().close()
        await server.stop()
    }

    @Test("A text with a zero in it, which C would cut there, is refused")
    func zeros() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let text = "/tmp/a\0b"
        let changes: [(inout CURLTransport.Configuration) throws -> Void] = [
            { $0.authorities = text }, { $0.pinnedKey = text }, { $0.networkInterface = text },
            { $0.unixSocket = text },
            { $0.clientCertificate = .init(certificate: text, key: "k") },
            { $0.clientCertificate = .init(certificate: "c", key: text) },
            { $0.clientCertificate = .init(certificate: "c", key: "k", password: text) },
            {
                $0.proxy = try .init("http://127.0.0.1:\(server.port)")
                $0.proxy?.username = text
            },
            {
                $0.proxy = try .init("http://127.0.0.1:\(server.port)")
                $0.proxy?.password = text
            },
        ]
        for change in changes {
            var configuration = open()
            try change(&configuration)
            do {
                _ = try await send(server.url(), configuration)
                Issue.record("it was sent")
            } catch let error as TransportError {
                #expect(error.message.contains("zero"), "\(error)")
                #expect(!error.mayHaveBeenSent)
                #expect(!"\(error)".contains("/tmp/a"))
            }
        }
        #expect(server.connectionCount == 0)
        await server.stop()
    }

    @Test("Line ends in a proxy's login put no field into its request")
    func injection() async throws {
        let server = try await proxy()
        var configuration = open()
        configuration.proxy = try .init("http://127.0.0.1:\(server.port)")
        configuration.proxy?.username = "a\r\nX-Injected: 1"
        configuration.proxy?.password = "b\r\n\r\nGET / HTTP/1.1"
        let url = try #require(URL(string: "http://127.0.0.2/path"))
        #expect(try await send(url, configuration).status == 200)
        #expect(server.requests.map(\.method) == ["CONNECT", "GET"])
        #expect(!server.requests.contains { $0.headers.contains("X-Injected") })
        await server.stop()
    }

    @Test("The error of a proxy that refuses a login does not show it", arguments: [403, 407])
    func refusedLogin(_ status: Int) async throws {
        let server = try await LoopbackServer { _ in .status(status, headers: ["Proxy-Authenticate": "Basic"]) }
        var configuration = open()
        configuration.proxy = try .init("http://127.0.0.1:\(server.port)")
        configuration.proxy?.username = "someone"
        configuration.proxy?.password = "xyzzy"
        let url = try #require(URL(string: "http://127.0.0.2/path"))
        do {
            _ = try await send(url, configuration)
            Issue.record("it was sent")
        } catch let error as TransportError {
            #expect(!error.mayHaveBeenSent, "\(error)")
            #expect(!String(reflecting: error).contains("xyzzy"))
            #expect(!String(reflecting: error).contains("c29tZW9uZTp4eXp6eQ"))
        }
        await server.stop()
    }

    @Test("The path of a Unix-domain socket that is too long is the fault of the request, not of the name service")
    func longSocket() async throws {
        var configuration = open()
        configuration.unixSocket = "/tmp/" + String(repeating: "a", count: 200)
        let url = try #require(URL(string: "http://docker/"))
        do {
            _ = try await send(url, configuration)
            Issue.record("it was sent")
        } catch let error as TransportError {
            #expect(error.code == .badRequest, "\(error)")
            #expect(!error.mayHaveBeenSent)
        }
    }

    @Test("Only what was asked is sent, and a caller's own fields win")
    func fields() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        _ = try await send(server.url(), method: .post, open())
        #expect(server.requests.last?.headers["User-Agent"] == "Rota")
        #expect(server.requests.last?.headers["Accept-Encoding"] == "gzip, deflate")
        #expect(server.requests.last?.headers["Content-Length"] == "0")
        _ = try await send(
            server.url(), method: .post,
            headers: ["User-Agent": "mine", "Accept-Encoding": "br", "Accept": "a/b", "X-Empty": ""], open())
        let headers = try #require(server.requests.last?.headers)
        #expect(headers.values("User-Agent") == ["mine"])
        #expect(headers.values("Accept-Encoding") == ["br"])
        #expect(headers.values("Accept") == ["a/b"])
        #expect(headers.values("X-Empty") == [""])
        await server.stop()
    }

    @Test("Bodies of every method arrive, and an empty body is said to be empty", arguments: HTTPMethod.allCases)
    func bodies(_ method: HTTPMethod) async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let transport = CURLTransport(addressPolicy: .unrestricted)
        for body in [HTTPBody.none, .bytes(Data()), .bytes(Data(count: 3)), .text("é"), .bytes(Data(count: 300_000))]
        where method.allowsBody || body.data == nil {
            _ = try await transport.send(
                HTTPRequest(method: method, url: server.url(), body: body, timeout: .seconds(300)))
            let request = try #require(server.requests.last)
            #expect(request.method == method.rawValue)
            #expect(request.body == body.data ?? Data())
            let isSaid = body.data != nil || [.post, .put, .patch].contains(method)
            #expect(request.headers.contains("Content-Length") == isSaid)
        }
        await transport.close()
        await server.stop()
    }
}
