import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@Suite("HTTPHeaders")
struct HTTPHeadersTests {
    @Test("Names are found in any letter case, and the order stays", .rows("K-11"))
    func lookup() {
        var headers: HTTPHeaders = ["B": "1", "a": "2", "b": "3"]
        #expect(headers["b"] == "1")
        #expect(headers.values("B") == ["1", "3"])
        headers["B"] = "4"
        #expect(headers.fields.map(\.name) == ["B", "a"])
        headers.append(.init("A", "5"))
        headers.set(.init("A", "6"))
        #expect(headers.fields.map(\.value) == ["4", "6"])
        headers["a"] = nil
        #expect(!headers.contains("A"))
    }

    @Test("A record keeps only the headers that are wanted", .rows("T-88"))
    func selecting() {
        let headers: HTTPHeaders = ["Content-Type": "x", "Set-Cookie": "secret", "X-Request-Id": "7"]
        #expect(
            headers.selecting(["x-request-id", "content-type"]).fields.map(\.name) == ["Content-Type", "X-Request-Id"])
    }

    @Test("An object and a list of pairs both decode, and a list is encoded", .rows("T-33", "I-26"))
    func coding() throws {
        let object = try JSONDecoder().decode(HTTPHeaders.self, from: Data(#"{"B":"1","A":"2"}"#.utf8))
        #expect(object.fields.map(\.name) == ["A", "B"])
        let list: HTTPHeaders = ["B": "1", "A": "2", "b": "3"]
        let data = try JSONEncoder().encode(list)
        #expect(String(decoding: data, as: UTF8.self) == #"[["B","1"],["A","2"],["b","3"]]"#)
        #expect(try JSONDecoder().decode(HTTPHeaders.self, from: data) == list)
        for bad in [#"[["a"]]"#, #"[["a","b","c"]]"#, "1", #"{"a":1}"#] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(HTTPHeaders.self, from: Data(bad.utf8)) }
        }
    }

    @Test("A field marked sensitive is still sensitive after decoding")
    func sensitiveSurvives() throws {
        let headers = HTTPHeaders([
            .init("X-Token", "hush", isSensitive: true), .init("X-Open", "1"), .init("Cookie", "a"),
        ])
        let read = try JSONDecoder().decode(HTTPHeaders.self, from: JSONEncoder().encode(headers))
        #expect(read == headers)
        #expect(read.fields.map(\.isSensitive) == [true, false, true])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(HTTPHeaders.self, from: Data(#"[["A","b","c"]]"#.utf8))
        }
    }
}
