import Foundation
import RotaCore

/// Text with its `{{variables}}` parsed.
struct TemplateText: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case text(String)
        case variable(TemplateVariable)
    }

    let pieces: [Piece]

    /// Parses a text.
    ///
    /// Every `{{` must begin a known variable, so that a typing error surfaces when the job is created.
    ///
    /// - Throws: ``HTTPRequestError`` with `unknownVariable`, or `misplacedVariable` for a variable that is not allowed
    ///   here.
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
            guard let variable = TemplateVariable(name) else {
                let meant = Spelling.meant(by: name, among: TemplateVariable.plainNames)
                throw HTTPRequestError(
                    .unknownVariable, field: field,
                    "there is no such variable; \(meant.map { "did you mean {{\($0)}}? " } ?? "")\(Self.hint)",
                    value: name)
            }
            guard !forbidden.contains(variable) else {
                throw HTTPRequestError(
                    .misplacedVariable, field: field,
                    variable == .executionToken
                        ? "{{\(name)}} is a secret, so it is allowed in header values only"
                        : "{{\(name)}} changes between attempts, so it is allowed only in the URL and in headers")
            }
            pieces.append(.variable(variable))
            rest = rest[(close + 2)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(decoding: rest, as: UTF8.self))) }
        self.pieces = pieces
    }

    private static let hint =
        "use one of " + TemplateVariable.names.joined(separator: ", ")
        + "; a body with literal braces can be sent as bytes"

    var variables: [TemplateVariable] {
        pieces.compactMap { if case .variable(let variable) = $0 { variable } else { nil } }
    }

    /// The variable that is the whole text, if it is a field of the payload.
    var wholePayload: JSONPath? {
        guard pieces.count == 1, case .variable(.payload(let path)) = pieces[0] else { return nil }
        return path
    }

    /// The text with an `x` for every variable.
    var renderedSample: String {
        pieces.map { if case .text(let text) = $0 { text } else { "x" } }.joined()
    }

    /// Whether it holds the execution's token.
    var usesToken: Bool { variables.contains(.executionToken) }

    /// The text with the reference to a secret for every token, and with other variables in braces, or as given.
    func withTokenReference(others: String? = nil) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .variable(.executionToken): "secret://" + TemplateVariable.tokenSecret
            case .variable(let variable): others ?? "{{\(variable.name)}}"
            }
        }.joined()
    }

    /// Returns the text with its variables replaced.
    ///
    /// - Parameters:
    ///   - variables: The values.
    ///   - field: The part of the request that the text belongs to.
    ///   - budget: The bytes that may be inserted, of which those of the result are taken.
    ///   - encode: Called with each value; returns what is inserted, which is not shorter.
    /// - Throws: ``HTTPRequestError`` with `missingValue` or `tooLarge`.
    func render(
        _ variables: TemplateVariables, for field: String, within budget: inout RenderBudget,
        encode: (String) -> String = { $0 }
    ) throws(HTTPRequestError) -> String {
        var out = ""
        for piece in pieces {
            switch piece {
            case .text(let text):
                try budget.take(text.utf8.count)
                out += text
            case .variable(let variable):
                let value = try variables.text(of: variable, for: field)
                let count = value.utf8.count
                try budget.take(count)
                let encoded = encode(value)
                try budget.take(max(0, encoded.utf8.count - count))
                out += encoded
            }
        }
        return out
    }

    /// Returns the first position at which a byte occurs twice in a row.
    static func index(of byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count > 1 else { return nil }
        return (bytes.startIndex..<(bytes.endIndex - 1)).first { bytes[$0] == byte && bytes[$0 + 1] == byte }
    }
}

