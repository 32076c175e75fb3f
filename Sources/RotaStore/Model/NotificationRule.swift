public import Foundation
import RotaCore
public import RotaHTTP
import RotaRetry

/// Where to send a notification when an execution of the job ends.
///
/// A notification is an execution of its own. It is stored and retried independently and never delays the execution it
/// reports. It is sent after the last attempt.
///
/// ```swift
/// let rules = [
///     NotificationRule(on: .failure, .webhook(url: "https://example.com/alerts", secret: "secret://hook")),
///     NotificationRule(on: .completion, .handler("audit"), includesOutput: true),
/// ]
/// var definition = job.definition
/// definition.notifications = rules
/// ```
public struct NotificationRule: Sendable, Hashable, Codable {
    /// Which ends of an execution cause a notification.
    public enum Event: String, Sendable, Hashable, Codable, CaseIterable {
        /// The execution succeeded.
        case success = "on_success"
        /// The execution failed with no attempts left, or expired.
        case failure = "on_failure"
        /// The execution ended, with any status.
        case completion = "on_completion"
    }

    /// Where a notification is sent.
    public enum Channel: Sendable, Hashable {
        /// Call the Swift handler with this name. Its payload is an ``ExecutionNotification``.
        case handler(String)
        /// POST the notification as JSON to a URL. If `secret` names a secret, such as `secret://hook`, the request is
        /// signed.
        case webhook(url: String, secret: String? = nil)
    }

    /// Which ends cause a notification.
    public var event: Event
    /// Where it is sent.
    public var channel: Channel
    /// Whether the notification includes the execution's output.
    ///
    /// One that is larger than 5 MiB is left out, or larger than 15 MiB in all notifications of one end together.
    public var includesOutput: Bool

    /// Creates a rule.
    public init(on event: Event, _ channel: Channel, includesOutput: Bool = false) {
        self.event = event
        self.channel = channel
        self.includesOutput = includesOutput
    }
}

extension NotificationRule.Channel: Codable {
    private enum CodingKeys: String, CodingKey {
        case handler, webhook, url, secret
        /// The name of a handler in the first format.
        case value = "_0"
    }

    /// Decodes a channel such as `{"handler": "tell"}` or `{"webhook": {"url": "https://…"}}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if container.contains(.webhook) {
            let webhook = try container.nestedContainer(keyedBy: CodingKeys.self, forKey: .webhook)
            self = .webhook(
                url: try webhook.decode(String.self, forKey: .url),
                secret: try webhook.decodeIfPresent(String.self, forKey: .secret))
        } else if let name = try? container.decode(String.self, forKey: .handler) {
            self = .handler(name)
        } else {
            let handler = try container.nestedContainer(keyedBy: CodingKeys.self, forKey: .handler)
            self = .handler(try handler.decode(String.self, forKey: .value))
        }
    }

    /// Encodes the channel.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .handler(let name): try container.encode(name, forKey: .handler)
        case .webhook(let url, let secret):
            var webhook = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .webhook)
            try webhook.encode(url, forKey: .url)
            try webhook.encodeIfPresent(secret, forKey: .secret)
        }
    }
}

/// A report of an execution that ended: a notification handler's payload, or a webhook's body.
///
/// As JSON, it has the members `event`, `run_id`, `job_id`, `job_name`, `project_id`, `source`, `status`, `attempt`,
/// `scheduled_for`, `started_at`, `finished_at`, `error`, `error_kind`, `result` and `timestamp`. Dates are ISO 8601 in
/// UTC with milliseconds. Unknown values are left out.
public struct ExecutionNotification: Sendable, Hashable {
    /// Which event the notification reports.
    public let event: NotificationRule.Event
    /// The execution that ended.
    public let executionID: ExecutionID
    /// The job of the execution.
    public let jobID: JobID
    /// The job's name when the execution was created.
    public let jobName: String
    /// The job's project, if it has one.
    public let projectID: String?
    /// The cause of the execution.
    public let source: ExecutionSource
    /// How the execution ended.
    public let status: ExecutionStatus
    /// The number of attempts made.
    public let attempts: Int
    /// The nominal date of the execution.
    public let scheduledFor: Date
    /// When its first attempt began.
    public let startedAt: Date?
    /// When it ended.
    public let finishedAt: Date
    /// Why it failed, if it did.
    public let failure: ExecutionFailure?
    /// The output of the execution, if the rule includes it.
    public let output: JSONValue?

