/// Assertions about a response, for servers that say 200 and mean something else (rows T-92, TX-6).
///
/// ```swift
/// .all([.json("$.status", .equals("ok")), .header("Content-Type", .contains("json"))])
/// ```
public struct ResponseMatcher: Sendable, Hashable {
    /// What an assertion looks at.
    enum Subject: Sendable, Hashable {
        case status
        case header(String)
        case text
        case json(JSONPath)
    }

    indirect enum Node: Sendable, Hashable {
        case assertion(Subject, Condition)
        case all([ResponseMatcher])
        case any([ResponseMatcher])
        case not(ResponseMatcher)
    }

    let node: Node

    init(node: Node) {
        self.node = node
    }

    /// Holds if the status meets a condition.
    ///
    /// - Parameter condition: the condition on the number.
    /// - Returns: the assertion.
    public static func status(_ condition: Condition) -> ResponseMatcher {
        ResponseMatcher(node: .assertion(.status, condition))
    }

    /// Holds if a header field meets a condition; with several of the name, if one of them does.
    ///
    /// - Parameters:
    ///   - name: the field's name, in any letter case.
    ///   - condition: the condition on its value.
    /// - Returns: the assertion.
    public static func header(_ name: String, _ condition: Condition) -> ResponseMatcher {
        ResponseMatcher(node: .assertion(.header(name), condition))
    }

    /// Holds if the body, read as UTF-8, meets a condition.
    ///
    /// - Parameter condition: the condition on the text.
    /// - Returns: the assertion.
    public static func text(_ condition: Condition) -> ResponseMatcher {
        ResponseMatcher(node: .assertion(.text, condition))
    }

    /// Holds if a value inside the JSON body meets a condition; if the path leads to several, if one of them does.
    ///
    /// - Parameters:
    ///   - path: where the value lies, such as `$.items[0].id`.
    ///   - condition: the condition on the value.
    /// - Returns: the assertion.
    public static func json(_ path: JSONPath, _ condition: Condition) -> ResponseMatcher {
        ResponseMatcher(node: .assertion(.json(path), condition))
    }

    /// Holds if all of them hold; also if there are none.
    ///
    /// - Parameter matchers: the assertions.
    /// - Returns: the combination.
    public static func all(_ matchers: [ResponseMatcher]) -> ResponseMatcher { ResponseMatcher(node: .all(matchers)) }

    /// Holds if at least one of them holds; not if there are none.
    ///
    /// - Parameter matchers: the assertions.
    /// - Returns: the combination.
    public static func any(_ matchers: [ResponseMatcher]) -> ResponseMatcher { ResponseMatcher(node: .any(matchers)) }

    /// Holds if the other does not.
    ///
    /// - Parameter matcher: the assertion to turn round.
    /// - Returns: the opposite.
    public static func not(_ matcher: ResponseMatcher) -> ResponseMatcher { ResponseMatcher(node: .not(matcher)) }

    /// How deep the combinations nest.
    var depth: Int {
        switch node {
        case .assertion: 1
        case .all(let parts), .any(let parts): 1 + (parts.map(\.depth).max() ?? 0)
        case .not(let part): 1 + part.depth
        }
    }
}

extension ResponseMatcher {
    /// What a value must be like.
    public struct Condition: Sendable, Hashable {
        enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
            case equals, notEquals, contains, notContains, regex, exists, lessThan, greaterThan
            case isIn = "in"
        }

        let kind: Kind
        let operand: JSONValue
        var pattern: TextPattern?

        init(kind: Kind, operand: JSONValue, pattern: TextPattern? = nil) {
            self.kind = kind
            self.operand = operand
            self.pattern = pattern
        }

        /// It is there and means the same: numbers by quantity, objects whatever the order of their members.
        ///
        /// - Parameter value: what it must be.
        /// - Returns: the condition.
        public static func equals(_ value: JSONValue) -> Condition { Condition(kind: .equals, operand: value) }

        /// It is missing or means something else.
        ///
        /// - Parameter value: what it must not be.
        /// - Returns: the condition.
        public static func notEquals(_ value: JSONValue) -> Condition { Condition(kind: .notEquals, operand: value) }

        /// It is a text with this text inside, an array with this element, or an object with a member of this name.
        ///
        /// - Parameter value: what it must contain.
        /// - Returns: the condition.
        public static func contains(_ value: JSONValue) -> Condition { Condition(kind: .contains, operand: value) }

        /// It is missing or does not contain this.
        ///
        /// - Parameter value: what it must not contain.
        /// - Returns: the condition.
        public static func notContains(_ value: JSONValue) -> Condition {
            Condition(kind: .notContains, operand: value)
        }

        /// It is a text, or a number, in which the pattern occurs.
        ///
        /// - Parameter pattern: a regular expression.
        /// - Returns: the condition.
        public static func regex(_ pattern: TextPattern) -> Condition {
            Condition(kind: .regex, operand: .string(pattern.text), pattern: pattern)
        }

        /// It is there, whatever it is, `null` included.
        public static let exists = Condition(kind: .exists, operand: true)

        /// It is a number, or a text written like one, below this.
        ///
        /// - Parameter number: the bound.
        /// - Returns: the condition; it never holds for a bound that JSON cannot write.
        public static func lessThan(_ number: Double) -> Condition {
            Condition(kind: .lessThan, operand: JSONValue(floatLiteral: number))
        }

        /// It is a number, or a text written like one, above this.
        ///
        /// - Parameter number: the bound.
        /// - Returns: the condition; it never holds for a bound that JSON cannot write.
        public static func greaterThan(_ number: Double) -> Condition {
            Condition(kind: .greaterThan, operand: JSONValue(floatLiteral: number))
        }

        /// It is one of these.
        ///
        /// - Parameter values: what it may be.
        /// - Returns: the condition.
        public static func `in`(_ values: [JSONValue]) -> Condition { Condition(kind: .isIn, operand: .array(values)) }
    }
}
