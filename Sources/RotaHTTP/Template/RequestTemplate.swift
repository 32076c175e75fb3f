package import Foundation
import RotaCore

/// The request a job stores: URL, headers and body, with variables and secret references still in place.
///
/// A template is checked when it is created and when it is decoded, so a mistake surfaces before the first execution.
///
/// ```swift
/// let template = try RequestTemplate.post(
///     "https://api.example.com/reports/{{execution_id}}",
///     headers: ["Authorization": "Bearer secret://api-key"],
///     body: .json(["day": "{{scheduled_for}}"]))
/// _ = try await scheduler.create(
///     .init(name: "daily-report", schedule: .cron("0 6 * * *"), action: .http(template)))
/// ```
///
/// The variables `{{timestamp}}`, `{{uuid}}`, `{{execution_id}}`, `{{job_id}}`, `{{scheduled_for}}` and `{{attempt}}`
/// are allowed in the URL's path and query, in header values, in a text body and in the strings of a JSON body. They
/// are not allowed in the host, in header names, in JSON names or in secret names, and `{{attempt}}` is not allowed in
/// a body. `secret://name` is allowed in header values only.
///
/// `{{payload}}` is the payload of the execution, and `{{payload.customer.id}}` or `{{payload.items[0]}}` is a field of
/// it. They are allowed wherever the other variables are. A string of a JSON body that is one such variable becomes the
/// value itself, with its type. A JSON body that is `{{payload}}` and nothing else is left out of a request without a
/// payload, so a job with a schedule may have it too. The URL may be a single field, such as `{{payload.url}}`; such a
/// request carries no secrets.
///
/// ```swift
/// let hook = try RequestTemplate.post(
///     "{{payload.url}}", body: .json(["event": "{{payload.event}}"]), signature: "secret://hook-{{payload.customer}}")
/// ```
///
/// `{{execution_token}}` is allowed in header values only. It is a secret with which the receiver may complete the
/// execution later: if it answers with status 202, the execution waits for that. The scheduler needs a `tokenSecret`.
///
/// A request may have a ``fallback``: another URL for the same request, tried within the same attempt.
public struct RequestTemplate: Sendable, Hashable {
    /// The method.
    public let method: HTTPMethod
    /// The URL as written.
    public let url: String
    /// The header fields as written.
    public let headers: HTTPHeaders
    /// The body as written.
    public let body: HTTPBody
    /// The time limit of one attempt.
    public let timeout: Duration
    /// The rule that decides which responses count as success.
    public let success: SuccessRule
    /// The values to take from a successful response.
    public let output: OutputMapping
    /// The reference to the secret that signs the request, or `nil` if it is not signed.
    public let signature: String?
    /// The URL to which the request goes after its own failed for a passing reason, or `nil` if there is none.
    ///
    /// It is the same request: method, headers with their secrets, body, signature, success rule and output are those
    /// of ``url``. It is sent once, in the same attempt, after a failure in `FailureSet.fallback`: a status such as 429
    /// or 503, a timeout, or a connection that failed. ``timeout`` limits both together: the first gets half of it, and
    /// the fallback what is left. If both fail, the attempt has the failure of the first, and retries follow from that.
    public let fallback: String?

    /// Creates a template.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - url: An http or https URL. Variables are allowed in its path and query.
    ///   - headers: The header fields. Variables and `secret://name` are allowed in their values.
    ///   - body: The body. GET and HEAD requests have none.
    ///   - timeout: The time limit of one attempt, from 1 ms to 1 hour.
    ///   - success: The rule that decides which responses count as success.
    ///   - output: The values to take from a successful response.
    ///   - signature: The reference to the secret that signs the request as a webhook, such as `secret://hook`. Fields
    ///     of the payload may be part of its name.
    ///   - fallback: An http or https URL to which the request goes after `url` failed for a passing reason. Variables
    ///     are allowed in its path and query.
    /// - Throws: ``HTTPRequestError``, which names the invalid part and the reason.
    public init(
        method: HTTPMethod, url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none,
        timeout: Duration = .seconds(30), success: SuccessRule = .default, output: OutputMapping = [:],
        signature: String? = nil, fallback: String? = nil
    ) throws(HTTPRequestError) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.success = success
        self.output = output
        self.signature = signature
        self.fallback = fallback
        try check()
    }

    /// Parses the template, which checks every part that holds variables or secrets.
    func parts() throws(HTTPRequestError) -> TemplateParts {
        try TemplateParts(url: url, fallback: fallback, headers: headers, body: body, signature: signature)
    }

    /// Whether any part takes a value from the execution's payload.
    package var usesPayload: Bool {
        // The template was checked when it was created.
        (try? parts())?.usesPayload ?? false
    }

    /// Whether a request cannot be made without a payload.
    package var needsPayload: Bool { (try? parts())?.needsPayload ?? false }

    /// Whether a header contains the execution's token.
    package var usesToken: Bool {
        // Few do, and parsing takes time.
        let isPossible = headers.fields.contains { field in
            field.value.contains("execution_token") || field.value.contains(TemplateVariable.tokenSecret)
        }
        return isPossible && (try? parts())?.usesToken ?? false
    }

    /// The URL with an `x` for every variable, which tells scheme, host and port.
    ///
    /// It is `nil` if the whole URL comes from the payload.
    package var sampleURL: URL? { Self.sample(of: url) }

    /// The fallback's URL with an `x` for every variable, or `nil` if there is none or if it comes from the payload.
    package var sampleFallbackURL: URL? { fallback.flatMap(Self.sample) }

    private static func sample(of url: String) -> URL? {
        guard let text = try? TemplateText(parsing: url, field: "url"), text.wholePayload == nil else { return nil }
        return URL(string: text.renderedSample)
    }

    private func check() throws(HTTPRequestError) {
        try RequestTimeout.check(timeout)
        try headers.check()
        try body.check(method: method)
        // The decoder refuses deeper matchers, so a template that holds one could be stored but never read.
        guard (success.matcher?.depth ?? 0) <= ResponseMatcher.deepest else {
            throw HTTPRequestError(
                .badRule, field: "success", "matchers may be nested at most \(ResponseMatcher.deepest) levels deep")
        }
        _ = try parts()
    }
}

