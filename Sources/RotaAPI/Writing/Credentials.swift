import Foundation
import RotaCore
import RotaHTTP

/// Keeps credentials that were stored in a job as they are out of the answers.
///
/// A header such as `Authorization` should hold a reference, `secret://name`. One that holds the credential itself is
/// shown as ``mark``, and a client that sends the mark back keeps the stored one.
enum Credentials {
    static let mark = "[redacted]"

    /// Words in the names of headers that hold credentials, as in `X-Vault-Token`.
    private static let words: Set<Substring> = [
        "token", "secret", "key", "apikey", "password", "auth", "authorization", "cookie", "signature", "credential",
        "credentials", "session",
    ]

    /// Whether a header holds a credential and not a reference to one.
    static func isOpen(_ field: HTTPHeaders.Field) -> Bool {
        let parts = field.name.lowercased().split { $0 == "-" || $0 == "_" }
        // A key that names a request, such as Idempotency-Key, is none to a door.
        let isKnown = parts.contains { words.contains($0) } && !parts.contains("idempotency")
        guard field.isSensitive || isKnown, !field.value.isEmpty else { return false }
        // A reference may follow one word, such as Bearer.
        let rest = field.value.drop { $0 != " " }.drop { $0 == " " }
        return !isReference(field.value[...]) && !isReference(rest)
    }

    /// Whether a value is the name of a secret, or a variable such as `{{execution_token}}`, and hides nothing itself.
    private static func isReference(_ value: Substring) -> Bool {
        if value.hasPrefix("secret://") { return SecretReference.isName(String(value.dropFirst("secret://".count))) }
        guard value.hasPrefix("{{"), value.hasSuffix("}}") else { return false }
        return !value.dropFirst(2).dropLast(2).contains { $0 == "{" || $0 == "}" }
    }

    /// The headers as they may be shown.
    static func shown(_ headers: HTTPHeaders) -> JSONValue {
        .object(headers.fields.map { .init($0.name, .string(isOpen($0) ? mark : $0.value)) })
    }

