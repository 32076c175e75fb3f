import CRotaCURL
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@testable import RotaCURL

/// libcurl's interface, as it is declared here, against libcurl itself.
@Suite("CURLTransport: library")
struct LibraryTests {
    @Test("The numbers of options are those that libcurl's own table gives them")
    func options() throws {
        #expect(rota_curl_load() == nil)
        #expect(rota_curl_version() >= 0x074400)
        let wrong = rota_curl_wrong_option().map { String(cString: $0) }
        #expect(wrong == nil)
    }

    @Test("Without libcurl, the error says what to install, and nothing is sent")
    func missing() async throws {
        let absent = try #require(rota_curl_problem("libnonesuch.so.4").map { String(cString: $0) })
        #expect(absent.contains("install the package libcurl4"))
        #expect(rota_curl_problem("libcurl.so.4") == nil || rota_curl_problem("libcurl-gnutls.so.4") == nil)
        try await refuses(absent)
    }

    @Test("With a libcurl that is too old, the error says which to install")
    func old() async throws {
        // A library that is there and lacks the functions.
        let old = try #require(rota_curl_problem("libc.so.6").map { String(cString: $0) })
        #expect(old.contains("too old; install version 7.68 or later"))
        try await refuses(old)
    }

    private func refuses(_ problem: String) async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        var configuration = CURLTransport.Configuration()
        configuration.addressPolicy = .unrestricted
        let transport = CURLTransport(configuration) { problem }
        do {
            _ = try await transport.send(HTTPRequest(url: server.url(), timeout: .seconds(300)))
            Issue.record("it was sent")
        } catch let error as TransportError {
            #expect(error.message == problem)
            #expect(!error.mayHaveBeenSent)
        }
        #expect(server.connectionCount == 0)
        await transport.close()
        await server.stop()
    }
}
