public import Foundation
public import RotaRetry
public import RotaStore

extension ServiceProfile {
    /// Returns the service's word for where an execution stands.
    ///
    /// An execution that waits for its next attempt is queued in every service; `nextRetryAt` says until when.
    ///
    /// - Parameters:
    ///   - execution: The execution.
    ///   - now: The present time, which tells an execution that is due from one that is delayed.
    /// - Returns: The word, or `nil` if the service does not show executions in that status.
    public func name(of execution: Execution, at now: Date) -> String? {
        name(
            of: execution.status, failure: execution.failure?.kind,
            isDelayed: execution.attempts.isEmpty && execution.dueAt > now)
    }

    /// Returns the service's word for a status.
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
    /// - Parameters:
    ///   - status: The status.
    ///   - failure: The kind of the failure, if there was one; only Strait distinguishes them.
    ///   - isDelayed: Whether the execution was asked for at a date that is still to come.
    /// - Returns: The word, or `nil` if the service does not show that status.
    public func name(of status: ExecutionStatus, failure: FailureKind? = nil, isDelayed: Bool = false) -> String? {
        switch service {
        case .infrai: status.rawValue
        case .trigrun: status.isTerminal && status != .succeeded ? "failed" : status.rawValue
        case .krafter: status.isTerminal ? (status == .succeeded ? "success" : "failed") : nil
        case .strait: straitName(of: status, failure, isDelayed)
        }
    }

    private func straitName(of status: ExecutionStatus, _ failure: FailureKind?, _ isDelayed: Bool) -> String {
        switch status {
        case .queued: isDelayed ? "delayed" : status.rawValue
        case .running: "executing"
        case .succeeded: "completed"
        case .failed:
            switch failure {
            case FailureKind.timeout: "timed_out"
            case FailureKind.crashed: "crashed"
            default: status.rawValue
            }
        case .waiting, .canceled, .expired: status.rawValue
        }
    }

    /// Returns the service's word for the cause of an execution.
    ///
    /// Only Strait has words of its own: `cron` for the schedule and backfills, `retry` for a replay, `manual` for an
    /// inbound webhook and `job_completion` for a dependency.
    public func name(of source: ExecutionSource) -> String {
        guard service == .strait else { return source.rawValue }
        return switch source.rawValue {
        case "schedule", "backfill": "cron"
        case "replay": "retry"
        case "webhook": "manual"
        case "dependency": "job_completion"
        default: source.rawValue
        }
    }
}

extension Attempt {
    /// The outcome of one attempt, by TrigRun's names. It says nothing about the execution as a whole.
    public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        /// Succeeded.
        case success = "SUCCESS"
        /// Ran out of time.
        case timeout = "TIMEOUT"
        /// Received no response, for any other reason.
        case connectionError = "CONNECTION_ERROR"
        /// Received a response that is not a success, or the handler threw.
        case httpError = "HTTP_ERROR"
    }

    /// The outcome of the attempt, by TrigRun's names.
    public var outcome: Outcome {
        switch failure?.kind {
        case nil: .success
        case FailureKind.timeout?: .timeout
        case FailureKind.httpStatus?, FailureKind.responseMismatch?, FailureKind.handlerError?: .httpError
        default: statusCode == nil ? .connectionError : .httpError
        }
    }
}
