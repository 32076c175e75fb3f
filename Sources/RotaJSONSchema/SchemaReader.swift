import RotaHTTP

/// Reads the keywords of one schema into its node.
struct SchemaReader {
    private let schema: JSONValue
    private let place: String
    private let resource: Int
    private let index: Int

    init(_ schema: JSONValue, at place: String, in resource: Int, into index: Int) {
        self.schema = schema
        self.place = place
        self.resource = resource
        self.index = index
    }

    /// Reads a keyword.
    ///
    /// An unknown one is ignored, as the specification has it.
    mutating func read(
        _ keyword: String, _ value: JSONValue, _ compiler: inout SchemaCompiler
    ) throws(JSONSchema.ParseError) {
        if try readCore(keyword, value, &compiler) { return }
        if try readApplicator(keyword, value, &compiler) { return }
        if try readArraysAndObjects(keyword, value, &compiler) { return }
        try readValues(keyword, value, &compiler)
    }

    // MARK: Vocabularies

    private func readCore(
        _ keyword: String, _ value: JSONValue, _ compiler: inout SchemaCompiler
    ) throws(JSONSchema.ParseError) -> Bool {
        switch keyword {
        case "$schema":
            let text = try string(value, keyword)
            guard text == JSONSchema.draft || text == JSONSchema.draft + "#" else {
                throw error(keyword, "Only the draft \"\(JSONSchema.draft)\" is supported, not \"\(text)\".")
            }
        case "$id": _ = try string(value, keyword)
        case "$ref", "$dynamicRef": compiler.refer(from: index, keyword, to: try string(value, keyword))
        case "$anchor": try compiler.name(index, try anchor(value, keyword), isDynamic: false)
        case "$dynamicAnchor": try compiler.name(index, try anchor(value, keyword), isDynamic: true)
        case "$defs", "definitions":
            _ = try schemas(value, keyword, &compiler)
        case "$recursiveRef", "$recursiveAnchor":
            throw error(keyword, "The draft 2020-12 has \"$dynamicRef\" and \"$dynamicAnchor\" instead.")
        case "dependencies":
            throw error(keyword, "The draft 2020-12 has \"dependentRequired\" and \"dependentSchemas\" instead.")
        case "additionalItems":
            throw error(keyword, "The draft 2020-12 has \"items\" for what follows \"prefixItems\" instead.")
        default: return false
        }
        return true
    }

    private func readApplicator(
        _ keyword: String, _ value: JSONValue, _ compiler: inout SchemaCompiler
    ) throws(JSONSchema.ParseError) -> Bool {
        switch keyword {
        case "allOf": compiler.nodes[index].allOf = try list(value, keyword, &compiler)
        case "anyOf": compiler.nodes[index].anyOf = try list(value, keyword, &compiler)
        case "oneOf": compiler.nodes[index].oneOf = try list(value, keyword, &compiler)
        case "not": compiler.nodes[index].not = try subschema(value, keyword, &compiler)
        case "if": compiler.nodes[index].condition = try subschema(value, keyword, &compiler)
        case "then": compiler.nodes[index].consequence = try subschema(value, keyword, &compiler)
        case "else": compiler.nodes[index].alternative = try subschema(value, keyword, &compiler)
        case "dependentSchemas":
            compiler.nodes[index].dependentSchemas = try schemas(value, keyword, &compiler)
        case "prefixItems": compiler.nodes[index].prefixItems = try list(value, keyword, &compiler)
        case "items":
            if case .array = value {
                throw error(keyword, "The draft 2020-12 has \"prefixItems\" for a list of schemas instead.")
            }
            compiler.nodes[index].items = try subschema(value, keyword, &compiler)
        case "contains": compiler.nodes[index].contains = try subschema(value, keyword, &compiler)
        case "properties":
            let found = try schemas(value, keyword, &compiler)
            compiler.nodes[index].properties = Dictionary(found.map { ($0.name, $0.node) }) { $1 }
        case "patternProperties":
            for (name, node) in try schemas(value, keyword, &compiler) {
                compiler.nodes[index].patternProperties.append((try pattern(name.text, keyword), node))
            }
        case "additionalProperties":
            compiler.nodes[index].additionalProperties = try subschema(value, keyword, &compiler)
        case "propertyNames": compiler.nodes[index].propertyNames = try subschema(value, keyword, &compiler)
        case "unevaluatedItems": compiler.nodes[index].unevaluatedItems = try subschema(value, keyword, &compiler)
        case "unevaluatedProperties":
            compiler.nodes[index].unevaluatedProperties = try subschema(value, keyword, &compiler)
        default: return false
        }
        return true
    }

