extension HTTPMethod {
    /// Reads a method's name in any letter case.
    ///
    /// - Parameter text: one of the six names, such as `post` or `POST`.
    /// - Throws: ``HTTPRequestError`` with `badMethod` for every other text.
    public init(_ text: String) throws(HTTPRequestError) {
        guard let method = Self(rawValue: text.uppercased()), text.utf8.count == method.rawValue.utf8.count else {
            throw HTTPRequestError(
                .badMethod, field: "method", "use one of GET, POST, PUT, PATCH, DELETE and HEAD", value: text)
        }
        self = method
    }

    /// Decodes a name in any letter case.
    ///
    /// - Parameter decoder: where the name is read from.
    /// - Throws: `HTTPRequestError` with `badMethod` for an unknown name.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }
}