extension String {
    var trimmingSpaces: String {
        String(decoding: utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
    }

    /// Whether the text contains `{{`.
    var mentionsVariable: Bool {
        TemplateText.index(of: UInt8(ascii: "{"), in: Array(utf8)[...]) != nil
    }
}

/// A parsed template: it is checked without variables and rendered with them.
struct TemplateParts {
    private let url: URLPart
    private let fallback: URLPart?
    private let headers: [(field: HTTPHeaders.Field, value: TemplateText)]
    private let body: HTTPBody
    private let signature: TemplateText?
    /// Whether any part takes a value from the payload.
    let usesPayload: Bool
    /// Whether a request cannot be made without a payload: a part other than a body that is the payload takes a value.
    let needsPayload: Bool
    /// Whether a header contains the execution's token.
    let usesToken: Bool

    /// Parses a template.
    ///
    /// - Throws: ``HTTPRequestError`` for unknown or misplaced variables, misplaced or malformed secrets, and invalid
    ///   URLs.
    init(
        url: String, fallback: String?, headers: HTTPHeaders, body: HTTPBody, signature: String?
    ) throws(HTTPRequestError) {
        let primary = try URLPart(url)
        let other = try fallback.map { text throws(HTTPRequestError) in try URLPart(text, field: "fallback") }
        self.url = primary
        self.fallback = other
        let isPayload = primary.isPayload || other?.isPayload == true
        var usesPayload = primary.usesPayload || other?.usesPayload == true
        var parts: [(field: HTTPHeaders.Field, value: TemplateText)] = []
        for field in headers.fields {
            let place = "headers[\"\(field.name)\"]"
            // Look for references first: a variable inside a secret's name would be read as part of the name.
            _ = try SecretReference(parsing: field.value, field: place)
            let value = try TemplateText(parsing: field.value, field: place)
            try Self.checkSecrets(of: field, value, in: value.withTokenReference(others: "x"))
            guard !isPayload || !(SecretReference.isMentioned(in: field.value) || value.usesToken) else {
                throw HTTPRequestError(
                    .misplacedSecret, field: place,
                    "a request whose whole URL comes from the payload may not carry secrets, which any receiver "
                        + "would get; sign the request instead")
            }
            if value.variables.contains(where: \.isPayload) { usesPayload = true }
            parts.append((field, value))
        }
        self.headers = parts
        var usesToken = false
        for (field, value) in parts {
            let names = try SecretReference(parsing: value.withTokenReference(), field: field.name).names
            if names.contains(TemplateVariable.tokenSecret) { usesToken = true }
        }
        self.usesToken = usesToken
        self.body = body
        self.signature = try signature.map { text throws(HTTPRequestError) in try Self.signature(text) }
        if self.signature?.variables.isEmpty == false { usesPayload = true }
        let fillsBody = try Self.check(body)
        self.usesPayload = usesPayload || fillsBody
        needsPayload = usesPayload || fillsBody && !Self.isPayload(body)
    }

    /// Parses the reference to the secret that signs the request.
    ///
    /// Unlike in headers, the payload may choose among secrets: a signature does not contain the secret.
    private static func signature(_ text: String) throws(HTTPRequestError) -> TemplateText {
        let template = try TemplateText(parsing: text, field: "signature")
        guard template.variables.allSatisfy(\.isPayload) else {
            throw HTTPRequestError(
                .misplacedVariable, field: "signature", "only fields of the payload can be part of a secret's name",
                value: text)
        }
        _ = try SecretReference.name(in: template.renderedSample, field: "signature")
        return template
    }

    /// Throws if a variable creates or changes a reference.
    ///
    /// Only the template's author may name secrets.
    private static func checkSecrets(
        of field: HTTPHeaders.Field, _ value: TemplateText, in rendered: String
    ) throws(HTTPRequestError) {
        let place = "headers[\"\(field.name)\"]"
        let written = try SecretReference(parsing: field.value, field: place).names
        let names = try SecretReference(parsing: value.withTokenReference(), field: place).names
        let token = TemplateVariable.tokenSecret
        let tokens = value.variables.count(where: { $0 == .executionToken }) + written.count(where: { $0 == token })
        guard try names == SecretReference(parsing: rendered, field: place).names,
            names.count(where: { $0 == token }) == tokens
        else {
            throw HTTPRequestError(
                .misplacedVariable, field: place,
                "separate a variable from secret://name, and text from the token, by a space or punctuation")
        }
    }

