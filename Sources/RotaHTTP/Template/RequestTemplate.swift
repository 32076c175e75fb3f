/// What a job stores of its request: URL, headers and body with variables and secret references still in them.
///
/// It is checked when it is made, and again when it is decoded, so that a mistake is found then and not at the first run.
///
/// Variables (`{{timestamp}}`, `{{uuid}}`, `{{execution_id}}`, `{{job_id}}`, `{{scheduled_for}}`, `{{attempt}}`) may stand
/// in the URL's path and query, in header values, in a text body and in the strings of a JSON body (row TX-2); not in
/// header names, JSON names or secrets (row TX-3), nor in the host. `secret://name` may stand in header values.
public struct RequestTemplate: Sendable, Hashable {
    /// The method.
    public let method: HTTPMethod
    /// The URL as written.
    public let url: String
    /// Another URL for the same request, for attempts after the first one failed for a passing reason (row S-28).
    public let fallbackURL: String?
    /// The header fields as written.
    public let headers: HTTPHeaders
    /// The body as written.
    public let body: HTTPBody
    /// How long an attempt may take.
    public let timeout: Duration
    /// Which responses count as success.
    public let success: SuccessRule
    /// What is taken out of a response for those who come after.
    public let output: OutputMapping

    /// Checks the parts and makes a template of them.
    ///
    /// - Parameters:
    ///   - method: what to ask.
    ///   - url: an http or https URL, by whose path and query variables may stand.
    ///   - fallbackURL: another URL to turn to when the first fails for a passing reason.
    ///   - headers: header fields, with variables and `secret://name` in their values.
    ///   - body: what to carry; not with GET and HEAD.
    ///   - timeout: 1 ms to 1 hour for an attempt; 30 s by default (rows T-35, K-12, I-20).
    ///   - success: which responses count as success.
    ///   - output: what is taken out of a response; nothing by default.
    /// - Throws: ``HTTPRequestError`` that names the part and says what is wrong with it.
    public init(
        method: HTTPMethod, url: String, fallbackURL: String? = nil, headers: HTTPHeaders = [:],
        body: HTTPBody = .none, timeout: Duration = .seconds(30), success: SuccessRule = .default,
        output: OutputMapping = [:]
    ) throws(HTTPRequestError) {
        self.method = method
        self.url = url
        self.fallbackURL = fallbackURL
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.success = success
        self.output = output
        try check()
    }

    /// The template taken apart.
    func parts() throws(HTTPRequestError) -> TemplateParts {
        try TemplateParts(url: url, fallbackURL: fallbackURL, headers: headers, body: body)
    }

    private func check() throws(HTTPRequestError) {
        try RequestTimeout.check(timeout)
        try headers.check()
        try body.check(method: method)
        // What could not be decoded again must not be stored.
        guard (success.matcher?.depth ?? 0) <= ResponseMatcher.deepest else {
            throw HTTPRequestError(
                .badRule, field: "success", "matchers may nest \(ResponseMatcher.deepest) levels deep")
        }
        _ = try parts()
    }
}

extension RequestTemplate {
    /// A GET request.
    ///
    /// - Parameters:
    ///   - url: where it goes.
    ///   - headers: header fields.
    ///   - timeout: 1 ms to 1 hour for an attempt.
    ///   - success: which responses count as success.
    /// - Returns: the template.
    /// - Throws: ``HTTPRequestError`` if a part is wrong.
    public static func get(
        _ url: String, headers: HTTPHeaders = [:], timeout: Duration = .seconds(30), success: SuccessRule = .default
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .get, url: url, headers: headers, timeout: timeout, success: success)
    }

    /// A HEAD request.
    ///
    /// - Parameters:
    ///   - url: where it goes.
    ///   - headers: header fields.
    ///   - timeout: 1 ms to 1 hour for an attempt.
    ///   - success: which responses count as success.
    /// - Returns: the template.
    /// - Throws: ``HTTPRequestError`` if a part is wrong.
    public static func head(
        _ url: String, headers: HTTPHeaders = [:], timeout: Duration = .seconds(30), success: SuccessRule = .default
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .head, url: url, headers: headers, timeout: timeout, success: success)
    }

    /// A POST request.
    ///
    /// - Parameters:
    ///   - url: where it goes.
    ///   - headers: header fields.
    ///   - body: what it carries.
    ///   - timeout: 1 ms to 1 hour for an attempt.
    ///   - success: which responses count as success.
    /// - Returns: the template.
    /// - Throws: ``HTTPRequestError`` if a part is wrong.
    public static func post(
        _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none, timeout: Duration = .seconds(30),
        success: SuccessRule = .default
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .post, url: url, headers: headers, body: body, timeout: timeout, success: success)
    }

    /// A PUT request.
    ///
    /// - Parameters:
    ///   - url: where it goes.
    ///   - headers: header fields.
    ///   - body: what it carries.
    ///   - timeout: 1 ms to 1 hour for an attempt.
    ///   - success: which responses count as success.
    /// - Returns: the template.
    /// - Throws: ``HTTPRequestError`` if a part is wrong.
    public static func put(
        _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none, timeout: Duration = .seconds(30),
        success: SuccessRule = .default
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .put, url: url, headers: headers, body: body, timeout: timeout, success: success)
    }

    /// A PATCH request.
    ///
    /// - Parameters:
    ///   - url: where it goes.
    ///   - headers: header fields.
    ///   - body: what it carries.
    ///   - timeout: 1 ms to 1 hour for an attempt.
    ///   - success: which responses count as success.
    /// - Returns: the template.
    /// - Throws: ``HTTPRequestError`` if a part is wrong.
    public static func patch(
        _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none, timeout: Duration = .seconds(30),
        success: SuccessRule = .default
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .patch, url: url, headers: headers, body: body, timeout: timeout, success: success)
    }

    /// A DELETE request.
    ///
    /// - Parameters:
    ///   - url: where it goes.
    ///   - headers: header fields.
    ///   - body: what it carries; servers seldom look at it.
    ///   - timeout: 1 ms to 1 hour for an attempt.
    ///   - success: which responses count as success.
    /// - Returns: the template.
    /// - Throws: ``HTTPRequestError`` if a part is wrong.
    public static func delete(
        _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none, timeout: Duration = .seconds(30),
        success: SuccessRule = .default
    ) throws(HTTPRequestError) -> RequestTemplate {
        try RequestTemplate(method: .delete, url: url, headers: headers, body: body, timeout: timeout, success: success)
    }
}
