import Foundation

/// The rule that decides which responses count as success: a set of statuses, and assertions about the content.
///
/// ```swift
/// let rule = SuccessRule(
///     statuses: [200], matching: .json(try JSONPath("$.errors"), .notContains("fatal")))
/// print(rule.evaluate(HTTPResponse(status: 500)))
/// // statusNotAccepted(message: "status 500 is not among 200")
/// ```
public struct SuccessRule: Sendable, Hashable {
    /// The accepted statuses.
    public let statuses: StatusSet
    /// The assertions that must hold besides, or `nil` for none.
    public let matcher: ResponseMatcher?

    /// Accepts 200, 201, 202 and 204.
    public static let `default` = SuccessRule(statuses: [200, 201, 202, 204])

    /// Accepts every status from 200 to 299.
    public static let any2xx = SuccessRule(statuses: StatusSet(200...299))

    /// Creates a rule.
    ///
    /// - Parameters:
    ///   - statuses: The accepted statuses.
    ///   - matcher: The assertions that a response with an accepted status must meet.
    public init(statuses: StatusSet = [200, 201, 202, 204], matching matcher: ResponseMatcher? = nil) {
        self.statuses = statuses
        self.matcher = matcher
    }

    /// The outcome of a rule for a response.
    public enum Outcome: Sendable, Hashable {
        /// The response counts as success.
        case success
        /// The status is not accepted.
        case statusNotAccepted(message: String)
        /// The status is accepted, but the content does not match.
        ///
        /// This alone is no reason to retry.
        case mismatch(message: String)
    }

    /// Returns whether a response counts as success, and if not, why.
    ///
    /// - Parameters:
    ///   - response: The response.
    ///   - redaction: The request's secrets, removed from the message before it is shortened.
    public func evaluate(_ response: HTTPResponse, redaction: Redaction = Redaction()) -> Outcome {
        guard statuses.contains(response.status) else {
            return .statusNotAccepted(message: "status \(response.status) is not among \(statuses)")
        }
        return matcher?.failure(in: response, redaction: redaction).map { .mismatch(message: $0) } ?? .success
    }
}

extension SuccessRule: Codable {
    private enum Key: String, CodingKey {
        case statuses, matcher
    }

    /// Decodes an object with `statuses` and `matcher`, or the statuses alone.
    ///
    /// - Throws: `DecodingError` for anything else.
    public init(from decoder: any Decoder) throws {
        if let statuses = try? StatusSet(from: decoder) {
            self.init(statuses: statuses)
            return
        }
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            statuses: try container.decodeIfPresent(StatusSet.self, forKey: .statuses) ?? Self.default.statuses,
            matching: try container.decodeIfPresent(ResponseMatcher.self, forKey: .matcher))
    }

    /// Encodes an object with `statuses` and `matcher`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(statuses, forKey: .statuses)
        try container.encodeIfPresent(matcher, forKey: .matcher)
    }
}

/// The values to take from a JSON response, by name.
///
/// ```swift
/// let mapping: OutputMapping = ["id": try JSONPath("$.report.id"), "tags": try JSONPath("$.tags[*]")]
/// let response = HTTPResponse(status: 200, body: Data(#"{"report": {"id": 7}, "tags": ["a", "b"]}"#.utf8))
/// print(mapping.output(of: response)?.text ?? "none")  // {"id":7,"tags":["a","b"]}
/// ```
public struct OutputMapping: Sendable, Hashable, Codable, ExpressibleByDictionaryLiteral {
    /// The paths by name.
    public let paths: [String: JSONPath]

    /// Creates a mapping of names to paths.
    public init(_ paths: [String: JSONPath] = [:]) {
        self.paths = paths
    }

    /// Creates a mapping from a literal.
    ///
    /// The last of several equal names counts.
    public init(dictionaryLiteral elements: (String, JSONPath)...) {
        paths = Dictionary(elements) { $1 }
    }

    /// Returns the values found in a response.
    ///
    /// - Returns: An object with a member for each name, sorted: the value, an array if there are several, or `null` if
    ///   there is none. `nil` if the mapping is empty or the body is not JSON.
    public func output(of response: HTTPResponse) -> JSONValue? {
        guard !paths.isEmpty, let root = try? JSONValue(parsing: Array(response.body)) else { return nil }
        return output(of: root)
    }

    /// The values found in a value, as an object with a member for each name.
    package func output(of root: JSONValue) -> JSONValue {
        .object(
            paths.sorted { $0.key < $1.key }.map { name, path in
                let values = path.values(in: root)
                return JSONValue.Member(name, values.count > 1 ? .array(values) : values.first ?? .null)
            })
    }

    /// Decodes an object of paths by name.
    ///
    /// - Throws: ``HTTPRequestError`` for an invalid path.
    public init(from decoder: any Decoder) throws {
        paths = try decoder.singleValueContainer().decode([String: JSONPath].self)
    }

    /// Encodes an object of paths by name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(paths)
    }
}
