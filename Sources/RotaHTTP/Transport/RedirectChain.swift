import Foundation

/// The redirects of one exchange (RFC 9110 § 15.4).
struct RedirectChain {
    private let policy: RedirectPolicy
    private var visited: Set<String> = []

    init(_ policy: RedirectPolicy) {
        self.policy = policy
    }

    /// Returns the request that a redirect asks for, or `nil` if the response is final.
    ///
    /// - Throws: ``TransportError`` with `redirect` for a loop, one redirect too many, a step from https to http, or an
    ///   invalid target.
    mutating func next(after response: HTTPResponse, to request: HTTPRequest) throws(TransportError) -> HTTPRequest? {
        guard policy.limit > 0, [301, 302, 303, 307, 308].contains(response.status),
            let location = response.headers["Location"]
        else { return nil }
        let from = request.address
        let target: RequestURL
        do {
            target = try RequestURL(parsing: Self.resolve(location, against: from))
        } catch {
            throw refusal("the target of the redirect is invalid: \(error.message)", response, request)
        }
        guard !from.isSecure || target.isSecure else {
            throw refusal("a redirect from https to http is not followed", response, request)
        }
        visited.insert("\(request.method) \(from.text)")
        guard visited.count <= policy.limit else {
            throw refusal("more than \(policy.limit) redirects", response, request)
        }
        let following = try follow(request, response, from, target)
        guard !visited.contains("\(following.method) \(target.text)") else {
            throw refusal("the redirects form a loop", response, request)
        }
        return following
    }

    private func refusal(_ message: String, _ response: HTTPResponse, _ request: HTTPRequest) -> TransportError {
        TransportError(.redirect, message, url: request.url, response: response)
    }

    /// Returns the absolute target, resolved against the URL of the response (RFC 3986 § 4.2).
    private static func resolve(_ location: String, against from: RequestURL) -> String {
        let lower = location.lowercased()
        if lower.hasPrefix("http://") || lower.hasPrefix("https://") { return location }
        if location.hasPrefix("//") { return (from.isSecure ? "https:" : "http:") + location }
        if location.hasPrefix("/") { return from.origin + location }
        let path = from.pathAndQuery.prefix { $0 != "?" }
        if location.hasPrefix("?") { return from.origin + path + location }
        // Leave other schemes as they are. The parser refuses them.
        if location.prefix(while: { $0 != "/" && $0 != "?" && $0 != "#" }).contains(":") { return location }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return from.origin + folder + location
    }

    private func follow(
        _ request: HTTPRequest, _ response: HTTPResponse, _ from: RequestURL, _ target: RequestURL
    ) throws(TransportError) -> HTTPRequest {
        let status = response.status
        let becomesGet =
            (status == 303 && request.method != .head) || ((status == 301 || status == 302) && request.method == .post)
        let isElsewhere = from.isSecure != target.isSecure || from.host != target.host || from.port != target.port
        let fields = request.headers.fields.filter { field in
            if isElsewhere, field.isSensitive || HTTPHeaders.Field.carriesCredentials(field.name) { return false }
            return !becomesGet || !field.name.lowercased().hasPrefix("content-")
        }
        do {
            var following = try HTTPRequest(
                method: becomesGet ? .get : request.method, address: target, headers: HTTPHeaders(fields),
                body: becomesGet ? .none : request.body, timeout: request.timeout, redaction: request.redaction)
            following.isRepeatable = request.isRepeatable
            return following
        } catch {
            throw refusal("the redirect cannot be followed: \(error.message)", response, request)
        }
    }
}
