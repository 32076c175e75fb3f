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
