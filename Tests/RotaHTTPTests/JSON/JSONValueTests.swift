import Foundation
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("JSONValue")
struct JSONValueTests {
    @Test(
        "Order and numbers stay as they were written", .rows("T-34"),
        arguments: [
            #"{"b":1,"a":2}"#, "[1.50,1e400,-0,123456789012345678901234567890,0.1e-7]", #"{"a":null,"a":true}"#,
            #"["\"\\/\b","\u0001","é😀"]"#, "[]", "{}", "\"\"", "0", "[[[[]]]]",
        ])
    func faithful(_ text: String) throws {
        let value = try JSONValue(parsing: text)
        let again = try JSONValue(parsing: value.text)
        #expect(again == value)
        if !text.contains("\\") { #expect(value.text == text) }
    }

    @Test(
        "Invalid JSON is refused with its position",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "'a'", "01", "1.", ".5", "+1", "1e", "--1", "nul",
            "truex", "[1 2]",
            "\"", "\"\\x\"", "\"\\u12\"", "\"\\uD800\"", "\"\\uD800\\u0041\"", "\"\\uDC00\"", "\"\n\"", "1 1", "[1}",
            "NaN", "Infinity",
            "\"\\u00g0\"", "\u{FEFF}1",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: HTTPRequestError.self) { try JSONValue(parsing: text) }
        #expect(error?.code == .badJSON)
        #expect(error?.message.contains("byte") == true)
    }

    @Test("Mutated JSON is accepted exactly when Foundation accepts it", arguments: 0..<8)
    func agreesWithFoundation(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let seedText = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",true,null],"b":{"c":""}}"#.utf8)
        let bytes = Array("{}[],:\"\\0123.eE+-truefalsn \u{0}\u{FF}".utf8)
        for _ in 0..<400 {
            var text = seedText
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text.remove(at: index)
                case 1: text.insert(bytes.randomElement(using: &random) ?? 0, at: index)
                default: text[index] = bytes.randomElement(using: &random) ?? 0
                }
            }
            // Foundation allows a comma before a closing bracket. RFC 8259 does not.
            let isLax = text.indices.dropLast().contains { text[$0] == 0x2C && [0x5D, 0x7D].contains(text[$0 + 1]) }
            let ours = (try? JSONValue(parsing: String(decoding: text, as: UTF8.self))) != nil
            let data = Data(String(decoding: text, as: UTF8.self).utf8)
            let theirs = (try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)) != nil
            #expect(ours == theirs || isLax, "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test("Values are compared by meaning")
    func meaning() throws {
        func same(_ left: String, _ right: String) throws -> Bool {
            try JSONValue(parsing: left).isEquivalent(to: JSONValue(parsing: right))
        }
        #expect(try same("1", "1.0") && same("1e2", "100") && same(#"{"a":1,"b":2}"#, #"{"b":2,"a":1.0}"#))
        #expect(try !same("9007199254740993", "9007199254740992") && !same("\"1\"", "1") && !same("[1]", "[1,1]"))
        #expect(try !same(#"{"a":1}"#, #"{"a":1,"b":1}"#) && !same("null", "false"))
    }

    @Test("Any decoder's JSON becomes a value and back")
    func coding() throws {
        let text = #"{"a":[1,2.5,"x",true,null,{"b":{}}]}"#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(value.text == text)
        #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
    }

    @Test(
        "A path leads to the values it names", .rows("TX-6"),
        arguments: [
            ("$.a.b[1]", ["2"]), ("a.b[-1]", ["3"]), ("$['a']['b'][0]", ["1"]), ("$.a.b[*]", ["1", "2", "3"]),
            ("$.a.b[9]", []),
            ("$.x", []), ("$", [#"{"a":{"b":[1,2,3]},"c d":"e","l":[{"i":1},{"i":2},{}]}"#]), ("$[\"c d\"]", ["\"e\""]),
            ("$.l[*].i", ["1", "2"]), ("$.*.b", ["[1,2,3]"]), ("$.a[0]", []), ("$.a.b.c", []), ("$.a.b[-4]", []),
        ] as [(String, [String])])
    func paths(_ path: String, _ expected: [String]) throws {
        let root = try JSONValue(parsing: #"{"a":{"b":[1,2,3]},"c d":"e","l":[{"i":1},{"i":2},{}]}"#)
        #expect(try JSONPath(path).values(in: root).map(\.text) == expected)
    }

    @Test(
        "An invalid path is refused",
        arguments: [
            "$.", "$..a", "$[", "$[]", "$[a]", "$['a", "$['a'", "$a", "a..b", "a]", "$.a]", "$[1", "$[1.5]",
            "$[99999999999]", "[*",
            "$[?(@.a)]", "$[0:1]",
        ])
    func badPath(_ path: String) {
        #expect(throws: HTTPRequestError.self) { try JSONPath(path) }
    }
}

@Suite("Strings in JSON") struct JSONTextTests {
    @Test("Names and strings are compared byte for byte")
    func exact() throws {
        let value = try JSONValue(parsing: #"{"\u00e9": 1, "e\u0301": 2}"#)
        #expect(value["\u{e9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(!JSONValue.string("\u{e9}").isEquivalent(to: .string("e\u{301}")))
        #expect(!value.isEquivalent(to: try JSONValue(parsing: #"{"\u00e9": 2, "e\u0301": 1}"#)))
        #expect(value.isEquivalent(to: try JSONValue(parsing: #"{"e\u0301": 2, "\u00e9": 1}"#)))
    }
}
