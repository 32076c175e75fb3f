import RotaCore

/// Text with `{{variables}}` inside, taken apart.
struct TemplateText: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case text(String)
        case variable(TemplateVariable)
    }

    let pieces: [Piece]

    /// Takes text apart.
    ///
    /// Every `{{` must begin a known variable, so that a slip is found when the job is made and not in what it sends.
    ///
    /// - Throws: ``HTTPRequestError`` with `unknownVariable`, or `misplacedVariable` for one that is not allowed here.
    init(parsing text: String, field: String, forbidding forbidden: Set<TemplateVariable> = []) throws(HTTPRequestError)
    {
        var pieces: [Piece] = []
        var rest = Array(text.utf8)[...]
        while let open = Self.index(of: UInt8(ascii: "{"), in: rest) {
            if open > rest.startIndex { pieces.append(.text(String(decoding: rest[..<open], as: UTF8.self))) }
            guard let close = Self.index(of: UInt8(ascii: "}"), in: rest[(open + 2)...]) else {
                throw HTTPRequestError(
                    .unknownVariable, field: field, "{{ begins a variable, and }} must end it; \(Self.hint)",
                    value: String(decoding: rest[open...].prefix(40), as: UTF8.self))
            }
            let name = String(decoding: rest[(open + 2)..<close], as: UTF8.self).trimmingSpaces
            guard let variable = TemplateVariable(rawValue: name) else {
                throw HTTPRequestError(
                    .unknownVariable, field: field, "there is no such variable; \(Self.hint)", value: name)
            }
            guard !forbidden.contains(variable) else {
                throw HTTPRequestError(
                    .misplacedVariable, field: field,
                    "{{\(name)}} changes between attempts, so it may stand in the URL and in headers only")
            }
            pieces.append(.variable(variable))
            rest = rest[(close + 2)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(decoding: rest, as: UTF8.self))) }
        self.pieces = pieces
    }

    private static let hint =
        "known are " + TemplateVariable.allCases.map { "{{\($0.rawValue)}}" }.joined(separator: ", ")
        + "; a body with literal braces can be sent as bytes"

    var hasVariables: Bool {
        pieces.contains { if case .variable = $0 { true } else { false } }
    }

    /// The text with an `x` for every variable.
    var renderedSample: String {
        pieces.map { if case .text(let text) = $0 { text } else { "x" } }.joined()
    }

    /// The text with its variables replaced.
    func render(_ value: (TemplateVariable) -> String) -> String {
        var out = ""
        for piece in pieces {
            switch piece {
            case .text(let text): out += text
            case .variable(let variable): out += value(variable)
            }
        }
        return out
    }

    /// Where a byte stands twice in a row.
    static func index(of byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count > 1 else { return nil }
        return (bytes.startIndex..<(bytes.endIndex - 1)).first { bytes[$0] == byte && bytes[$0 + 1] == byte }
    }
}

extension String {
    var trimmingSpaces: String {
        String(decoding: utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
    }

    /// Whether `{{` occurs.
    var mentionsVariable: Bool {
        TemplateText.index(of: UInt8(ascii: "{"), in: Array(utf8)[...]) != nil
    }
}

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
