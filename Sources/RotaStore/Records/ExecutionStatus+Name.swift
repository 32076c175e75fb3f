public import RotaRetry

extension ExecutionStatus {
    /// The word that a service has for the status (C-7, C-9, C-10).
    ///
    /// | status | TrigRun | Krafter | Infrai | Strait |
    /// |---|---|---|---|---|
    /// | queued | queued | | queued | queued, or delayed |
    /// | running | running | | running | executing |
    /// | waiting | waiting | | waiting | waiting |
    /// | succeeded | succeeded | success | succeeded | completed |
    /// | failed | failed | failed | failed | timed_out, crashed, or failed |
    /// | canceled | failed | failed | canceled | canceled |
    /// | expired | failed | failed | expired | expired |
    ///
    /// A run whose attempts are spent has failed, also at Strait, which knows dead letters besides (C-9).
    ///
    /// - Parameters:
    ///   - vocabulary: The service whose word is wanted.
    ///   - failure: Why the run failed, if it did; only Strait tells one from the other.
    ///   - isDelayed: Whether the run was asked for at an instant that is still to come.
    /// - Returns: `nil` if the service shows no run that stands so.
    public func name(in vocabulary: Vocabulary, failure: FailureKind? = nil, isDelayed: Bool = false) -> String? {
        switch vocabulary.service {
        case .infrai: rawValue
        case .trigrun: isTerminal && self != .succeeded ? "failed" : rawValue
        case .krafter: isTerminal ? (self == .succeeded ? "success" : "failed") : nil
        case .strait: straitName(failure, isDelayed)
        }
    }

    private func straitName(_ failure: FailureKind?, _ isDelayed: Bool) -> String {
        switch self {
        case .queued: isDelayed ? "delayed" : rawValue
        case .running: "executing"
        case .succeeded: "completed"
        case .failed:
            switch failure {
            case FailureKind.timeout: "timed_out"
            case FailureKind.crashed: "crashed"
            default: rawValue
            }
        case .waiting, .canceled, .expired: rawValue
        }
    }
}
