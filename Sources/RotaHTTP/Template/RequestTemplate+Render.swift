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