    private func readArraysAndObjects(
        _ keyword: String, _ value: JSONValue, _ compiler: inout SchemaCompiler
    ) throws(JSONSchema.ParseError) -> Bool {
        switch keyword {
        case "minItems": compiler.nodes[index].minimumItems = try count(value, keyword)
        case "maxItems": compiler.nodes[index].maximumItems = try count(value, keyword)
        case "minContains": compiler.nodes[index].minimumContains = try count(value, keyword)
        case "maxContains": compiler.nodes[index].maximumContains = try count(value, keyword)
        case "uniqueItems":
            guard case .bool(let isUnique) = value else { throw mismatch(keyword, "true or false", value) }
            compiler.nodes[index].requiresUniqueItems = isUnique
        case "minProperties": compiler.nodes[index].minimumProperties = try count(value, keyword)
        case "maxProperties": compiler.nodes[index].maximumProperties = try count(value, keyword)
        case "required": compiler.nodes[index].required = try names(value, keyword)
        case "dependentRequired":
            guard case .object(let members) = value else { throw mismatch(keyword, "an object", value) }
            for member in members {
                compiler.nodes[index].dependentRequired.append(
                    (ExactText(member.name), try names(member.value, keyword)))
            }
        default: return false
        }
        return true
    }

    private func readValues(
        _ keyword: String, _ value: JSONValue, _ compiler: inout SchemaCompiler
    ) throws(JSONSchema.ParseError) {
        switch keyword {
        case "type": compiler.nodes[index].types = try types(value)
        case "enum":
            guard case .array(let values) = value else { throw mismatch(keyword, "an array of the values", value) }
            compiler.nodes[index].enumeration = Set(values.map { ExactText($0.canonicalText) })
            compiler.nodes[index].choices =
                values.prefix(10).map { Self.short($0.text) }.joined(separator: ", ")
                + (values.count > 10 ? " …" : "")
        case "const":
            compiler.nodes[index].constant = ExactText(value.canonicalText)
            if compiler.nodes[index].choices.isEmpty { compiler.nodes[index].choices = Self.short(value.text) }
        case "multipleOf":
            let bound = try bound(value, keyword)
            guard !bound.number.isZero, !bound.number.isNegative, bound.number.significand != nil else {
                throw error(
                    keyword,
                    "\(bound.text) must be more than zero, with at most 18 digits that are not leading or "
                        + "trailing zeros.")
            }
            compiler.nodes[index].multipleOf = bound
        case "minimum": compiler.nodes[index].minimum = try bound(value, keyword)
        case "maximum": compiler.nodes[index].maximum = try bound(value, keyword)
        case "exclusiveMinimum": compiler.nodes[index].exclusiveMinimum = try bound(value, keyword)
        case "exclusiveMaximum": compiler.nodes[index].exclusiveMaximum = try bound(value, keyword)
        case "minLength": compiler.nodes[index].minimumLength = try count(value, keyword)
        case "maxLength": compiler.nodes[index].maximumLength = try count(value, keyword)
        case "pattern": compiler.nodes[index].pattern = try pattern(try string(value, keyword), keyword)
        default: break
        }
    }

    // MARK: Values of keywords

    private func error(_ keyword: String, _ message: String) -> JSONSchema.ParseError {
        JSONSchema.ParseError(at: place, keyword, message)
    }

    private func mismatch(_ keyword: String, _ expected: String, _ value: JSONValue) -> JSONSchema.ParseError {
        error(keyword, "This must be \(expected), not \(value.kindWithArticle).")
    }

    private func string(_ value: JSONValue, _ keyword: String) throws(JSONSchema.ParseError) -> String {
        guard case .string(let text) = value else { throw mismatch(keyword, "a string", value) }
        return text
    }

