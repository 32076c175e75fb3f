import Foundation
import RotaTestSupport
import Testing

@testable import RotaHTTP

@Suite("TransportError")
struct TransportErrorTests {
    @Test(
        "Every kind of failure has a name of its own that can be stored", .rows("T-89", "K-26"),
        arguments: TransportError.Code.allCases)
    func codes(_ code: TransportError.Code) throws {
        #expect(try JSONDecoder().decode(TransportError.Code.self, from: JSONEncoder().encode(code)) == code)
        #expect(TransportError.Code.allCases.filter { $0.description == code.description } == [code])
    }

    @Test("An unknown name decodes as another kind of failure")
    func unknown() throws {
        #expect(try JSONDecoder().decode(TransportError.Code.self, from: Data("\"sunspots\"".utf8)) == .other)
    }

    @Test(
        "A TLS connection that breaks is lost, and only a failed handshake is a TLS error",
        arguments: [
            ("OpenSSL SSL_read: Connection reset by peer, errno 104", TransportError.Code.connectionReset),
            ("OpenSSL SSL_write: Broken pipe, errno 32", .connectionReset),
            ("Failed to shut down the SSL connection", .connectionReset), ("SSL connect error", .tls),
            ("SSL peer certificate or SSH remote key was not OK", .tls),
        ])
    func brokenTLS(_ text: String, _ code: TransportError.Code) {
        let error = NSError(domain: NSURLErrorDomain, code: -1, userInfo: [NSLocalizedDescriptionKey: text])
        #expect(SessionFailure(error).code == code)
        #expect(TransportError(code, "").mayHaveBeenSent == (code == .connectionReset))
    }

    @Test("An error names the URL without its query")
    func url() {
        let error = TransportError(.timeout, "too slow", url: URL(string: "https://example.com/a?token=hidden#x"))
        #expect(error.description == "timeout: too slow (https://example.com/a?[redacted])")
    }
}
