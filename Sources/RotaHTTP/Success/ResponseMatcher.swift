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
