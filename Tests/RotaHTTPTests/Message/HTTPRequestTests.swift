import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@Suite("HTTPRequest")
struct HTTPRequestTests {
    private let url = URL(string: "https://example.com/path")

    private func code(_ body: () throws -> Void) -> HTTPRequestError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? HTTPRequestError)?.code
        }
    }

    @Test(
        "Names that could split a message are refused",
        arguments: [
            "", " ", "X Y", "X:", "X\r\nY", "X\nY", "X\u{0}", "X\u{7F}", "Ünicode", "X(", "X)", "X<", "X@", "X,", "X;",
            "X\"", "X/",
            "X[", "X]", "X?", "X=", "X{", "X}", "X\t", String(repeating: "x", count: 257),
        ])
    func badName(_ name: String) throws {
        let url = try #require(url)
        #expect(code { _ = try HTTPRequest(url: url, headers: [name: "v"]) } == .badHeader)
        #expect(code { _ = try RequestTemplate.get("https://example.com/", headers: [name: "v"]) } == .badHeader)
    }

    @Test(
        "Values that could split a message are refused",
        arguments: [
            "a\r\nb", "a\nb", "a\rb", "a\u{0}b", "\r\n", "\u{1}", "\u{7F}", "a\u{B}", "a\r\n\r\nGET / HTTP/1.1",
        ])
    func badValue(_ value: String) throws {
        let url = try #require(url)
        #expect(code { _ = try HTTPRequest(url: url, headers: ["X": value]) } == .badHeader)
        #expect(code { _ = try RequestTemplate.get("https://example.com/", headers: ["X": value]) } == .badHeader)
        let request = try HTTPRequest(url: url)
        #expect(code { _ = try request.setting(.init("X", value)) } == .badHeader)
    }

    @Test(
        "Names that belong to the transport are refused",
        arguments: [
            "Host", "content-length", "Transfer-Encoding", "CONNECTION", "Upgrade", "TE", "Trailer", "Expect",
            "Keep-Alive",
            "Proxy-Authorization", "Proxy-Connection",
        ])
    func reserved(_ name: String) throws {
        let url = try #require(url)
        #expect(code { _ = try HTTPRequest(url: url, headers: [name: "x"]) } == .reservedHeader)
    }

    @Test("Oversized parts are refused")
    func tooLarge() throws {
        let url = try #require(url)
        let long = String(repeating: "x", count: 16_385)
        #expect(code { _ = try HTTPRequest(url: url, headers: ["X": long]) } == .tooLarge)
        let many = HTTPHeaders((0..<5).map { .init("X-\($0)", String(repeating: "x", count: 16_000)) })
        #expect(code { _ = try HTTPRequest(url: url, headers: many) } == .tooLarge)
        let body = HTTPBody.bytes(Data(count: HTTPBody.longest + 1))
        #expect(code { _ = try HTTPRequest(method: .post, url: url, body: body) } == .tooLarge)
        #expect(code { _ = try RequestTemplate.get("https://example.com/" + long) } == .tooLarge)
    }

    @Test("JSON nested too deeply is refused")
    func tooDeep() throws {
        var value: JSONValue = "x"
        for _ in 0..<129 { value = .array([value]) }
        #expect(code { _ = try RequestTemplate.post("https://example.com/", body: .json(value)) } == .badJSON)
        let text = String(repeating: "[", count: 100_000)
        #expect(code { _ = try JSONValue(parsing: text) } == .badJSON)
        #expect(code { _ = try JSONValue(parsing: String(repeating: "{\"a\":", count: 100_000)) } == .badJSON)
    }

    @Test("Only the six methods are known, in any letter case", .rows("T-32", "K-10"))
    func methods() throws {
        for (text, method) in [("get", HTTPMethod.get), ("Post", .post), ("PUT", .put), ("patch", .patch)] {
            #expect(try HTTPMethod(text) == method)
        }
        for text in ["", "TRACE", "CONNECT", "OPTIONS", "GET ", "G\r\nET", "get\u{0}", "ﬁx", "poſt"] {
            #expect(code { _ = try HTTPMethod(text) } == .badMethod, "\(text)")
        }
    }

    @Test("GET and HEAD carry no body", .rows("C-20"))
    func bodies() throws {
        let url = try #require(url)
        for method in HTTPMethod.allCases {
            let code = code { _ = try HTTPRequest(method: method, url: url, body: .text("x")) }
            #expect(code == (method.allowsBody ? nil : .badBody))
        }
    }

    @Test(
        "A timeout lies between a millisecond and an hour", .rows("C-2"),
        arguments: [
            (Duration.zero, false), (.microseconds(999), false), (.milliseconds(1), true), (.seconds(30), true),
            (.seconds(3600), true), (.seconds(3601), false), (.seconds(-1), false), (.seconds(Int64.max / 2), false),
        ] as [(Duration, Bool)])
    func timeouts(_ timeout: Duration, _ isAllowed: Bool) throws {
        let url = try #require(url)
        #expect(code { _ = try HTTPRequest(url: url, timeout: timeout) } == (isAllowed ? nil : .badTimeout))
    }

    @Test("The body's kind is announced unless the job does", .rows("C-20"))
    func contentType() throws {
        let url = try #require(url)
        let json = try HTTPRequest(method: .post, url: url, body: .json(["a": 1]))
        #expect(json.headers["content-type"] == "application/json")
        let own = try HTTPRequest(method: .post, url: url, headers: ["content-type": "x/y"], body: .text("a"))
        #expect(own.headers.values("Content-Type") == ["x/y"])
        #expect(try HTTPRequest(method: .post, url: url, body: .bytes(Data([1]))).headers.fields.isEmpty)
    }

    @Test("An error's description is one readable line")
    func message() throws {
        let error = #expect(throws: HTTPRequestError.self) {
            _ = try HTTPRequest(url: #require(url), headers: ["X\r\nY": "v"])
        }
        #expect(error?.description.contains("\n") == false)
        #expect(error?.description.contains("\\u{d}\\u{a}") == true)
    }
}
