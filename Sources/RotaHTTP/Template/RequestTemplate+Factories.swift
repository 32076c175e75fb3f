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
