/// A template's URL: variables may stand behind its host, and each value is percent-encoded there.
struct URLPart {
    private let text: TemplateText

    /// Takes a URL apart.
    ///
    /// - Throws: ``HTTPRequestError`` with `badURL`, `misplacedVariable`, `unknownVariable` or `misplacedSecret`.
    init(_ url: String) throws(HTTPRequestError) {
        guard !SecretReference.isMentioned(in: url) else {
            throw HTTPRequestError(.misplacedSecret, field: "url", "secret://name may stand in header values only")
        }
        text = try TemplateText(parsing: url, field: "url")
        let authority = url.utf8.drop { $0 != UInt8(ascii: "/") }.dropFirst(2).prefix {
            ![UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0)
        }
        let head = url.utf8[..<authority.endIndex]
        guard text.hasVariables == false || !(String(head) ?? "{{").mentionsVariable else {
            throw HTTPRequestError(
                .misplacedVariable, field: "url",
                "variables may stand in the path and query, not in scheme, host or port",
                value: String(head).map { PercentEncoding.redact(url: $0) })
        }
        // Any value is encoded to unreserved characters, so one that is left out stands for all.
        _ = try RequestURL(parsing: text.renderedSample)
    }

    /// The URL with its variables replaced, each value percent-encoded.
    func render(_ value: (TemplateVariable) -> String) throws(HTTPRequestError) -> String {
        let rendered = text.render { variable in
            let encoded = PercentEncoding.encode(value(variable))
            // `.` and `..` alone would climb out of the path that the job's author wrote.
            guard encoded.utf8.allSatisfy({ $0 == UInt8(ascii: ".") }) else { return encoded }
            return String(repeating: "%2E", count: encoded.utf8.count)
        }
        return try RequestURL(parsing: rendered).text
    }
}
