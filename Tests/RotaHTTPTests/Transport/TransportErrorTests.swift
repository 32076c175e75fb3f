import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

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

    @Test("An error names the URL without its query")
    func url() {
        let error = TransportError(.timeout, "too slow", url: URL(string: "https://example.com/a?token=hidden#x"))
        #expect(error.description == "timeout: too slow (https://example.com/a?[redacted])")
    }
}
