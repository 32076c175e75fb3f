import Foundation

/// Which responses count as success: a set of statuses, and assertions if a status is not enough (T-36, T-76, C-5).
public struct SuccessRule: Sendable, Hashable {
    /// The statuses that are accepted.
    public let statuses: StatusSet
    /// What else must hold, if anything.
    public let matcher: ResponseMatcher?

    /// 200, 201, 202 and 204.
    public static let `default` = SuccessRule(statuses: [200, 201, 202, 204])

    /// Every status from 200 to 299, as Krafter and Strait have it.
    public static let any2xx = SuccessRule(statuses: StatusSet(200...299))

    /// Makes a rule.
    ///
    /// - Parameters:
    ///   - statuses: the statuses that are accepted.
    ///   - matcher: what else must hold of a response with such a status.
    public init(statuses: StatusSet = [200, 201, 202, 204], matching matcher: ResponseMatcher? = nil) {
        self.statuses = statuses
        self.matcher = matcher
    }

    /// What a rule says of a response.
    public enum Verdict: Sendable, Hashable {
        /// The response counts as success.
        case success
        /// The status is not among those accepted.
        case statusNotAccepted(message: String)
        /// The status is accepted, but the response does not match; this alone is no reason to try again (row T-80).
        case mismatch(message: String)
    }

    /// Judges a response.
    ///
    /// - Parameters:
    ///   - response: the response as it came.
    ///   - redaction: what to strike out of the message, as the request knows it. Struck out of a finished message, a
    ///     secret that was cut short with the text around it would be missed.
    /// - Returns: success, or which assertion failed and what was found.
    public func evaluate(_ response: HTTPResponse, redaction: Redaction = Redaction()) -> Verdict {
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
    /// - Parameter decoder: where the rule is read from.
    /// - Throws: `DecodingError` for what is no rule.
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

    /// Encodes an object.
    ///
    /// - Parameter encoder: where the rule is written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(statuses, forKey: .statuses)
        try container.encodeIfPresent(matcher, forKey: .matcher)
    }
}

/// What a job takes out of a response for those who come after it: names, and where their values lie (row TX-6).
public struct OutputMapping: Sendable, Hashable, Codable, ExpressibleByDictionaryLiteral {
    /// The paths by name.
    public let paths: [String: JSONPath]

    /// Makes a mapping.
    ///
    /// - Parameter paths: where the value of each name lies in the JSON body.
    public init(_ paths: [String: JSONPath] = [:]) {
        self.paths = paths
    }

    /// Makes a mapping of a literal; of a name given twice, the last counts.
    ///
    /// - Parameter elements: names and paths.
    public init(dictionaryLiteral elements: (String, JSONPath)...) {
        paths = Dictionary(elements) { $1 }
    }

    /// Takes the values out of a response.
    ///
    /// - Parameter response: the response.
    /// - Returns: an object with a member for each name, sorted: the value, an array of values if there are several, `null`
    ///   if there is none; nil if nothing was asked for or the body is no JSON.
    public func output(of response: HTTPResponse) -> JSONValue? {
        guard !paths.isEmpty, let root = try? JSONValue(parsing: Array(response.body)) else { return nil }
        return .object(
            paths.sorted { $0.key < $1.key }.map { name, path in
                let values = path.values(in: root)
                return JSONValue.Member(name, values.count > 1 ? .array(values) : values.first ?? .null)
            })
    }

    /// Decodes an object of paths by name.
    ///
    /// - Parameter decoder: where the mapping is read from.
    /// - Throws: ``HTTPRequestError`` for a bad path.
    public init(from decoder: any Decoder) throws {
        paths = try decoder.singleValueContainer().decode([String: JSONPath].self)
    }

    /// Encodes an object of paths by name.
    ///
    /// - Parameter encoder: where the mapping is written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(paths)
    }
}
