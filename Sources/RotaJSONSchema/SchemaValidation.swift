import RotaHTTP

/// One check of a value by a program.
struct SchemaValidation {
    typealias Violation = JSONSchema.Violation

    /// The members and elements of a value that schemas have evaluated, for `unevaluatedProperties` and
    /// `unevaluatedItems`.
    struct Evaluated {
        var properties: Set<ExactText> = []
        var hasAllProperties = false
        /// How many elements from the first.
        var items = 0
        /// The positions of elements that `contains` accepted.
        var contained: Set<Int> = []

        /// The steps that a union with this takes.
        var cost: Int {
            contained.count + properties.reduce(properties.count) { $0 + $1.text.utf8.count / 16 }
        }

        mutating func formUnion(_ other: Evaluated) {
            properties.formUnion(other.properties)
            hasAllProperties = hasAllProperties || other.hasAllProperties
            items = max(items, other.items)
            contained.formUnion(other.contained)
        }
    }

    enum Step {
        case name(String)
        case index(Int)
    }

    enum Stop: Error {
        case outOfSteps, tooDeep
    }

    /// How deep schemas and values may be nested together, so that a check fits a thread's stack.
    private static let deepest = 200

    /// A schema costs about as much as this many steps of a pattern.
    private static let stepsOfSchema = 5

    let program: SchemaProgram
    private let limit: Int
    private let allowance: Int
    private var steps: Int
    private var depth = 0
    /// The place in the value.
    var path: [Step] = []
    /// The resources that were entered on the way here, from the outermost.
    private var scope: [Int] = []
    private var violations: [Violation] = []
    /// How many `not`, `anyOf` and the like are around: their violations are not the value's.
    private var silence = 0

    init(_ program: SchemaProgram, limit: Int, steps: Int) {
        self.program = program
        self.limit = limit
        self.steps = steps
        allowance = steps
    }

    mutating func run(_ value: JSONValue) -> [Violation] {
        do throws(Stop) {
            guard value.isNested(within: JSONValue.deepest) else { throw .tooDeep }
            try checkNames(value)
            var evaluated = Evaluated()
            if !isDecided { _ = try check(value, 0, &evaluated) }
        } catch {
            // The violations so far may be those of an alternative.
            let (rule, message) =
                switch error {
                case .outOfSteps: ("steps", "must not need more than \(allowance) steps to check")
                case .tooDeep:
                    ("depth", "must not be nested, together with its schemas, more than \(Self.deepest) levels deep")
                }
            return [Violation(pointer: pointer, rule: rule, schemaPointer: "", message: message)]
        }
        return Array(violations.prefix(limit))
    }

    private var pointer: String {
        path.map { step in
            switch step {
            case .name(let name): "/" + SchemaPointer.escaped(name)
            case .index(let index): "/\(index)"
            }
        }.joined()
    }

    /// Whether nothing more can be learned, because the answer or all violations that are wanted are known.
    var isDecided: Bool { silence > 0 || violations.count >= limit }

    mutating func take(_ count: Int) throws(Stop) {
        steps -= count
        if steps < 0 { throw .outOfSteps }
    }

    /// Takes the steps to look up names.
    mutating func take(names: some Collection<ExactText>) throws(Stop) {
        try take(names.count)
        try take(names.reduce(0) { $0 + $1.text.utf8.count / 16 })
    }

    /// Takes the steps to look up the names of members.
    mutating func take(namesOf members: [JSONValue.Member]) throws(Stop) {
        try take(members.count)
        try take(members.reduce(0) { $0 + $1.name.utf8.count / 16 })
    }

    /// Takes the steps to write a value's canonical text, which sorts names.
    mutating func take(textOf value: JSONValue) throws(Stop) {
        try take(1)
        switch value {
        case .number(let number): try take(number.text.utf8.count / 16)
        case .string(let text): try take(text.utf8.count / 16)
        case .array(let elements):
            for element in elements { try take(textOf: element) }
        case .object(let members):
            let rounds = Int.bitWidth - members.count.leadingZeroBitCount
            for member in members {
                try take(rounds * (1 + member.name.utf8.count / 16))
                try take(textOf: member.value)
            }
        case .null, .bool: break
        }
    }