    /// Whether a body is the payload as it is.
    private static func isPayload(_ body: HTTPBody) -> Bool {
        guard case .json(.string(let text)) = body else { return false }
        return (try? TemplateText(parsing: text, field: "body"))?.wholePayload?.segments.isEmpty == true
    }

    /// Checks a body, and returns whether it uses the payload.
    private static func check(_ body: HTTPBody) throws(HTTPRequestError) -> Bool {
        switch body {
        case .none, .bytes: false
        case .text(let text): try check(bodyText: text)
        case .json(let value): try check(json: value)
        }
    }

    private static func check(bodyText text: String) throws(HTTPRequestError) -> Bool {
        guard !SecretReference.isMentioned(in: text) else {
            throw HTTPRequestError(
                .misplacedSecret, field: "body",
                "secret://name is allowed in header values only; use bytes to send this text as it is")
        }
        let parsed = try TemplateText(parsing: text, field: "body", forbidding: [.attempt, .executionToken])
        return parsed.variables.contains(where: \.isPayload)
    }

    private static func check(json value: JSONValue) throws(HTTPRequestError) -> Bool {
        var usesPayload = false
        switch value {
        case .string(let text): return try check(bodyText: text)
        case .array(let elements):
            for element in elements where try check(json: element) { usesPayload = true }
        case .object(let members):
            for member in members {
                guard !member.name.mentionsVariable else {
                    throw HTTPRequestError(
                        .misplacedVariable, field: "body", "variables are allowed in JSON strings, not in names",
                        value: member.name)
                }
                if try check(json: member.value) { usesPayload = true }
            }
        case .null, .bool, .number: break
        }
        return usesPayload
    }

    /// Returns the request with its variables replaced and its secrets unresolved.
    func render(
        method: HTTPMethod, timeout: Duration, _ variables: TemplateVariables
    ) throws(HTTPRequestError) -> RenderedRequest {
        var rendered: [HTTPHeaders.Field] = []
        for (field, part) in headers {
            let place = "headers[\"\(field.name)\"]"
            var budget = RenderBudget.value(place)
            let text = try part.render(variables, for: place, within: &budget)
            try HTTPHeaders.check(value: text, of: field.name)
            try Self.checkSecrets(of: field, part, in: text)
            rendered.append(.init(field.name, text, isSensitive: field.isSensitive))
        }
        return RenderedRequest(
            method: method, url: try url.render(variables), headers: HTTPHeaders(rendered),
            body: try Self.render(body, variables), timeout: timeout,
            signature: try signature.map { text throws(HTTPRequestError) in
                var budget = RenderBudget.value("signature")
                let reference = try text.render(variables, for: "signature", within: &budget)
                _ = try SecretReference.name(in: reference, field: "signature")
                return reference
            },
            fallback: try fallback.map { url throws(HTTPRequestError) in try url.render(variables) })
    }

    private static func render(
        _ body: HTTPBody, _ variables: TemplateVariables
    ) throws(HTTPRequestError) -> HTTPBody {
        var budget = RenderBudget.body
        switch body {
        case .none, .bytes: return body
        case .text(let text):
            let text = try TemplateText(parsing: text, field: "body")
            return .text(try text.render(variables, for: "body", within: &budget))
        case .json(let value):
            guard variables.payload != nil || !isPayload(body) else { return .none }
            return .json(try render(value, variables, within: &budget))
        }
    }

