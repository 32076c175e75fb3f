/// A template taken apart: what can be checked before there are variables, and rendered when there are.
struct TemplateParts {
    private let url: URLPart
    private let fallback: URLPart?
    private let headers: [(field: HTTPHeaders.Field, value: TemplateText)]
    private let body: HTTPBody

    /// Takes a template apart.
    ///
    /// - Throws: ``HTTPRequestError`` for unknown or misplaced variables, misplaced or malformed secrets, bad URLs.
    init(url: String, fallbackURL: String?, headers: HTTPHeaders, body: HTTPBody) throws(HTTPRequestError) {
        self.url = try URLPart(url)
        fallback = try fallbackURL.map { text throws(HTTPRequestError) in try URLPart(text) }
        var parts: [(field: HTTPHeaders.Field, value: TemplateText)] = []
        for field in headers.fields {
            let place = "headers[\"\(field.name)\"]"
            // A variable inside a secret's name would be text of the name: the reference is looked for first.
            _ = try SecretReference(parsing: field.value, field: place)
            let value = try TemplateText(parsing: field.value, field: place)
            try Self.checkSecrets(of: field, in: value.renderedSample)
            parts.append((field, value))
        }
        self.headers = parts
        self.body = body
        try Self.check(body)
    }

    /// Refuses a value in which a variable makes or changes a reference: only the template's author names secrets.
    private static func checkSecrets(of field: HTTPHeaders.Field, in rendered: String) throws(HTTPRequestError) {
        let place = "headers[\"\(field.name)\"]"
        guard
            try SecretReference(parsing: field.value, field: place).names
                == SecretReference(parsing: rendered, field: place).names
        else {
            throw HTTPRequestError(
                .misplacedVariable, field: place,
                "a variable may not touch secret://name; put a space or a sign between")
        }
    }

    private static func check(_ body: HTTPBody) throws(HTTPRequestError) {
        switch body {
        case .none, .bytes: return
        case .text(let text): try check(bodyText: text)
        case .json(let value): try check(json: value)
        }
    }

    private static func check(bodyText text: String) throws(HTTPRequestError) {
        guard !SecretReference.isMentioned(in: text) else {
            throw HTTPRequestError(
                .misplacedSecret, field: "body",
                "secret://name may stand in header values only; bytes are sent as they are")
        }
        _ = try TemplateText(parsing: text, field: "body", forbidding: [.attempt])
    }

    private static func check(json value: JSONValue) throws(HTTPRequestError) {
        switch value {
        case .string(let text): try check(bodyText: text)
        case .array(let elements):
            for element in elements { try check(json: element) }
        case .object(let members):
            for member in members {
                guard !member.name.mentionsVariable else {
                    throw HTTPRequestError(
                        .misplacedVariable, field: "body", "variables may stand in JSON strings, not in names",
                        value: member.name)
                }
                try check(json: member.value)
            }
        case .null, .bool, .number: return
        }
    }

    /// The request with its variables replaced; secrets are still references.
    func render(
        method: HTTPMethod, timeout: Duration, _ value: (TemplateVariable) -> String
    ) throws(HTTPRequestError) -> RenderedRequest {
        var rendered: [HTTPHeaders.Field] = []
        for (field, part) in headers {
            let text = part.render(value)
            try HTTPHeaders.check(value: text, of: field.name)
            try Self.checkSecrets(of: field, in: text)
            rendered.append(.init(field.name, text, isSensitive: field.isSensitive))
        }
        return RenderedRequest(
            method: method, url: try url.render(value),
            fallbackURL: try fallback.map { part throws(HTTPRequestError) in try part.render(value) },
            headers: HTTPHeaders(rendered), body: try Self.render(body, value), timeout: timeout)
    }

    private static func render(_ body: HTTPBody, _ variable: (TemplateVariable) -> String) throws(HTTPRequestError)
        -> HTTPBody
    {
        switch body {
        case .none, .bytes: return body
        case .text(let text): return .text(try TemplateText(parsing: text, field: "body").render(variable))
        case .json(let value): return .json(try render(value, variable))
        }
    }

    private static func render(
        _ value: JSONValue, _ variable: (TemplateVariable) -> String
    ) throws(HTTPRequestError) -> JSONValue {
        switch value {
        case .string(let text):
            return .string(try TemplateText(parsing: text, field: "body").render(variable))
        case .array(let elements):
            return .array(try elements.map { element throws(HTTPRequestError) in try render(element, variable) })
        case .object(let members):
            return .object(
                try members.map { member throws(HTTPRequestError) in
                    JSONValue.Member(member.name, try render(member.value, variable))
                })
        case .null, .bool, .number: return value
        }
    }
}