    /// Notes a violation, unless it would only be that of an alternative.
    mutating func note(_ rule: SchemaRule, _ keyword: String, _ message: @autoclosure () -> String) {
        guard !isDecided else { return }
        let place = rule.node.pointer + (keyword == "false" ? "" : "/" + keyword)
        violations.append(
            Violation(pointer: pointer, rule: keyword, schemaPointer: place, message: message()))
    }

    /// Finds members that an object has twice.
    ///
    /// One reader takes the first, another the last, so neither can be checked for the other. Names that differ only in
    /// how their accents are written count as one here, because readers with Unicode strings hold them for one.
    mutating func checkNames(_ value: JSONValue) throws(Stop) {
        switch value {
        case .array(let elements):
            try take(elements.count)
            for (position, element) in elements.enumerated() {
                path.append(.index(position))
                try checkNames(element)
                path.removeLast()
            }
        case .object(let members):
            try take(members.count)
            var names: Set<String> = []
            for member in members {
                path.append(.name(member.name))
                if !names.insert(member.name).inserted, !isDecided {
                    violations.append(
                        Violation(
                            pointer: pointer, rule: "unique", schemaPointer: "",
                            message: "is duplicated"))
                }
                try checkNames(member.value)
                path.removeLast()
            }
        default: break
        }
    }

    // MARK: A schema

    /// Returns whether a value is valid, and adds what the schema evaluated if it is.
    mutating func check(
        _ value: JSONValue, _ index: Int, _ evaluated: inout Evaluated
    ) throws(Stop) -> Bool {
        try take(Self.stepsOfSchema)
        let rule = program.rules[index]
        guard rule.node.isSatisfiable else {
            note(rule, "false", "must not be there")
            return false
        }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw .tooDeep }
        let entersResource = scope.last != rule.node.resource
        if entersResource { scope.append(rule.node.resource) }
        defer { if entersResource { scope.removeLast() } }

