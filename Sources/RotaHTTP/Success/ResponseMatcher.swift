/// An assertion about a response, for servers that answer 200 and report failure elsewhere.
///
/// Of a body that was cut, because it exceeded the response limit, only what the beginning proves counts. So an
/// assertion about its JSON does not match then, nor one that something is not in its text, nor the opposite of either.
///
/// ```swift
/// let matcher = ResponseMatcher.all([
///     .json(try JSONPath("$.status"), .equals("ok")),
///     .header("Content-Type", .contains("json")),
/// ])
/// let response = HTTPResponse(status: 200, body: Data(#"{"status": "failed"}"#.utf8))
/// print(matcher.failure(in: response) ?? "matches")  // json $.status: expected equal to "ok", found "failed"
/// ```
public struct ResponseMatcher: Sendable, Hashable {
    /// The part of the response an assertion looks at.
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

    /// Matches if the status meets a condition.
    public static func status(_ condition: Condition) -> ResponseMatcher {
        ResponseMatcher(node: .assertion(.status, condition))
    }

    /// Matches if a header field of the name meets a condition.
    public static func header(_ name: String, _ condition: Condition) -> ResponseMatcher {
        ResponseMatcher(node: .assertion(.header(name), condition))
    }

    /// Matches if the body, read as UTF-8, meets a condition.
    public static func text(_ condition: Condition) -> ResponseMatcher {
        ResponseMatcher(node: .assertion(.text, condition))
    }

    /// Matches if a value at the path in the JSON body meets a condition.
    public static func json(_ path: JSONPath, _ condition: Condition) -> ResponseMatcher {
        ResponseMatcher(node: .assertion(.json(path), condition))
    }

    /// Matches if all matchers match, or if there are none.
    public static func all(_ matchers: [ResponseMatcher]) -> ResponseMatcher { ResponseMatcher(node: .all(matchers)) }

    /// Matches if at least one matcher matches.
    public static func any(_ matchers: [ResponseMatcher]) -> ResponseMatcher { ResponseMatcher(node: .any(matchers)) }

    /// Matches if the matcher does not match.
    public static func not(_ matcher: ResponseMatcher) -> ResponseMatcher { ResponseMatcher(node: .not(matcher)) }

    /// The depth of nested combinations.
    var depth: Int {
        switch node {
        case .assertion: 1
        case .all(let parts), .any(let parts): 1 + (parts.map(\.depth).max() ?? 0)
        case .not(let part): 1 + part.depth
        }
    }
}

extension ResponseMatcher {
    /// A condition on a value.
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

        /// The value exists and is equivalent: numbers by quantity, objects without regard to the order of members.
        public static func equals(_ value: JSONValue) -> Condition { Condition(kind: .equals, operand: value) }

        /// The value is missing or not equivalent.
        public static func notEquals(_ value: JSONValue) -> Condition { Condition(kind: .notEquals, operand: value) }

        /// The value is a string with this substring, an array with this element, or an object with this member name.
        public static func contains(_ value: JSONValue) -> Condition { Condition(kind: .contains, operand: value) }

        /// The value is missing or does not contain this.
        public static func notContains(_ value: JSONValue) -> Condition {
            Condition(kind: .notContains, operand: value)
        }

        /// The value is a string or a number in which the pattern occurs.
        public static func regex(_ pattern: TextPattern) -> Condition {
            Condition(kind: .regex, operand: .string(pattern.text), pattern: pattern)
        }

        /// The value exists.
        ///
        /// `null` counts.
        public static let exists = Condition(kind: .exists, operand: true)

        /// The value is a number, or a string that spells one, below the bound.
        ///
        /// It never holds for an infinite bound.
        public static func lessThan(_ number: Double) -> Condition {
            Condition(kind: .lessThan, operand: JSONValue(floatLiteral: number))
        }

        /// The value is a number, or a string that spells one, above the bound.
        ///
        /// It never holds for an infinite bound.
        public static func greaterThan(_ number: Double) -> Condition {
            Condition(kind: .greaterThan, operand: JSONValue(floatLiteral: number))
        }

        /// The value is equivalent to one of these.
        public static func `in`(_ values: [JSONValue]) -> Condition { Condition(kind: .isIn, operand: .array(values)) }
    }
}
