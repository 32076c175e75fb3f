/// Which responses count as success: a set of statuses, and assertions if a status is not enough (T-36, T-76, C-5).
public struct SuccessRule: Sendable, Hashable {
    /// The statuses that are accepted.
    public let statuses: StatusSet
    /// What else must hold, if anything.
    public let matcher: ResponseMatcher?

    /// 200, 201, 202 and 204.
    public static let `default` = SuccessRule(statuses: [200, 201, 202, 204])

    /// Every status from 200 to 299, as Krafter and Strait have it.
    public static let any2xx = SuccessRule(statuses: StatusSet(200...299))

    /// Makes a rule.
    ///
    /// - Parameters:
    ///   - statuses: the statuses that are accepted.
    ///   - matcher: what else must hold of a response with such a status.
    public init(statuses: StatusSet = [200, 201, 202, 204], matching matcher: ResponseMatcher? = nil) {
        self.statuses = statuses
        self.matcher = matcher
    }

    /// What a rule says of a response.
    public enum Verdict: Sendable, Hashable {
        /// The response counts as success.
        case success
        /// The status is not among those accepted.
        case statusNotAccepted(message: String)
        /// The status is accepted, but the response does not match; this alone is no reason to try again (row T-80).
        case mismatch(message: String)
    }

    /// Judges a response.
    ///
    /// - Parameters:
    ///   - response: the response as it came.
    ///   - redaction: what to strike out of the message, as the request knows it. Struck out of a finished message, a
    ///     secret that was cut short with the text around it would be missed.
    /// - Returns: success, or which assertion failed and what was found.
    public func evaluate(_ response: HTTPResponse, redaction: Redaction = Redaction()) -> Verdict {
        guard statuses.contains(response.status) else {
            return .statusNotAccepted(message: "status \(response.status) is not among \(statuses)")
        }
        return matcher?.failure(in: response, redaction: redaction).map { .mismatch(message: $0) } ?? .success
    }
}
