public import Foundation
import RotaCore
public import RotaHTTP

extension ServiceProfile {
    /// Reads a request in Rota's form, or with any of the services' spellings.
    ///
    /// ```swift
    /// let json = Data(#"{"task_url": "https://example.com/", "payload": {"a": 1}, "timeout_seconds": 300}"#.utf8)
    /// let template = try ServiceProfile.infrai.request(from: json)
    /// print(template.method, template.timeout)  // POST 300.0 seconds
    /// ```
    ///
    /// | Part | Spellings besides Rota's |
    /// |---|---|
    /// | `url` | `task_url`, `endpoint_url` |
    /// | `content` | `body` (a string as text, any other value as JSON), `payload` (JSON; makes the request a POST) |
    /// | `timeout_ms` | `timeout_seconds`, `timeout_secs` |
    /// | `success` | `success_statuses`, `response_matcher` |
    /// | `fallback_url` | `fallback_endpoint_url` |
    ///
    /// - Parameter json: A JSON object.
    /// - Throws: `DecodingError` if a part is missing or has the wrong type, and `HTTPRequestError` if it is invalid.
    public func request(from json: Data) throws -> RequestTemplate {
        try JSONDecoder().decode(SpelledRequest.self, from: json).template
    }
}

/// A request template decoded with the services' spellings.
private struct SpelledRequest: Decodable {
    let template: RequestTemplate

    private enum CodingKeys: String, CodingKey {
        case method, url, headers, content, body, payload, success, output
        case fallback = "fallback_url"
        case fallbackEndpointURL = "fallback_endpoint_url"
        case taskURL = "task_url"
        case endpointURL = "endpoint_url"
        case timeout = "timeout_ms"
        case timeoutSeconds = "timeout_seconds"
        case timeoutSecs = "timeout_secs"
        case successStatuses = "success_statuses"
        case responseMatcher = "response_matcher"
    }

    private typealias Container = KeyedDecodingContainer<CodingKeys>

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let urls = try [CodingKeys.url, .taskURL, .endpointURL].compactMap {
            try container.decodeIfPresent(String.self, forKey: $0)
        }
        guard let url = urls.first else {
            throw DecodingError.keyNotFound(
                CodingKeys.url, .init(codingPath: container.codingPath, debugDescription: "A request needs a URL."))
        }
        template = try RequestTemplate(
            method: container.decodeIfPresent(HTTPMethod.self, forKey: .method)
                ?? (container.contains(.payload) ? .post : .get),
            url: url,
            headers: container.decodeIfPresent(HTTPHeaders.self, forKey: .headers) ?? [:],
            body: Self.body(in: container),
            timeout: Self.timeout(in: container),
            success: Self.success(in: container),
            output: container.decodeIfPresent(OutputMapping.self, forKey: .output) ?? [:],
            fallback: container.decodeIfPresent(String.self, forKey: .fallback)
                ?? container.decodeIfPresent(String.self, forKey: .fallbackEndpointURL))
    }

    private static func body(in container: Container) throws -> HTTPBody {
        if let content = try container.decodeIfPresent(HTTPBody.self, forKey: .content) { return content }
        if let payload = try container.decodeIfPresent(JSONValue.self, forKey: .payload) { return .json(payload) }
        switch try container.decodeIfPresent(JSONValue.self, forKey: .body) {
        case nil, .null: return .none
        case .string(let text): return .text(text)
        case let value?: return .json(value)
        }
    }

    private static func timeout(in container: Container) throws -> Duration {
        if let milliseconds = try container.decodeIfPresent(Int64.self, forKey: .timeout) {
            return .milliseconds(min(max(milliseconds, -1), 31_536_000_000))
        }
        let seconds =
            try container.decodeIfPresent(Int64.self, forKey: .timeoutSeconds)
            ?? container.decodeIfPresent(Int64.self, forKey: .timeoutSecs) ?? 30
        // Clamped because no Duration holds every Int64. The bounds lie outside what a template accepts.
        return .seconds(min(max(seconds, -1), 31_536_000))
    }

    private static func success(in container: Container) throws -> SuccessRule {
        if let rule = try container.decodeIfPresent(SuccessRule.self, forKey: .success) { return rule }
        return SuccessRule(
            statuses: try container.decodeIfPresent(StatusSet.self, forKey: .successStatuses)
                ?? SuccessRule.default.statuses,
            matching: try container.decodeIfPresent(ResponseMatcher.self, forKey: .responseMatcher))
    }
}

extension WebhookSignature {
    /// Strait's scheme: `X-Strait-Timestamp`, and `X-Strait-Signature: v1=…` in hex over `timestamp.body`.
    public static let strait = hexadecimal(
        timestampField: "X-Strait-Timestamp", signatureField: "X-Strait-Signature")
}
