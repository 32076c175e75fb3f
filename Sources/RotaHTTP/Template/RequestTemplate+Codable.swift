import RotaCore

extension RequestTemplate: Codable {
    private enum Key: String, CodingKey {
        case method, url, headers, content, success, output
        case fallbackURL = "fallback_url"
        case timeout = "timeout_ms"
        // Read but never written: the names that TrigRun, Krafter, Infrai and Strait use (row C-21).
        case body, payload
        case taskURL = "task_url"
        case endpointURL = "endpoint_url"
        case fallbackEndpointURL = "fallback_endpoint_url"
        case timeoutSeconds = "timeout_seconds"
        case timeoutSecs = "timeout_secs"
        case successStatuses = "success_statuses"
        case responseMatcher = "response_matcher"
    }

    /// Decodes a template and checks it like one that is made.
    ///
    /// The names that TrigRun, Krafter, Infrai and Strait give the parts decode too, and so do milliseconds and seconds (rows
    /// C-2, C-20, C-21): `body` may be any JSON, and a `payload` makes the request a POST unless it says otherwise.
    ///
    /// - Parameter decoder: where the template is read from.
    /// - Throws: `DecodingError` if a part is missing or of the wrong type, ``HTTPRequestError`` if one is wrong.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let urls = try [Key.url, .taskURL, .endpointURL].compactMap {
            try container.decodeIfPresent(String.self, forKey: $0)
        }
        guard let url = urls.first else {
            throw DecodingError.keyNotFound(
                Key.url, .init(codingPath: container.codingPath, debugDescription: "A request needs a URL."))
        }
        let body = try Self.body(in: container)
        try self.init(
            method: container.decodeIfPresent(HTTPMethod.self, forKey: .method)
                ?? (container.contains(.payload) ? .post : .get),
            url: url,
            fallbackURL: container.decodeIfPresent(String.self, forKey: .fallbackURL)
                ?? container.decodeIfPresent(String.self, forKey: .fallbackEndpointURL),
            headers: container.decodeIfPresent(HTTPHeaders.self, forKey: .headers) ?? [:],
            body: body,
            timeout: Self.timeout(in: container),
            success: Self.success(in: container),
            output: container.decodeIfPresent(OutputMapping.self, forKey: .output) ?? [:])
    }

    /// What we wrote ourselves; or any JSON, of which a string is sent as text and all else as JSON (rows T-34, I-7).
    private static func body(in container: KeyedDecodingContainer<Key>) throws -> HTTPBody {
        if let content = try container.decodeIfPresent(HTTPBody.self, forKey: .content) { return content }
        if let payload = try container.decodeIfPresent(JSONValue.self, forKey: .payload) { return .json(payload) }
        switch try container.decodeIfPresent(JSONValue.self, forKey: .body) {
        case nil, .null: return .none
        case .string(let text): return .text(text)
        case let value?: return .json(value)
        }
    }

    private static func success(in container: KeyedDecodingContainer<Key>) throws -> SuccessRule {
        if let rule = try container.decodeIfPresent(SuccessRule.self, forKey: .success) { return rule }
        return SuccessRule(
            statuses: try container.decodeIfPresent(StatusSet.self, forKey: .successStatuses)
                ?? SuccessRule.default.statuses,
            matching: try container.decodeIfPresent(ResponseMatcher.self, forKey: .responseMatcher))
    }

    private static func timeout(in container: KeyedDecodingContainer<Key>) throws -> Duration {
        let milliseconds: Int64
        if let value = try container.decodeIfPresent(Int64.self, forKey: .timeout) {
            milliseconds = value
        } else if let seconds = try container.decodeIfPresent(Int64.self, forKey: .timeoutSeconds)
            ?? container.decodeIfPresent(Int64.self, forKey: .timeoutSecs)
        {
            milliseconds = seconds.multipliedReportingOverflow(by: 1000).overflow ? .max : seconds * 1000
        } else {
            return .seconds(30)
        }
        // A year is far outside what is accepted, and far inside what a Duration can hold.
        return .milliseconds(min(max(milliseconds, -1), 31_536_000_000))
    }

    /// Encodes a template.
    ///
    /// - Parameter encoder: where the template is written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(method, forKey: .method)
        try container.encode(url, forKey: .url)
        try container.encodeIfPresent(fallbackURL, forKey: .fallbackURL)
        if !headers.fields.isEmpty { try container.encode(headers, forKey: .headers) }
        if body != .none { try container.encode(body, forKey: .content) }
        try container.encode(timeout.millisecondsRoundedUp, forKey: .timeout)
        try container.encode(success, forKey: .success)
        if !output.paths.isEmpty { try container.encode(output, forKey: .output) }
    }
}
