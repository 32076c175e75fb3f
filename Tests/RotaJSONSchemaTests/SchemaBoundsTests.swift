import RotaHTTP
import RotaJSONSchema
import Testing

@Suite("The cost of a schema") struct SchemaBoundsTests {
    @Test("Schemas inside a long name are refused once their pointers take too much memory")
    func pointers() throws {
        func schema(_ name: String, _ count: Int) throws -> JSONSchema {
            let inner = (0..<count).map { JSONValue.Member("a\($0)", true) }
            return try JSONSchema(["properties": .object([.init(name, ["properties": .object(inner)])])])
        }
        let long = String(repeating: "n", count: 100_000)
        let error = #expect(throws: JSONSchema.ParseError.self) { _ = try schema(long, 200) }
        #expect(error?.message.contains("bytes together") == true)
        #expect(try schema(long, 100).isValid([:]))
        #expect(try schema("n", 5000).isValid([:]))
    }

    @Test("References and addresses inside a long name count too")
    func references() {
        let long = String(repeating: "n", count: 100_000)
        let references = (0..<200).map { JSONValue.Member("a\($0)", ["$ref": "http://example.com/r#/x"]) }
        let embedded: JSONValue = ["$id": "http://example.com/r", "x": true]
        #expect(throws: JSONSchema.ParseError.self) {
            try JSONSchema(["$defs": .object([.init(long, embedded)]), "properties": .object(references)])
        }
        let addresses = (0..<200).map { JSONValue.Member("a\($0)", ["$id": .string("a\($0)")]) }
        #expect(throws: JSONSchema.ParseError.self) {
            try JSONSchema(["$id": .string("http://example.com/\(long)/"), "$defs": .object(addresses)])
        }
    }

    @Test(
        "What a check reads of a value and of a schema counts as steps",
        arguments: [
            ("the digits of a number", #"{"type": "integer"}"#, "1" + String(repeating: "0", count: 160_000)),
            ("its zeros before a comparison", #"{"minimum": 0}"#, "1" + String(repeating: "0", count: 160_000)),
            ("its digits in a division", #"{"multipleOf": 7}"#, String(repeating: "1", count: 20_000)),
            (
                "a member's name", #"{"minProperties": 1}"#,
                "{\"" + String(repeating: "n", count: 160_000) + "\": 1}"
            ),
            (
                "the names that others depend on",
                "{\"dependentRequired\": {"
                    + (0..<6000).map { "\"n\($0)\": []" }.joined(separator: ",") + "}}", "{}"
            ),
            (
                "a required name", "{\"required\": [\"" + String(repeating: "n", count: 160_000) + "\"]}", "{}"
            ),
            ("elements that no schema takes", #"{"unevaluatedItems": false}"#, Self.list(of: "1", 3000)),
        ] as [(String, String, String)])
    func steps(what: String, schema: String, value: String) throws {
        let schema = try JSONSchema(parsing: schema)
        #expect(schema.violations(of: try JSONValue(parsing: value), limit: 1, steps: 5000).map(\.rule) == ["steps"])
    }

    private static func list(of element: String, _ count: Int) -> String {
        "[" + Array(repeating: element, count: count).joined(separator: ",") + "]"
    }

    @Test("A number that no rule reads costs nothing, however long")
    func unread() throws {
        let number = try JSONValue(parsing: String(repeating: "1", count: 160_000))
        for schema in [#"{"type": "number"}"#, #"{"type": ["integer", "number"]}"#, #"{"minLength": 3}"#] {
            #expect(try JSONSchema(parsing: schema).violations(of: number, limit: 1, steps: 100).isEmpty)
        }
    }

    @Test("A dynamic reference that may lead back to itself is refused")
    func dynamicCircle() throws {
        let circle = ##"""
            {"$id": "http://e/y", "$dynamicAnchor": "n", "$ref": "x",
             "$defs": {"x": {"$id": "x", "$dynamicRef": "#n", "$defs": {"n": {"$dynamicAnchor": "n"}}}}}
            """##
        let error = #expect(throws: JSONSchema.ParseError.self) { _ = try JSONSchema(parsing: circle) }
        #expect(error?.message.contains("leads back to itself") == true)
        // The same for the elements of a list is none.
        let list = ##"""
            {"$id": "http://e/y", "$dynamicAnchor": "n", "$ref": "x",
             "$defs": {"x": {"$id": "x", "items": {"$dynamicRef": "#n"}, "$defs": {"n": {"$dynamicAnchor": "n"}}}}}
            """##
        #expect(try JSONSchema(parsing: list).isValid([[], [[]]]))
    }
}

@Suite("Strings in a schema") struct SchemaTextTests {
    @Test(
        "Strings and names are compared byte for byte",
        arguments: [
            (#"{"const": "\u00e9"}"#, #""\u00e9""#, #""e\u0301""#),
            (#"{"enum": ["\u00e9", 1]}"#, #""\u00e9""#, #""e\u0301""#),
            (#"{"const": {"\u00e9": 1}}"#, #"{"\u00e9": 1}"#, #"{"e\u0301": 1}"#),
            (#"{"not": {"uniqueItems": true}}"#, #"["\u00e9", "\u00e9"]"#, #"["\u00e9", "e\u0301"]"#),
            (#"{"required": ["\u00e9"]}"#, #"{"\u00e9": 1}"#, #"{"e\u0301": 1}"#),
            (#"{"properties": {"e\u0301": false}}"#, #"{"\u00e9": 1}"#, #"{"e\u0301": 1}"#),
            (
                #"{"properties": {"\u00e9": {"type": "string"}, "e\u0301": {"type": "number"}}}"#,
                #"{"e\u0301": 1}"#, #"{"\u00e9": 1}"#
            ),
            (#"{"dependentRequired": {"a": ["\u00e9"]}}"#, #"{"a": 1, "\u00e9": 1}"#, #"{"a": 1, "e\u0301": 1}"#),
            (#"{"dependentSchemas": {"\u00e9": false}}"#, #"{"e\u0301": 1}"#, #"{"\u00e9": 1}"#),
            (
                #"{"properties": {"\u00e9": true}, "unevaluatedProperties": false}"#, #"{"\u00e9": 1}"#,
                #"{"e\u0301": 1}"#
            ),
            (##"{"$ref": "#/$defs/e\u0301", "$defs": {"\u00e9": false, "e\u0301": {"const": 1}}}"##, "1", "2"),
        ] as [(String, String, String)])
    func exact(schema: String, valid: String, invalid: String) throws {
        let schema = try JSONSchema(parsing: schema)
        #expect(schema.violations(of: try JSONValue(parsing: valid)).isEmpty)
        #expect(!schema.isValid(try JSONValue(parsing: invalid)))
    }

    @Test("Names that differ in the bytes of an accent are no duplicates in a schema, but are in a value")
    func duplicates() throws {
        let schema = try JSONSchema(parsing: #"{"required": ["\u00e9", "e\u0301"]}"#)
        // A handler's decoder holds them for one, and would get only one of them.
        let value = try JSONValue(parsing: #"{"\u00e9": 1, "e\u0301": 2}"#)
        #expect(schema.violations(of: value).map(\.rule) == ["unique"])
        let other = try JSONSchema(parsing: #"{"const": "\u00e9"}"#)
        #expect(try other != JSONSchema(parsing: #"{"const": "e\u0301"}"#))
    }
}