    /// Creates the report of an execution that ended.
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

    /// Decodes a notification, such as a handler's payload.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func date(_ key: CodingKeys) throws -> Date? {
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
        finishedAt = try date(.finishedAt) ?? date(.timestamp) ?? .distantPast
        scheduledFor = try date(.scheduledFor) ?? finishedAt
        startedAt = try date(.startedAt)
        let kind = try container.decodeIfPresent(FailureKind.self, forKey: .errorKind)
        let message = try container.decodeIfPresent(String.self, forKey: .error)
        failure = kind.map { ExecutionFailure(kind: $0, message: message ?? "") }
        output = try container.decodeIfPresent(JSONValue.self, forKey: .result)
    }

    /// Encodes the notification.
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

extension Job {
    /// Returns the notifications to send when an execution of the job ends.
    ///
    /// A store must queue them in the step that ends it.
    ///
    /// Notifications are executions of the same job with the source ``ExecutionSource/notification``. They are claimed,
    /// retried and recorded like others, but they are not counted, not limited, and cause no notifications themselves.
    /// Their identifiers are derived from the execution's, so the same end always produces the same notifications.
    ///
    /// - Parameters:
    ///   - ended: The execution that ended.
    ///   - date: When it ended.
    /// - Returns: One execution for each matching rule, or none if the execution is itself a notification.
    public func notifications(of ended: Execution, at date: Date) -> [Execution] {
        let rules = notifications
        guard !rules.isEmpty, ended.source != .notification else { return [] }
        // All of them are written in one commit with the end itself, so few include a large output.
        let copies = rules.count { $0.includesOutput && $0.event.covers(ended.progress.status) }
        let bytes = copies == 0 ? 0 : ended.progress.output?.json.count ?? 0
        let tellsOutput = bytes <= JSONPayload.longest && bytes * copies <= 3 * JSONPayload.longest
        return rules.indices.compactMap { index in
            let rule = rules[index]
            guard rule.event.covers(ended.progress.status) else { return nil }
            let output = rule.includesOutput && tellsOutput ? ended.progress.output : nil
            let notification = ExecutionNotification(
                rule.event, of: ended, job: self,
                output: output.flatMap { try? JSONValue(parsing: Array($0.json)) }, at: date)
            // Encoding cannot fail: the notification consists of text, numbers and parsed JSON.
            guard let payload = try? JSONPayload(notification) else { return nil }
            var details = ExecutionDetails.none
            details.parentID = ended.id
            details.notification = rule.channel
            return Execution(
                id: .derived(index, of: ended.id, at: date), jobID: id, jobName: definition.name,
                jobVersion: ended.jobVersion,
                source: .notification, scheduledFor: date, createdAt: date, payload: payload, metadata: ended.metadata,
                details: details, progress: ExecutionProgress(dueAt: date), attempts: [])
        }
    }
}

extension NotificationRule.Event {
    fileprivate func covers(_ status: ExecutionStatus) -> Bool {
        switch self {
        case .success: status == .succeeded
        case .failure: status == .failed || status == .expired
        case .completion: status.isTerminal
        }
    }
}

extension ExecutionID {
    /// The identifier of an execution that the end of another asks for: its time is that of the end, and the other bits
    /// are derived from the execution and the rule's number.
    static func derived(_ index: Int, of id: ExecutionID, at date: Date) -> ExecutionID {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded(.down)
        let time = milliseconds.isFinite ? UInt64(min(max(milliseconds, 0), 0xffff_ffff_ffff)) : 0
        let seed = SplitMix64.mix(UInt64(truncatingIfNeeded: id.bits >> 64)) &+ UInt64(truncatingIfNeeded: index)
        let first = SplitMix64.mix(seed ^ UInt64(truncatingIfNeeded: id.bits))
        let high = time << 16 | 0x7000 | first >> 52
        let low = 0x8000_0000_0000_0000 | SplitMix64.mix(first ^ UInt64(truncatingIfNeeded: id.bits)) >> 2
        return ExecutionID(bits: UInt128(high) << 64 | UInt128(low))
    }
}
