/// A request whose variables are replaced and whose secrets are still references: safe to store and to show.
public struct RenderedRequest: Sendable, Hashable {
    /// The method.
    public let method: HTTPMethod
    /// Where it goes.
    public let url: String
    /// Where it goes instead after a passing failure, if anywhere.
    public let fallbackURL: String?
    /// The header fields, `secret://name` unresolved.
    public let headers: HTTPHeaders
    /// The body.
    public let body: HTTPBody
    /// How long an attempt may take.
    public let timeout: Duration
}

extension RequestTemplate {
    /// Replaces the variables; the same variables always give the same request (row TX-4).
    ///
    /// - Parameter variables: what the variables stand for in this execution.
    /// - Returns: the request with its secrets still unresolved.
    /// - Throws: ``HTTPRequestError`` if a value makes the URL or a header too long, or cannot stand in a header.
    public func render(_ variables: TemplateVariables) throws(HTTPRequestError) -> RenderedRequest {
        try parts().render(method: method, timeout: timeout, variables.value)
    }
}

extension RenderedRequest {
    /// Puts the secrets in, last of all, and makes the request to send (rows T-43, TX-5).
    ///
    /// Variables inside a secret's value are not replaced.
    ///
    /// - Parameters:
    ///   - secrets: where values come from; each name is asked for once.
    ///   - usingFallback: whether to send to ``fallbackURL``, if there is one.
    /// - Returns: the request, which knows its secrets so that records of it can be scrubbed.
    /// - Throws: ``HTTPRequestError`` with `missingSecret` or `badSecret`, before anything is sent; or what the provider
    ///   throws.
    public func resolve(
        secrets: some SecretProvider, usingFallback: Bool = false
    ) async throws -> HTTPRequest {
        var known: [String: SecretValue] = [:]
        var resolved: [HTTPHeaders.Field] = []
        for field in headers.fields {
            let place = "headers[\"\(field.name)\"]"
            var value = ""
            var isSensitive = field.isSensitive
            for piece in try SecretReference(parsing: field.value, field: place).pieces {
                switch piece {
                case .text(let text): value += text
                case .secret(let name):
                    let secret = try await look(name, place, secrets, &known)
                    value += secret.value
                    isSensitive = true
                }
            }
            resolved.append(.init(field.name, value, isSensitive: isSensitive))
        }
        return try HTTPRequest(
            method: method, address: RequestURL(parsing: usingFallback ? fallbackURL ?? url : url),
            headers: HTTPHeaders(resolved), body: body, timeout: timeout, redaction: Redaction(known.values))
    }

    private func look(
        _ name: String, _ place: String, _ secrets: some SecretProvider, _ known: inout [String: SecretValue]
    ) async throws -> SecretValue {
        if let secret = known[name] { return secret }
        guard let secret = try await secrets.secret(named: name) else {
            throw HTTPRequestError(
                .missingSecret, field: place, "there is no secret of this name, so nothing was sent", value: name)
        }
        guard secret.value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
            throw HTTPRequestError(
                .badSecret, field: place,
                "the secret's value holds a line break or another control character, which no header can carry",
                value: name)
        }
        known[name] = secret
        return secret
    }
}
