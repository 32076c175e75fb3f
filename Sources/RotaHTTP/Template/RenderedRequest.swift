/// A request with its variables replaced and its secrets still unresolved.
///
/// It is safe to store and to show.
public struct RenderedRequest: Sendable, Hashable {
    /// The method.
    public let method: HTTPMethod
    /// The URL.
    public let url: String
    /// The header fields, with `secret://name` unresolved.
    public let headers: HTTPHeaders
    /// The body.
    public let body: HTTPBody
    /// The time limit of one attempt.
    public let timeout: Duration
    /// The reference to the secret that signs the request, such as `secret://hook`, if it is signed.
    public let signature: String?
    /// The URL to which the request goes after its own failed for a passing reason, if there is one.
    public let fallback: String?

    /// The same request to its fallback, or `nil` if it has none.
    package var toFallback: RenderedRequest? {
        fallback.map {
            RenderedRequest(
                method: method, url: $0, headers: headers, body: body, timeout: timeout, signature: signature,
                fallback: nil)
        }
    }
}

extension RequestTemplate {
    /// Returns the request with its variables replaced.
    ///
    /// The same variables always give the same request.
    ///
    /// - Parameter variables: The values for this execution.
    /// - Throws: ``HTTPRequestError`` if values make the URL, a header or the body too long, or are not allowed in a
    ///   header; with `missingValue` if the payload lacks a field that the template names.
    public func render(_ variables: TemplateVariables) throws(HTTPRequestError) -> RenderedRequest {
        try parts().render(method: method, timeout: timeout, variables)
    }
}

extension RenderedRequest {
    /// Returns the request to send, with its secrets resolved.
    ///
    /// Secrets come last: variables inside a secret's value are not replaced. The request is not signed yet: a
    /// scheduler does that when it sends it.
    ///
    /// - Parameter secrets: The provider of the values. It is asked once for each name.
    /// - Returns: The request, which knows its secrets so that records of it can be scrubbed.
    /// - Throws: ``HTTPRequestError`` with `missingSecret` or `badSecret`, or the provider's own error.
    public func resolve(secrets: some SecretProvider) async throws -> HTTPRequest {
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
            method: method, address: RequestURL(parsing: url), headers: HTTPHeaders(resolved), body: body,
            timeout: timeout, redaction: Redaction(known.values))
    }

    private func look(
        _ name: String, _ place: String, _ secrets: some SecretProvider, _ known: inout [String: SecretValue]
    ) async throws -> SecretValue {
        if let secret = known[name] { return secret }
        guard let secret = try await secrets.secret(named: name) else {
            throw HTTPRequestError(
                .missingSecret, field: place,
                "there is no secret with this name, so nothing was sent; add it to the provider passed as `secrets:`",
                value: name)
        }
        guard secret.value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
            throw HTTPRequestError(
                .badSecret, field: place,
                "the secret's value contains a line break or another control character, which a header cannot carry",
                value: name)
        }
        known[name] = secret
        return secret
    }
}
