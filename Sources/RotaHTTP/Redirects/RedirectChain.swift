import RotaCore

/// Whether a transport follows redirects.
public struct RedirectPolicy: Sendable, Hashable {
    /// The most redirects followed in one exchange.
    public let limit: Int

    /// Follows no redirects and returns the 3xx response itself.
    public static let never = RedirectPolicy(limit: 0)

    /// Follows redirects, and checks each target like the first one.
    ///
    /// Header fields with secrets and credentials are dropped when the scheme, host or port changes. A redirect from
    /// https to http, a circle, and one redirect too many are errors.
    ///
    /// - Parameter limit: The most redirects followed, from 1 to 20.
    public static func following(upTo limit: Int = 5) -> RedirectPolicy {
        RedirectPolicy(limit: min(max(1, limit), 20))
    }
}

/// The redirects of one exchange (RFC 9110 § 15.4): a value that a transport asks after each response.
package struct RedirectChain: Sendable {
    private let policy: RedirectPolicy
    /// The URLs with their methods: how each was spelled.
    private var visited: [String: Set<String>] = [:]
    /// The redirects that were followed so far.
    package private(set) var followed: [FollowedRedirect] = []
    /// The URL that the last redirect came from, without secrets.
    package private(set) var source: String?

    /// Begins at the first request.
    package init(_ policy: RedirectPolicy) {
        self.policy = policy
    }

    /// Returns the request that a redirect asks for, or `nil` if the response is final.
    ///
    /// - Throws: ``TransportError`` with `redirect` for a circle, one redirect too many, a step from https to http, or
    ///   an invalid target.
    package mutating func next(
        after response: HTTPResponse, to request: HTTPRequest
    ) throws(TransportError) -> HTTPRequest? {
        guard policy.limit > 0, [301, 302, 303, 307, 308].contains(response.status),
            let location = response.headers["Location"]
        else { return nil }
        guard response.headers.values("Location").allSatisfy({ $0 == location }) else {
            throw refusal("the redirect names several targets", response, request)
        }
        let from = request.address
        let target: RequestURL
        do {
            target = try from.target(of: location)
        } catch {
            throw refusal("the target of the redirect is invalid: \(error.message)", response, request)
        }
        guard !from.isSecure || target.isSecure else {
            throw refusal("a redirect from https to http is not followed", response, request)
        }
        let method = Self.method(request.method, after: response.status)
        try remember(response, request, method, target)
        let withheld = from.isSameOrigin(as: target) ? [] : request.headers.fields.filter(\.staysInOrigin)
        let following = try follow(request, response, method, target, withholding: withheld)
        var names: [String] = []
        for field in withheld where !names.contains(field.name) { names.append(field.name) }
        followed.append(
            FollowedRedirect(
                status: response.status, method: method,
                target: request.redaction.scrub(PercentEncoding.redact(url: target.text)), withheldFields: names))
        source = request.redaction.scrub(PercentEncoding.redact(url: from.text))
        return following
    }

    private func refusal(_ message: String, _ response: HTTPResponse, _ request: HTTPRequest) -> TransportError {
        TransportError(.redirect, message, url: request.url, response: response).after(followed)
    }

    /// Notes where a redirect comes from.
    ///
    /// - Throws: ``TransportError`` if it leads to where the exchange has been, or if it is one too many. A step from
    ///   one spelling of a URL to another is no circle yet: servers do that to have one of them only.
    private mutating func remember(
        _ response: HTTPResponse, _ request: HTTPRequest, _ method: HTTPMethod, _ target: RequestURL
    ) throws(TransportError) {
        guard followed.count < policy.limit else {
            throw refusal("more than \(policy.limit) redirects", response, request)
        }
        let origin = "\(request.method) \(request.address.normalized)"
        visited[origin, default: []].insert(request.address.withoutOwnPort.text)
        let key = "\(method) \(target.normalized)"
        guard let spellings = visited[key] else { return }
        guard key == origin, spellings.count == 1, !spellings.contains(target.text) else {
            throw refusal("the redirects form a circle", response, request)
        }
    }

    /// The method after a redirect: 303 asks for another document, and so do 301 and 302 for POST alone.
    private static func method(_ method: HTTPMethod, after status: Int) -> HTTPMethod {
        switch status {
        case 303: method == .head ? .head : .get
        case 301, 302: method == .post ? .get : method
        default: method
        }
    }

    private func follow(
        _ request: HTTPRequest, _ response: HTTPResponse, _ method: HTTPMethod, _ target: RequestURL,
        withholding withheld: [HTTPHeaders.Field]
    ) throws(TransportError) -> HTTPRequest {
        let losesBody = method != request.method
        let fields = request.headers.fields.filter { field in
            !withheld.contains(field) && !(losesBody && field.describesBody)
        }
        do {
            var following = try HTTPRequest(
                method: method, address: target, headers: HTTPHeaders(fields), body: losesBody ? .none : request.body,
                timeout: request.timeout, redaction: request.redaction)
            following.isRepeatable = request.isRepeatable
            return following
        } catch {
            throw refusal("the redirect cannot be followed: \(error.message)", response, request)
        }
    }
}

extension HTTPHeaders.Field {
    /// Whether the field is not sent to another origin: it carries credentials or a secret.
    fileprivate var staysInOrigin: Bool { isSensitive || Self.carriesCredentials(name) }

    /// Whether the field says something about the body, which a change to GET leaves behind.
    fileprivate var describesBody: Bool {
        let name = name.lowercased()
        return name.hasPrefix("content-") || ["digest", "repr-digest", "last-modified", "expect"].contains(name)
    }
}
