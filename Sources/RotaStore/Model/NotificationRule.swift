public import Foundation
import RotaCore
public import RotaHTTP
import RotaRetry

/// Whom to tell when a run of the job is over, after the last attempt (T-58, TX-10, I-27, S-41).
///
/// A notice is an execution of its own: it is stored, retried on its own, and never holds up the run it tells about.
public struct NotificationRule: Sendable, Hashable, Codable {
    /// What is worth a notice.
    public enum Event: String, Sendable, Hashable, Codable, CaseIterable {
        /// The run succeeded.
        case success = "on_success"
        /// The run failed for good, or expired.
        case failure = "on_failure"
        /// The run is over, however it ended.
        case completion = "on_completion"
    }

    /// Where a notice goes.
    public enum Channel: Sendable, Hashable, Codable {
        /// To the Swift handler with this name, whose payload is the notice.
        case handler(String)
        /// By POST to a URL, as JSON, signed if a secret is named: `secret` is a reference such as `secret://hook`.
        case webhook(url: String, secret: String?)
    }

    /// What is worth a notice.
    public var event: Event
    /// Where it goes.
    public var channel: Channel
    /// Whether the run's output goes with it.
    public var includesOutput: Bool

    /// Makes a rule.
    public init(on event: Event, _ channel: Channel, includesOutput: Bool = false) {
        self.event = event
        self.channel = channel
        self.includesOutput = includesOutput
    }
}

/// What is told of a run that is over: the payload of a notice, and the body of its webhook (T-58, TX-10, SX-16).
///
/// As JSON it has the names `event`, `run_id`, `job_id`, `job_name`, `project_id`, `source`, `status`, `attempt`,
/// `scheduled_for`, `started_at`, `finished_at`, `error`, `error_kind`, `result` and `timestamp`; instants are written as
/// ISO 8601 in UTC with milliseconds (C-24), and what is not known is left out.
public struct ExecutionNotification: Sendable, Hashable {
    /// What the notice is about.
    public let event: NotificationRule.Event
    /// The run.
    public let executionID: ExecutionID
    /// The job it is a run of.
    public let jobID: JobID
    /// The job's name when the run was made.
    public let jobName: String
    /// The job's project, if it has one.
    public let projectID: String?
    /// What caused the run.
    public let source: ExecutionSource
    /// How the run ended.
    public let status: ExecutionStatus
    /// The number of attempts that were made.
    public let attempts: Int
    /// The nominal instant of the run.
    public let scheduledFor: Date
    /// When its first attempt began.
    public let startedAt: Date?
    /// When it ended.
    public let finishedAt: Date
    /// Why it failed, if it did.
    public let failure: ExecutionFailure?
    /// What it produced, if the rule says that this is told.
    public let output: JSONValue?

    /// Tells of a run that is over.
    init(_ event: NotificationRule.Event, of run: Execution, job: Job, output: JSONValue?, at date: Date) {
        self.event = event
        executionID = run.id
        jobID = run.jobID
        jobName = run.jobName
        projectID = job.definition.attributes.project
        source = run.source
        status = run.progress.status
        attempts = run.attempts.count
        scheduledFor = run.scheduledFor
        startedAt = run.progress.startedAt
        finishedAt = run.progress.finishedAt ?? date
        failure = run.progress.status == .succeeded ? nil : run.progress.failure
        self.output = output
    }
}

extension ExecutionNotification: Codable {
    private enum CodingKeys: String, CodingKey {
        case event, source, status, attempt, error, result, timestamp
        case executionID = "run_id"
        case jobID = "job_id"
        case jobName = "job_name"
        case projectID = "project_id"
        case scheduledFor = "scheduled_for"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case errorKind = "error_kind"
    }

    /// Decodes a notice, such as a handler's payload.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func instant(_ key: CodingKeys) throws -> Date? {
            try container.decodeIfPresent(String.self, forKey: key).map { text in
                try ISO8601.exactDate(text) ?? Date(text, strategy: .iso8601)
            }
        }
        event = try container.decode(NotificationRule.Event.self, forKey: .event)
        executionID = try container.decode(ExecutionID.self, forKey: .executionID)
        jobID = try container.decode(JobID.self, forKey: .jobID)
        jobName = try container.decode(String.self, forKey: .jobName)
        projectID = try container.decodeIfPresent(String.self, forKey: .projectID)
        source = try container.decode(ExecutionSource.self, forKey: .source)
        status = try container.decode(ExecutionStatus.self, forKey: .status)
        attempts = try container.decode(Int.self, forKey: .attempt)
        finishedAt = try instant(.finishedAt) ?? instant(.timestamp) ?? .distantPast
        scheduledFor = try instant(.scheduledFor) ?? finishedAt
        startedAt = try instant(.startedAt)
        let kind = try container.decodeIfPresent(FailureKind.self, forKey: .errorKind)
        let message = try container.decodeIfPresent(String.self, forKey: .error)
        failure = kind.map { ExecutionFailure(kind: $0, message: message ?? "") }
        output = try container.decodeIfPresent(JSONValue.self, forKey: .result)
    }

    /// Encodes the notice.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(event, forKey: .event)
        try container.encode(executionID, forKey: .executionID)
        try container.encode(jobID, forKey: .jobID)
        try container.encode(jobName, forKey: .jobName)
        try container.encodeIfPresent(projectID, forKey: .projectID)
        try container.encode(source, forKey: .source)
        try container.encode(status, forKey: .status)
        try container.encode(attempts, forKey: .attempt)
        try container.encode(ISO8601.milliseconds(scheduledFor), forKey: .scheduledFor)
        try container.encodeIfPresent(startedAt.map(ISO8601.milliseconds), forKey: .startedAt)
        try container.encode(ISO8601.milliseconds(finishedAt), forKey: .finishedAt)
        try container.encode(ISO8601.milliseconds(finishedAt), forKey: .timestamp)
        try container.encodeIfPresent(failure?.message, forKey: .error)
        try container.encodeIfPresent(failure?.kind, forKey: .errorKind)
        try container.encodeIfPresent(output, forKey: .result)
    }
}
