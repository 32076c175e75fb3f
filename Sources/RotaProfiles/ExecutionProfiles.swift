public import Foundation
import RotaCore
public import RotaHTTP
public import RotaRetry
public import RotaStore

extension ServiceProfile {
    /// Returns the service's name for the status of an execution.
    ///
    /// Between attempts, an execution is queued in every service. Its `nextRetryAt` tells until when.
    ///
    /// ```swift
    /// for profile in ServiceProfile.allCases {
    ///     print(profile, profile.name(of: execution, at: Date()) ?? "not shown")
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - execution: The execution.
    ///   - now: The current date, which distinguishes due executions from delayed ones.
    /// - Returns: The name, or `nil` if the service does not show executions with that status.
    public func name(of execution: Execution, at now: Date) -> String? {
        name(
            of: execution.status, failure: execution.failure?.kind,
            isDelayed: execution.attempts.isEmpty && execution.dueAt > now)
    }

    /// Returns the service's name for a status.
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
    ///   - failure: The kind of the failure, if any. Only Strait distinguishes kinds.
    ///   - isDelayed: Whether the execution is scheduled for a date in the future.
    /// - Returns: The name, or `nil` if the service does not show that status.
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
            case FailureKind.crashed, FailureKind.interrupted: "crashed"
            default: status.rawValue
            }
        case .waiting, .canceled, .expired: status.rawValue
        }
    }

    /// Returns the service's name for the source of an execution.
    ///
    /// Only Strait has names of its own: `cron` for the schedule and backfills, `retry` for a replay, `manual` for an
    /// inbound webhook, `job_completion` for a dependency and `job_chain` for a chain.
    public func name(of source: ExecutionSource) -> String {
        guard service == .strait else { return source.rawValue }
        return switch source.rawValue {
        case "schedule", "backfill": "cron"
        case "replay": "retry"
        case "webhook": "manual"
        case "dependency": "job_completion"
        case "chain": "job_chain"
        default: source.rawValue
        }
    }
}

extension ServiceProfile {
    /// Returns the service's record of a job's health, or `nil` if it has none.
    ///
    /// Only Strait has one: `total_runs`, `completed_runs`, `failed_runs`, `timed_out_runs`, `crashed_runs`,
    /// `canceled_runs`, `expired_runs`, `success_rate` in percent, `avg_duration_secs` and `p95_duration_secs` (0
    /// without any), and `health_score`.
    ///
    /// ```swift
    /// let record = ServiceProfile.strait.record(of: JobHealth())
    /// print(record?["health_score"]?.text ?? "none")  // -1
    /// ```
    public func record(of health: JobHealth) -> JSONValue? {
        guard service == .strait else { return nil }
        return [
            "total_runs": .number(.init(Int64(health.total))),
            "completed_runs": .number(.init(Int64(health.succeeded))),
            "failed_runs": .number(.init(Int64(health.failed))),
            "timed_out_runs": .number(.init(Int64(health.timedOut))),
            "crashed_runs": .number(.init(Int64(health.crashed))),
            "canceled_runs": .number(.init(Int64(health.canceled))),
            "expired_runs": .number(.init(Int64(health.expired))),
            "success_rate": JSONValue(floatLiteral: health.successRate),
            "avg_duration_secs": JSONValue(floatLiteral: health.averageDuration?.inSeconds ?? 0),
            "p95_duration_secs": JSONValue(floatLiteral: health.p95Duration?.inSeconds ?? 0),
            "health_score": JSONValue(floatLiteral: health.score),
        ]
    }
}

extension Attempt {
    /// The outcome of one attempt, with TrigRun's names.
    public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        /// The attempt succeeded.
        case success = "SUCCESS"
        /// The attempt timed out.
        case timeout = "TIMEOUT"
        /// There was no response, for any other reason.
        case connectionError = "CONNECTION_ERROR"
        /// The response was not a success, or the handler threw an error.
        case httpError = "HTTP_ERROR"
    }

    /// The outcome of the attempt, with TrigRun's names.
    public var outcome: Outcome {
        switch failure?.kind {
        case nil: .success
        case FailureKind.timeout?: .timeout
        case FailureKind.httpStatus?, FailureKind.responseMismatch?, FailureKind.handlerError?: .httpError
        default: statusCode == nil ? .connectionError : .httpError
        }
    }
}
