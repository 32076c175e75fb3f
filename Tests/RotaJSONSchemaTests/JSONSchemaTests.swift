import Foundation
import RotaHTTP
import RotaJSONSchema
import RotaTestSupport
import RotaTesting
import Testing

@Suite("JSON Schema") struct JSONSchemaTests {
    @Test(
        "Values are valid or not as the draft says", .rows("S-25"),
        arguments: SchemaCase.validation + SchemaCase.applicator + SchemaCase.core)
    func cases(_ example: SchemaCase) throws {
        let schema = try JSONSchema(parsing: example.schema)
        #expect(!example.values.isEmpty)
        for (text, isValid) in example.values {
            let violations = schema.violations(of: try JSONValue(parsing: text))
            #expect(violations.isEmpty == isValid, "\(text): \(violations)")
        }
        // Encoded and decoded, it is the same schema.
        let data = try JSONEncoder().encode(schema)
        let decoded = try JSONDecoder().decode(JSONSchema.self, from: data)
        #expect(decoded == schema)
    }

    @Test(
        "A violation tells its place, its rule and what would be right",
        arguments: [
            (#"{"a": {"b/c~d": [1, "x"]}}"#, "/a/b~1c~0d/1: must be integer, not a string (type)"),
            (#"{"n": 0.5}"#, "/n: must be a multiple of 2, not 0.5 (multipleOf)"),
            (#"{"n": -2}"#, "/n: must be at least 0, not -2 (minimum)"),
            (#"{"s": "xyz"}"#, "/s: must be one of \"a\", \"b\" (enum)"),
            (#"{"q": 1, "m": 1}"#, "/q: must not be there (additionalProperties)"),
            (#"{"k": {}}"#, "/k: must have the member \"id\" (required)"),
            (#"{"k": {"id": 1, "id": 2}}"#, "/k/id: is duplicated (unique)"),
            (#"{"o": 3}"#, "/o: must match exactly one of 2 schemas, not several (oneOf)"),
            (#"[]"#, "the value: must be object, not an array (type)"),
        ] as [(String, String)])
    func messages(text: String, description: String) throws {
        let schema = try JSONSchema(
            parsing: #"""
                {"type": "object", "additionalProperties": false, "properties": {
                  "a": {"properties": {"b/c~d": {"items": {"type": "integer"}}}},
                  "n": {"multipleOf": 2, "minimum": 0}, "s": {"enum": ["a", "b"]}, "m": {},
                  "k": {"required": ["id"]}, "o": {"oneOf": [{"type": "integer"}, {"minimum": 2}]}}}
                """#)
        #expect(schema.violations(of: try JSONValue(parsing: text)).first?.description == description)
    }

    @Test("All violations are listed, up to the limit")
    func limit() throws {
        let schema = try JSONSchema(["items": ["type": "integer"], "maxItems": 3])
        let value = JSONValue.array((0..<100).map { .string("\($0)") })
        #expect(schema.violations(of: value).count == 20)
        #expect(schema.violations(of: value, limit: 1000).count == 101)
        #expect(schema.violations(of: value, limit: 0).map(\.rule) == ["maxItems"])
        #expect(schema.violations(of: value)[7].schemaPointer == "/items/type")
    }

    @Test(
        "A schema that cannot be obeyed is refused, with the place and what would be right",
        arguments: [
            ("7", "A schema must be an object, true or false, not a number."),
            ("{", "The schema is not JSON: "),
            (##"{"properties": {"a": 7}}"##, "/properties/a: A schema must be an object, true or false, not a number."),
            (##"{"type": "strin"}"##, "/type: \"strin\" is not a type; write one of null, boolean, object"),
            (##"{"minLength": -1}"##, "/minLength: This must be a whole number from 0, not -1."),
            (##"{"minItems": 1.5}"##, "/minItems: This must be a whole number from 0, not 1.5."),
            (##"{"required": "a"}"##, "/required: This must be an array of names, not a string."),
            (##"{"required": ["a", "a"]}"##, "/required: Duplicate name."),
            (##"{"multipleOf": 0}"##, "/multipleOf: 0 must be more than zero"),
            (##"{"exclusiveMinimum": true}"##, "/exclusiveMinimum: This must be a number, not a boolean."),
            (##"{"pattern": "(?=a)"}"##, "/pattern: The pattern \"(?=a)\" cannot be used: "),
            (##"{"patternProperties": {"(a": {}}}"##, "/patternProperties: The pattern \"(a\" cannot be used: "),
            (##"{"anyOf": []}"##, "/anyOf: This must be an array of at least one schema."),
            (##"{"items": [{}]}"##, "/items: The draft 2020-12 has \"prefixItems\""),
            (##"{"additionalItems": false}"##, "/additionalItems: The draft 2020-12 has \"items\""),
            (##"{"dependencies": {}}"##, "/dependencies: The draft 2020-12 has \"dependentRequired\""),
            (##"{"$recursiveRef": "#"}"##, "/$recursiveRef: The draft 2020-12 has \"$dynamicRef\""),
            (##"{"$schema": "http://json-schema.org/draft-07/schema#"}"##, "/$schema: Only the draft"),
            (##"{"$ref": "https://example.com/other.json"}"##, "is another document, which is not fetched."),
            (##"{"$ref": "#/$defs/a"}"##, "/$ref: \"#/$defs/a\" leads nowhere: there is no \"$defs\" at \"#\"."),
            (##"{"$ref": "#a"}"##, "/$ref: No schema has the name \"a\". Write \"$anchor\": \"a\" in one."),
            (##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}"##, "leads back to itself"),
            (##"{"allOf": [{"$ref": "#"}]}"##, "/allOf/0: The schema leads back to itself (\"#\")"),
            (##"{"not": {"anyOf": [{"if": {"$ref": "#/not"}}]}}"##, "leads back to itself"),
            (##"{"$dynamicAnchor": "a", "$dynamicRef": "#a"}"##, "leads back to itself"),
            (##"{"$anchor": "a b"}"##, "/$anchor: \"a b\" must begin with a letter"),
            (##"{"allOf": [{"$anchor": "a"}, {"$anchor": "a"}]}"##, "Another schema has the name \"a\"."),
            (##"{"$defs": {"a": {"$id": "#x"}}}"##, "for a name use \"$anchor\""),
            (
                ##"{"$defs": {"a": {"$id": "http://e/a"}, "b": {"$id": "http://e/a"}}}"##,
                "has the address \"http://e/a\""
            ),
            (##"{"$ref": 3}"##, "/$ref: This must be a string, not a number."),
        ] as [(String, String)])
    func refused(text: String, expected: String) {
        do {
            _ = try JSONSchema(parsing: text)
            Issue.record("accepted")
        } catch {
            #expect(error.description.contains(expected), "\(error)")
            #expect(error.localizedDescription == error.description)
        }
        #expect(throws: (any Error).self) { try JSONDecoder().decode(JSONSchema.self, from: Data(text.utf8)) }
    }

    @Test("Schemas are equal without regard to the order of members and the spelling of numbers")
    func equality() throws {
        let one = try JSONSchema(parsing: #"{"type": "integer", "minimum": 1.0}"#)
        let other = try JSONSchema(parsing: #"{"minimum": 1, "type": "integer"}"#)
        #expect(one == other && one.hashValue == other.hashValue)
        #expect(try one != JSONSchema(["type": "integer", "minimum": 2]))
    }

    @Test("No schema and no value makes a check hang or run out of stack")
    func bounds() throws {
        // Each schema asks the next one twice: 2^40 ways.
        var definitions: [JSONValue.Member] = [.init("s40", ["const": "never"])]
        for number in 0..<40 {
            let next: JSONValue = ["$ref": .string("#/$defs/s\(number + 1)")]
            definitions.append(.init("s\(number)", ["anyOf": [next, next]]))
        }
        let doubling = try JSONSchema(
            .object([.init("$ref", "#/$defs/s0"), .init("$defs", .object(definitions))]))
        #expect(doubling.violations(of: 1, limit: 1, steps: 100_000).map(\.rule) == ["steps"])

        let pattern = try JSONSchema(["items": ["pattern": "(a*)*b"]])
        let text = JSONValue.string(String(repeating: "a", count: 20_000))
        let many = JSONValue.array(Array(repeating: text, count: 50))
        #expect(pattern.violations(of: many, limit: 100, steps: 200_000).map(\.rule) == ["steps"])

        // A chain of references longer than a stack is deep.
        let chain = (0..<9000).map { number in
            JSONValue.Member("s\(number)", number == 8999 ? true : ["$ref": .string("#/$defs/s\(number + 1)")])
        }
        let long = try JSONSchema(.object([.init("$ref", "#/$defs/s0"), .init("$defs", .object(chain))]))
        #expect(long.violations(of: 1).map(\.rule) == ["depth"])

        var deep: JSONValue = 1
        for _ in 0..<5000 { deep = .array([deep]) }
        let nested = try JSONSchema(["items": ["$ref": "#"]])
        #expect(nested.violations(of: deep).map(\.rule) == ["depth"])
        #expect(throws: JSONSchema.ParseError.self) { try JSONSchema(["not": deep]) }
        #expect(throws: JSONSchema.ParseError.self) {
            try JSONSchema(.object([.init("allOf", .array(Array(repeating: true, count: 10_001)))]))
        }
    }

    @Test("The deepest check fits a small stack, even without optimization")
    func stack() throws {
        let schema = try JSONSchema(
            parsing:
                ##"{"anyOf": [{"allOf": [{"oneOf": [{"items": {"$ref": "#"}, "properties": {"a": {"$ref": "#"}}}]}]}]}"##
        )
        var value: JSONValue = 1
        for level in 0..<39 { value = level % 2 == 0 ? .array([value]) : ["a": value] }
        let fits = value
        let isTooDeep = JSONValue.array([value])
        nonisolated(unsafe) var violations: [JSONSchema.Violation]?
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            violations = schema.violations(of: fits) + schema.violations(of: isTooDeep)
            done.signal()
        }
        thread.stackSize = 768 << 10
        thread.start()
        done.wait()
        #expect(violations?.map(\.rule) == ["depth"])
    }
}