    /// The headers that a client sent, with the stored ones in place of the marks.
    static func restored(_ given: [String: String], from present: HTTPHeaders?) throws(APIError) -> HTTPHeaders {
        var fields: [HTTPHeaders.Field] = []
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            fields.append(try restored(HTTPHeaders.Field(name, value), from: present))
        }
        return HTTPHeaders(fields)
    }

    private static func restored(
        _ field: HTTPHeaders.Field, from present: HTTPHeaders?
    ) throws(APIError) -> HTTPHeaders.Field {
        guard field.value == mark else { return field }
        guard let stored = present?.fields.first(where: { $0.isNamed(field.name) }) else {
            throw .invalid(
                "headers.\(field.name)",
                "\"\(mark)\" stands for a stored credential, but the header \(field.name) has none. Send the value, or a "
                    + "reference such as secret://name.")
        }
        return stored
    }

    /// Refuses to send a stored credential to another server, unless the client shows that it knows it.
    ///
    /// Otherwise a client that may change a job, but was never shown its credentials, could have them delivered. The
    /// fallback gets the same headers as the URL, so its server counts as well.
    static func checkMove(
        from old: RequestTemplate?, to new: RequestTemplate?, body: Data
    ) throws(APIError) {
        guard let old, let new, !servers(of: new).isSubset(of: servers(of: old)) else { return }
        for field in new.headers.fields where isOpen(field) && old.headers.fields.contains(field) {
            guard body.range(of: Data(field.value.utf8)) == nil else { continue }
            throw .invalid(
                "headers.\(field.name)",
                "The header \(field.name) holds a credential of another server. Send its value again with the new URL.")
        }
    }

    /// The servers to which a request goes with all its headers.
    private static func servers(of template: RequestTemplate) -> Set<String> {
        Set([template.url, template.fallback].compactMap { $0.map(server) })
    }

    private static func server(of url: String) -> String {
        let rest = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let authority = (rest.last ?? "").prefix { !"/?#".contains($0) }
        return "\(rest.first ?? "")://\(authority)".lowercased()
    }

    /// A URL as a caller may see it: whole if it may change jobs, and otherwise without what may be secret.
    static func shown(url: String, to caller: Caller) -> String {
        caller.may(.write) ? url : PercentEncoding.redact(url: url)
    }

    /// Refuses a URL with a mark in it: a part that was not shown cannot come back.
    static func refuseMark(in url: String?, _ field: String) throws(APIError) {
        guard let url, url.contains(mark) else { return }
        throw .invalid(
            field, "\"\(mark)\" stands for a part of the URL that was not shown to its reader. Send the whole URL.")
    }

    // MARK: The engine's JSON

    /// A definition as it may be shown.
    ///
    /// - Parameter showsURLs: Whether the caller may see whole URLs, whose queries may hold tokens.
    static func hidden(in definition: JSONValue, showsURLs: Bool) -> JSONValue {
        let hidden = definition.replacing("action") { action in
            action.replacing("http") { request in
                let request = request.replacing("headers") { headers in
                    .array(
                        pairs(headers).map { pair in
                            isOpen(pair.field) ? .array([.string(pair.field.name), .string(mark)]) : pair.json
                        })
                }
                return showsURLs ? request : request.replacing("url", redacted).replacing("fallback_url", redacted)
            }
        }
        guard !showsURLs else { return hidden }
        return hidden.replacing("notifications") { rules in
            guard case .array(let rules) = rules else { return rules }
            return .array(
                rules.map { $0.replacing("channel") { $0.replacing("webhook") { $0.replacing("url", redacted) } } })
        }
    }

    private static func redacted(_ url: JSONValue) -> JSONValue {
        guard case .string(let text) = url else { return url }
        return .string(PercentEncoding.redact(url: text))
    }

    /// Refuses URLs with a mark in them: a part that was not shown cannot come back.
    static func refuseMarks(in definition: JSONValue) throws(APIError) {
        let request = definition["action"]?["http"]
        var urls = [("action.http.url", request?["url"]), ("action.http.fallback_url", request?["fallback_url"])]
        if case .array(let rules)? = definition["notifications"] {
            urls += rules.enumerated().map { place, rule in
                ("notifications[\(place)].channel.webhook.url", rule["channel"]?["webhook"]?["url"])
            }
        }
        for (place, url) in urls {
            guard case .string(let text)? = url else { continue }
            try refuseMark(in: text, place)
        }
    }

    /// A definition that a client sent, with the stored headers in place of the marks.
    static func restored(in definition: JSONValue, from present: HTTPHeaders?) throws(APIError) -> JSONValue {
        try refuseMarks(in: definition)
        guard let headers = definition["action"]?["http"]?["headers"] else { return definition }
        var restoredPairs: [JSONValue] = []
        for pair in pairs(headers) {
            guard pair.field.value == mark else {
                restoredPairs.append(pair.json)
                continue
            }
            let field = try restored(pair.field, from: present)
            let isMarked = field.isSensitive && !HTTPHeaders.Field.carriesCredentials(field.name)
            restoredPairs.append(
                .array([.string(field.name), .string(field.value)] + (isMarked ? ["sensitive"] : [])))
        }
        let result = JSONValue.array(restoredPairs)
        return definition.replacing("action") { $0.replacing("http") { $0.replacing("headers") { _ in result } } }
    }

    /// The headers of a request in the engine's JSON, pairs of name and value or an object.
    ///
    /// Anything else is left to the decoder to refuse.
    private static func pairs(_ headers: JSONValue) -> [(field: HTTPHeaders.Field, json: JSONValue)] {
        switch headers {
        case .object(let members):
            members.map { member in
                guard case .string(let value) = member.value else { return (.init("", ""), [.string(member.name)]) }
                return (.init(member.name, value), [.string(member.name), .string(value)])
            }
        case .array(let pairs):
            pairs.map { pair in
                guard case .array(let parts) = pair, parts.count >= 2, case .string(let name) = parts[0],
                    case .string(let value) = parts[1]
                else { return (.init("", ""), pair) }
                return (.init(name, value, isSensitive: parts.count > 2 ? true : nil), pair)
            }
        default: [(.init("", ""), headers)]
        }
    }
}