// The common requests. Use the initializer for a success rule and an output mapping.
extension RequestTemplate {
    /// Creates a GET request, with another URL to try if `fallback` names one.
    ///
    /// - Throws: ``HTTPRequestError`` if a part is invalid.
    public static func get(
        _ url: String, headers: HTTPHeaders = [:], timeout: Duration = .seconds(30), fallback: String? = nil
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .get, url: url, headers: headers, timeout: timeout, fallback: fallback)
    }

    /// Creates a HEAD request.
    ///
    /// - Throws: ``HTTPRequestError`` if a part is invalid.
    public static func head(
        _ url: String, headers: HTTPHeaders = [:], timeout: Duration = .seconds(30)
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .head, url: url, headers: headers, timeout: timeout)
    }

    /// Creates a POST request, signed as a webhook if `signature` names a secret, such as `secret://hook`, with another
    /// URL to try if `fallback` names one.
    ///
    /// - Throws: ``HTTPRequestError`` if a part is invalid.
    public static func post(
        _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none, timeout: Duration = .seconds(30),
        signature: String? = nil, fallback: String? = nil
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(
            method: .post, url: url, headers: headers, body: body, timeout: timeout, signature: signature,
            fallback: fallback)
    }

    /// Creates a PUT request.
    ///
    /// - Throws: ``HTTPRequestError`` if a part is invalid.
    public static func put(
        _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none, timeout: Duration = .seconds(30)
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .put, url: url, headers: headers, body: body, timeout: timeout)
    }

    /// Creates a PATCH request.
    ///
    /// - Throws: ``HTTPRequestError`` if a part is invalid.
    public static func patch(
        _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none, timeout: Duration = .seconds(30)
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .patch, url: url, headers: headers, body: body, timeout: timeout)
    }

    /// Creates a DELETE request.
    ///
    /// - Throws: ``HTTPRequestError`` if a part is invalid.
    public static func delete(
        _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none, timeout: Duration = .seconds(30)
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .delete, url: url, headers: headers, body: body, timeout: timeout)
    }
}

extension RequestTemplate: Codable {
    private enum CodingKeys: String, CodingKey {
        case method, url, headers, content, success, output, signature
        case timeout = "timeout_ms"
        case fallback = "fallback_url"
    }

    /// Decodes a template and checks it.
    ///
    /// Only `url` is required. The method is GET by default.
    ///
    /// - Throws: `DecodingError` if a part is missing or has the wrong type, and ``HTTPRequestError`` if it is invalid.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let milliseconds = try container.decodeIfPresent(Int64.self, forKey: .timeout) ?? 30_000
        try self.init(
            method: container.decodeIfPresent(HTTPMethod.self, forKey: .method) ?? .get,
            url: container.decode(String.self, forKey: .url),
            headers: container.decodeIfPresent(HTTPHeaders.self, forKey: .headers) ?? [:],
            body: container.decodeIfPresent(HTTPBody.self, forKey: .content) ?? .none,
            // Clamped because no Duration holds every Int64. The bounds lie outside what the check accepts.
            timeout: .milliseconds(min(max(milliseconds, -1), 31_536_000_000)),
            success: container.decodeIfPresent(SuccessRule.self, forKey: .success) ?? .default,
            output: container.decodeIfPresent(OutputMapping.self, forKey: .output) ?? [:],
            signature: container.decodeIfPresent(String.self, forKey: .signature),
            fallback: container.decodeIfPresent(String.self, forKey: .fallback))
    }

    /// Encodes the template, without the parts that are empty.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(method, forKey: .method)
        try container.encode(url, forKey: .url)
        if !headers.fields.isEmpty { try container.encode(headers, forKey: .headers) }
        if body != .none { try container.encode(body, forKey: .content) }
        try container.encode(timeout.millisecondsRoundedUp, forKey: .timeout)
        try container.encode(success, forKey: .success)
        if !output.paths.isEmpty { try container.encode(output, forKey: .output) }
        try container.encodeIfPresent(signature, forKey: .signature)
        try container.encodeIfPresent(fallback, forKey: .fallback)
    }
}