    private static func render(
        _ value: JSONValue, _ variables: TemplateVariables, within budget: inout RenderBudget
    ) throws(HTTPRequestError) -> JSONValue {
        switch value {
        case .string(let text):
            let text = try TemplateText(parsing: text, field: "body")
            let rendered: JSONValue
            if let path = text.wholePayload {
                // A string that is nothing but a field of the payload becomes its value, with its type.
                rendered = try variables.value(at: path, for: "body")
            } else {
                // The result is counted below, with its quotes.
                var inner = budget
                rendered = .string(try text.render(variables, for: "body", within: &inner))
            }
            try budget.take(json: rendered)
            return rendered
        case .array(let elements):
            try budget.take(brackets: elements.count)
            var rendered: [JSONValue] = []
            for element in elements { rendered.append(try render(element, variables, within: &budget)) }
            return .array(rendered)
        case .object(let members):
            try budget.take(brackets: members.count)
            var rendered: [JSONValue.Member] = []
            for member in members {
                try budget.take(name: member.name)
                rendered.append(.init(member.name, try render(member.value, variables, within: &budget)))
            }
            return .object(rendered)
        case .null, .bool, .number:
            try budget.take(json: value)
            return value
        }
    }
}

/// A template's URL.
///
/// Variables are allowed after the host, and each value is percent-encoded. Or the whole URL is a field of the payload.
struct URLPart {
    private let text: TemplateText
    private let field: String

    /// Whether the payload has the whole URL.
    var isPayload: Bool { text.wholePayload != nil }

    /// Whether any part of it comes from the payload.
    var usesPayload: Bool { text.variables.contains(where: \.isPayload) }

    /// Parses a URL.
    ///
    /// - Throws: ``HTTPRequestError`` with `badURL`, `misplacedVariable`, `unknownVariable` or `misplacedSecret`.
    init(_ url: String, field: String = "url") throws(HTTPRequestError) {
        self.field = field
        guard !SecretReference.isMentioned(in: url) else {
            throw HTTPRequestError(
                .misplacedSecret, field: field,
                "secret://name is allowed in header values only, as in headers: [\"Authorization\": \"Bearer secret://name\"]"
            )
        }
        text = try TemplateText(parsing: url, field: field, forbidding: [.executionToken])
        if text.wholePayload != nil { return }
        let authority = url.utf8.drop { $0 != UInt8(ascii: "/") }.dropFirst(2).prefix {
            ![UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0)
        }
        let head = url.utf8[..<authority.endIndex]
        guard text.variables.isEmpty || !(String(head) ?? "{{").mentionsVariable else {
            throw HTTPRequestError(
                .misplacedVariable, field: field,
                "variables are allowed in the path and query, not in scheme, host or port, unless the whole URL is one "
                    + "field of the payload, such as {{payload.url}}",
                value: String(head).map { PercentEncoding.redact(url: $0) })
        }
        // Every value is encoded to unreserved characters, so one sample stands for all.
        _ = try parse(text.renderedSample)
    }

    /// Parses a whole URL, with errors that name the field.
    private func parse(_ url: String) throws(HTTPRequestError) -> RequestURL {
        do { return try RequestURL(parsing: url) } catch { throw error.named(field) }
    }

    /// Returns the URL with its variables replaced and their values percent-encoded.
    func render(_ variables: TemplateVariables) throws(HTTPRequestError) -> String {
        var budget = RenderBudget.url(field)
        if isPayload { return try parse(text.render(variables, for: field, within: &budget)).text }
        let rendered = try text.render(variables, for: field, within: &budget, encode: PercentEncoding.encode)
        // Without variables, it is the sample.
        guard
            text.variables.isEmpty || Self.dotSegments(in: rendered) == Self.dotSegments(in: text.renderedSample)
        else {
            throw HTTPRequestError(
                .badURL, field: field,
                "a value makes a path segment that servers take for `.` or `..`, which would leave the path of the template",
                value: PercentEncoding.redact(url: rendered))
        }
        return try parse(rendered).text
    }

    /// The number of path segments that are `.` or `..` for a server that decodes the path before it divides it.
    private static func dotSegments(in url: String) -> Int {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        let decoded = path.removingPercentEncoding ?? String(path)
        return decoded.split(whereSeparator: { $0 == "/" || $0 == "\\" }).count { $0 == "." || $0 == ".." }
    }
}
