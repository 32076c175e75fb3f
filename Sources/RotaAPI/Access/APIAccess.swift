import RotaHTTP

/// The answer to the question whether a caller may do something.
///
/// ```swift
/// let api = SchedulerAPI(
///     scheduler, as: .trigrun,
///     authorize: APIAccess.bearer(["test-token": .allow(actor: "ci"), "read-token": .allow(scopes: [.read])]))
/// ```
public struct APIAccess: Sendable, Hashable {
    enum Decision: Sendable, Hashable {
        case allowed(actor: String?, scopes: Set<APIScope>)
        case refused(status: Int, code: String?, message: String)
    }

    let decision: Decision

    /// Allows the caller what its scopes say.
    ///
    /// - Parameters:
    ///   - actor: The caller's name, up to 255 characters, to record as the author of its changes.
    ///   - scopes: What the caller may do.
    public static func allow(actor: String? = nil, scopes: Set<APIScope> = Set(APIScope.allCases)) -> APIAccess {
        APIAccess(decision: .allowed(actor: actor, scopes: scopes))
    }

    /// Refuses the request.
    ///
    /// - Parameters:
    ///   - status: The status to answer with: 401 for a caller that is not known, 402, 403 or 429 for one that is.
    ///     Values outside 400 to 499 count as 403.
    ///   - code: A word for programs, such as `INSUFFICIENT_CREDIT`, or `nil` for the profile's own.
    ///   - message: A sentence for people.
    public static func refused(
        status: Int = 401, code: String? = nil, message: String = "The token is missing or not valid."
    ) -> APIAccess {
        APIAccess(decision: .refused(status: (400...499).contains(status) ? status : 403, code: code, message: message))
    }

    /// Allows everybody everything.
    ///
    /// For a server that only the machine itself can reach.
    public static let open = APIAccess.allow()

    /// Returns a closure that knows callers by their bearer token.
    ///
    /// Tokens are compared in a time that does not depend on how much of them is right.
    ///
    /// - Parameter tokens: What the holder of each token may do. An empty token is ignored.
    public static func bearer(
        _ tokens: [String: APIAccess]
    ) -> @Sendable (APIRequest, APIOperation) async -> APIAccess {
        let known = tokens.filter { !$0.key.isEmpty }.map { (Array($0.key.utf8), $0.value) }
        return { request, _ in
            guard let token = request.bearerToken.map({ Array($0.utf8) }) else { return .refused() }
            var found: APIAccess?
            for (candidate, access) in known where MessageCode.isEqual(candidate, token) { found = access }
            return found ?? .refused()
        }
    }
}
