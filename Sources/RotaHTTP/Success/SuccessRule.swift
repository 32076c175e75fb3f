/// Which responses count as success: a set of statuses (rows T-36, T-76, C-5).
public struct SuccessRule: Sendable, Hashable {
    /// The statuses that are accepted.
    public let statuses: StatusSet

    /// 200, 201, 202 and 204.
    public static let `default` = SuccessRule(statuses: [200, 201, 202, 204])

    /// Every status from 200 to 299, as Krafter and Strait have it.
    public static let any2xx = SuccessRule(statuses: StatusSet(200...299))

    /// Makes a rule.
    ///
    /// - Parameter statuses: the statuses that are accepted.
    public init(statuses: StatusSet = [200, 201, 202, 204]) {
        self.statuses = statuses
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
    /// - Parameter response: the response as it came.
    /// - Returns: success, or which assertion failed and what was found.
    public func evaluate(_ response: HTTPResponse) -> Verdict {
        guard statuses.contains(response.status) else {
            return .statusNotAccepted(message: "status \(response.status) is not among \(statuses)")
        }
        return .success
    }
}
