/// A provider of secrets that also has the token of one execution, under the name that `{{execution_token}}` stands
/// for.
package struct TokenSecrets: SecretProvider {
    private let base: any SecretProvider
    private let token: SecretValue?

    /// Creates a provider.
    ///
    /// - Parameters:
    ///   - base: The source of all other secrets.
    ///   - token: The token; `nil` if the scheduler issues none.
    package init(_ base: any SecretProvider, token: SecretValue?) {
        self.base = base
        self.token = token
    }

    /// Returns the token, or another secret.
    package func secret(named name: String) async throws -> SecretValue? {
        guard name == TemplateVariable.tokenSecret else { return try await base.secret(named: name) }
        guard let token else {
            throw HTTPRequestError(
                .missingSecret, field: "headers",
                "{{execution_token}} has no value, because the scheduler issues no tokens, so nothing was sent; set "
                    + "`tokenSecret` in its configuration")
        }
        return token
    }
}