        var own = Evaluated()
        var isValid = try checkValue(value, rule)
        if isValid || !isDecided { isValid = try checkReferences(value, rule, &own) && isValid }
        if isValid || !isDecided { isValid = try checkCombinations(value, rule, &own) && isValid }
        if isValid || !isDecided {
            switch value {
            case .array(let elements): isValid = try checkArray(elements, rule, &own) && isValid
            case .object(let members): isValid = try checkObject(members, rule, &own) && isValid
            default: break
            }
        }
        if isValid, program.tracksEvaluation {
            try take(own.cost)
            evaluated.formUnion(own)
        }
        return isValid
    }

    /// Checks a value by a schema whose violations are not the value's.
    mutating func accepts(
        _ value: JSONValue, _ index: Int, _ evaluated: inout Evaluated
    ) throws(Stop) -> Bool {
        silence += 1
        defer { silence -= 1 }
        return try check(value, index, &evaluated)
    }

    mutating func check(
        _ value: JSONValue, _ index: Int, at step: Step
    ) throws(Stop) -> Bool {
        path.append(step)
        var inner = Evaluated()
        let isValid = try check(value, index, &inner)
        // Not deferred: when the check stops, the place is part of the message.
        path.removeLast()
        return isValid
    }

    mutating func checkReferences(
        _ value: JSONValue, _ rule: SchemaRule, _ own: inout Evaluated
    ) throws(Stop) -> Bool {
        var isValid = true
        if let reference = rule.node.reference { isValid = try check(value, reference, &own) }
        if let dynamic = rule.node.dynamicReference {
            var target = dynamic.node
            if let anchor = dynamic.anchor {
                // The outermost schema on the way here that has the name.
                try take(scope.count * (1 + anchor.text.utf8.count / 16))
                for resource in scope {
                    guard let named = program.dynamicAnchors[resource][anchor] else { continue }
                    target = named
                    break
                }
            }
            isValid = try check(value, target, &own) && isValid
        }
        return isValid
    }

    mutating func checkCombinations(
        _ value: JSONValue, _ rule: SchemaRule, _ own: inout Evaluated
    ) throws(Stop) -> Bool {
        var isValid = true
        for inner in rule.node.allOf { isValid = try check(value, inner, &own) && isValid }
        if !rule.node.anyOf.isEmpty {
            var isAccepted = false
            for inner in rule.node.anyOf {
                isAccepted = try accepts(value, inner, &own) || isAccepted
                if isAccepted, !program.tracksEvaluation { break }
            }
            if !isAccepted { note(rule, "anyOf", "must match at least one of \(rule.node.anyOf.count) schemas") }
            isValid = isAccepted && isValid
        }
        if !rule.node.oneOf.isEmpty {
            var matches = 0
            for inner in rule.node.oneOf {
                matches += try accepts(value, inner, &own) ? 1 : 0
                if matches > 1 { break }
            }
            if matches != 1 {
                note(
                    rule, "oneOf",
                    "must match exactly one of \(rule.node.oneOf.count) schemas, not \(matches == 0 ? "none" : "several")"
                )
            }
            isValid = matches == 1 && isValid
        }
        if let not = rule.node.not {
            var ignored = Evaluated()
            if try accepts(value, not, &ignored) {
                note(rule, "not", "must not match the schema")
                isValid = false
            }
        }
        if let condition = rule.node.condition {
            let holds = try accepts(value, condition, &own)
            if let inner = holds ? rule.node.consequence : rule.node.alternative {
                isValid = try check(value, inner, &own) && isValid
            }
        }
        return isValid
    }

    // MARK: Values

    mutating func checkValue(_ value: JSONValue, _ rule: SchemaRule) throws(Stop) -> Bool {
        var isValid = true
        func fails(_ condition: Bool) -> Bool {
            if condition { isValid = false }
            return condition
        }
        var kind = JSONTypes(of: value)
        var decimal: DecimalNumber?
        if case .number(let number) = value, rule.node.readsNumbers {
            // Before the digits are read: a number may have a million of them.
            try take(number.text.utf8.count / 16)
            let read = DecimalNumber(number)
            if read.isInteger { kind.insert(.integer) }
            decimal = read
        }
        if let types = rule.node.types, fails(types.isDisjoint(with: kind)) {
            note(rule, "type", "must be \(types.words), not \(value.kindWithArticle)")
        }
        if rule.node.enumeration != nil || rule.node.constant != nil {
            try take(textOf: value)
            let text = ExactText(value.canonicalText)
            if let allowed = rule.node.enumeration, fails(!allowed.contains(text)) {
                note(rule, "enum", "must be one of \(rule.node.choices)")
            }
            if let constant = rule.node.constant, fails(constant != text) {
                note(rule, "const", "must be \(rule.node.choices)")
            }
        }
        switch value {
        case .number(let number):
            guard let decimal else { break }
            func text() -> String { SchemaReader.short(number.text) }
            if let bound = rule.node.minimum, fails(decimal < bound.number) {
                note(rule, "minimum", "must be at least \(bound.text), not \(text())")
            }
            if let bound = rule.node.exclusiveMinimum, fails(decimal <= bound.number) {
                note(rule, "exclusiveMinimum", "must be more than \(bound.text), not \(text())")
            }
            if let bound = rule.node.maximum, fails(decimal > bound.number) {
                note(rule, "maximum", "must be at most \(bound.text), not \(text())")
            }
            if let bound = rule.node.exclusiveMaximum, fails(decimal >= bound.number) {
                note(rule, "exclusiveMaximum", "must be less than \(bound.text), not \(text())")
            }
            if let bound = rule.node.multipleOf {
                // Two divisions for each digit.
                try take(decimal.digits.count / 2)
                if fails(!decimal.isMultiple(of: bound.number)) {
                    note(rule, "multipleOf", "must be a multiple of \(bound.text), not \(text())")
                }
            }
        case .string(let text):
            if rule.node.minimumLength != nil || rule.node.maximumLength != nil {
                try take(text.utf8.count / 16)
                let length = text.unicodeScalars.count
                if let minimum = rule.node.minimumLength, fails(length < minimum) {
                    note(rule, "minLength", "must have at least \(minimum) characters, not \(length)")
                }
                if let maximum = rule.node.maximumLength, fails(length > maximum) {
                    note(rule, "maxLength", "must have at most \(maximum) characters, not \(length)")
                }
            }
            if let pattern = rule.node.pattern, fails(try !occurs(pattern, in: text)) {
                note(rule, "pattern", "must match \(SchemaReader.short(pattern.text))")
            }
        default: break
        }
        return isValid
    }

    mutating func occurs(_ pattern: TextPattern, in text: String) throws(Stop) -> Bool {
        guard let occurs = pattern.occurs(in: text, steps: &steps) else { throw .outOfSteps }
        return occurs
    }
}
