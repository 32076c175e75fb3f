extension HTTPBody {
    /// Refuses a body that the method cannot carry, or that is too large or too deep.
    package func check(method: HTTPMethod) throws(HTTPRequestError) {
        if case .none = self { return }
        guard method.allowsBody else {
            throw HTTPRequestError(
                .badBody, field: "body", "\(method) carries no body; use POST, PUT or PATCH, or a query in the URL")
        }
        if case .json(let value) = self, !value.isNested(within: JSONValue.deepest) {
            throw HTTPRequestError(
                .badJSON, field: "body", "JSON may nest \(JSONValue.deepest) levels deep, this nests deeper")
        }
        let count =
            switch self {
            case .bytes(let data): data.count
            case .text(let text): text.utf8.count
            default: data?.count ?? 0
            }
        guard count <= Self.longest else {
            throw HTTPRequestError(
                .tooLarge, field: "body", "a body may have \(Self.longest) bytes, this one has \(count)")
        }
    }
}