    private func anchor(_ value: JSONValue, _ keyword: String) throws(JSONSchema.ParseError) -> String {
        let text = try string(value, keyword)
        func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == UInt8(ascii: "_") }
        let others = [UInt8(ascii: "-"), UInt8(ascii: ".")]
        guard let first = text.utf8.first, isLetter(first),
            text.utf8.allSatisfy({ isLetter($0) || $0 >= 0x30 && $0 <= 0x39 || others.contains($0) })
        else {
            throw error(keyword, "\"\(text)\" must begin with a letter or _, and have only letters, digits, -, _ and .")
        }
        return text
    }

    private func count(_ value: JSONValue, _ keyword: String) throws(JSONSchema.ParseError) -> Int {
        guard case .number(let number) = value, let count = DecimalNumber(number).count else {
            throw error(keyword, "This must be a whole number from 0, not \(Self.short(value.text)).")
        }
        return count
    }

    private func bound(_ value: JSONValue, _ keyword: String) throws(JSONSchema.ParseError) -> SchemaNode.Bound {
        guard case .number(let number) = value else { throw mismatch(keyword, "a number", value) }
        return .init(number: DecimalNumber(number), text: Self.short(number.text))
    }

    private func names(_ value: JSONValue, _ keyword: String) throws(JSONSchema.ParseError) -> [ExactText] {
        guard case .array(let elements) = value else { throw mismatch(keyword, "an array of names", value) }
        var names: [ExactText] = []
        for element in elements { names.append(ExactText(try string(element, keyword))) }
        guard Set(names).count == names.count else { throw error(keyword, "Duplicate name.") }
        return names
    }

    private func types(_ value: JSONValue) throws(JSONSchema.ParseError) -> JSONTypes {
        var names = [value]
        if case .array(let elements) = value { names = elements }
        var types: JSONTypes = []
        for name in names {
            let text = try string(name, "type")
            guard let type = JSONTypes.names.first(where: { $0.name == text })?.type else {
                throw error(
                    "type",
                    "\"\(text)\" is not a type; write one of "
                        + JSONTypes.names.map(\.name).joined(separator: ", ") + ".")
            }
            types.insert(type)
        }
        guard !types.isEmpty else { throw error("type", "Name at least one type.") }
        return types
    }

    private func pattern(_ text: String, _ keyword: String) throws(JSONSchema.ParseError) -> TextPattern {
        do {
            return try TextPattern(text)
        } catch let flaw {
            throw error(keyword, "The pattern \"\(Self.short(text))\" cannot be used: \(flaw.message).")
        }
    }

    private func subschema(
        _ value: JSONValue, _ keyword: String, _ compiler: inout SchemaCompiler
    ) throws(JSONSchema.ParseError) -> Int {
        try compiler.register(value, at: place + "/" + SchemaPointer.escaped(keyword), in: resource)
    }

    private func list(
        _ value: JSONValue, _ keyword: String, _ compiler: inout SchemaCompiler
    ) throws(JSONSchema.ParseError) -> [Int] {
        guard case .array(let elements) = value, !elements.isEmpty else {
            throw error(keyword, "This must be an array of at least one schema.")
        }
        var nodes: [Int] = []
        for (position, element) in elements.enumerated() {
            nodes.append(try compiler.register(element, at: "\(place)/\(keyword)/\(position)", in: resource))
        }
        return nodes
    }

    private func schemas(
        _ value: JSONValue, _ keyword: String, _ compiler: inout SchemaCompiler
    ) throws(JSONSchema.ParseError) -> [(name: ExactText, node: Int)] {
        guard case .object(let members) = value else { throw mismatch(keyword, "an object of schemas", value) }
        var nodes: [(name: ExactText, node: Int)] = []
        for member in members {
            let inner = "\(place)/\(SchemaPointer.escaped(keyword))/\(SchemaPointer.escaped(member.name))"
            nodes.append((ExactText(member.name), try compiler.register(member.value, at: inner, in: resource)))
        }
        return nodes
    }

    /// Text for a message, shortened.
    static func short(_ text: String) -> String {
        guard text.utf8.count > 60, text.unicodeScalars.prefix(61).count > 60 else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(59))) + "…"
    }
}
