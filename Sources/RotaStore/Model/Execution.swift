public import Foundation
import RotaCore
public import RotaRetry

/// One durable piece of work of a job: when it is due, its attempts, and how it ended.
///
/// Read the members of ``progress`` directly from the execution:
///
/// ```swift
/// if execution.status == .failed, let failure = execution.failure {
///     print("Failed after \(execution.attempts.count) attempts: \(failure.message)")
/// }
/// if let retry = execution.nextRetryAt {
///     print("Next attempt at \(retry.formatted(.iso8601))")
/// }
/// ```
@dynamicMemberLookup
public struct Execution: Sendable, Hashable, Identifiable {
    /// The execution's identifier.
    public let id: ExecutionID
    /// The job of the execution.
    public let jobID: JobID
    /// The job's name when the execution was created.
    public let jobName: String
    /// The job's version when the execution was created.
    public let jobVersion: Int
    /// The cause of the execution.
    public let source: ExecutionSource
    /// The nominal date: the occurrence of the schedule, or when the execution was requested.
    public let scheduledFor: Date
    /// When the record was created.
    public let createdAt: Date
    /// The handler's payload, if this execution has its own.
    public let payload: JSONPayload?
    /// Names and values that travel with the execution, such as a trace context.
    public let metadata: [String: String]
    let rare: Rare<ExecutionDetails>
    /// The job's definition when the execution was created.
    ///
    /// Only records of early stores, which kept no versions, have it.
    let pinned: Boxed<JobDefinition>?
    /// The part that changes while the execution runs.
    public var progress: ExecutionProgress
    /// The attempts so far, oldest first.
    public var attempts: [Attempt]

    package init(
        id: ExecutionID, jobID: JobID, jobName: String, jobVersion: Int, source: ExecutionSource, scheduledFor: Date,
        createdAt: Date, payload: JSONPayload?, metadata: [String: String], details: ExecutionDetails? = nil,
        pinned: JobDefinition? = nil, progress: ExecutionProgress, attempts: [Attempt]
    ) {
        self.id = id
        self.jobID = jobID
        self.jobName = jobName
        self.jobVersion = jobVersion
        self.source = source
        self.scheduledFor = scheduledFor
        self.createdAt = createdAt
        self.payload = payload
        self.metadata = metadata
        rare = details.map { Rare($0) } ?? Rare()
        self.pinned = pinned.map { Boxed($0) }
        self.progress = progress
        self.attempts = attempts
    }

    /// The time from the nominal date (``scheduledFor``) to the claim for the first attempt, or `nil` if there was
    /// none.
    ///
    /// Smoothing, catching up, limits and the queue all add to it. ``MisfirePolicy/maximumLateness`` limits less: the
    /// time from the effective date to the decision to fire.
    public var lateness: Duration? {
        progress.startedAt?.elapsed(since: scheduledFor)
    }

    /// Its origin, its owner, and its deviations from the job.
    public var details: ExecutionDetails { rare.members }

    var hasDetails: Bool { !rare.isEmpty }

    /// Whether it has a definition of its own, as only records of early stores do.
    package var hasPinnedDefinition: Bool { pinned != nil }

    // Hot paths read these details directly. Going through `details` would copy the whole value.
    package var notification: NotificationRule.Channel? { rare.notification }
    package var overrides: RetryOverrides? { rare.overrides }
    package var uniqueness: Uniqueness? { rare.uniqueness }
    package var batchID: BatchID? { rare.batchID }
    package var circuitPermit: CircuitPermit? { rare.circuitPermit }
    package var awaitedBatch: BatchID? { rare.awaitedBatch }
    package var hasOverrides: Bool { !rare.isEmpty && rare.overrides != nil }

    /// The execution that this one replays, if any.
    public var replayOf: ExecutionID? { rare.replayOf }

    /// Whether it failed or expired for good, and nothing was done about that: it was neither replayed nor discarded.
    public var isDeadLetter: Bool { progress.status.isDead && progress.resolution == nil }

    /// The version of the job that the execution runs, or was created with if it has not started.
    public var versionID: JobVersionID {
        JobVersionID(jobID: jobID, version: progress.runningVersion ?? jobVersion)
    }

    /// When the next attempt may start, if an attempt failed and another will follow.
    public var nextRetryAt: Date? {
        progress.status == .queued && !attempts.isEmpty ? progress.dueAt : nil
    }

    /// Where the time of the last attempt went.
    public var trace: ExecutionTrace? { attempts.last?.trace }

    /// Reads a member of the progress.
    public subscript<Value>(dynamicMember path: KeyPath<ExecutionProgress, Value>) -> Value {
        progress[keyPath: path]
    }
}

extension Execution {
    /// Returns a copy, not yet stored, with other metadata.
    package func with(metadata: [String: String]) -> Execution {
        guard metadata != self.metadata else { return self }
        return Execution(
            id: id, jobID: jobID, jobName: jobName, jobVersion: jobVersion, source: source, scheduledFor: scheduledFor,
            createdAt: createdAt, payload: payload, metadata: metadata, details: details, progress: progress,
            attempts: attempts)
    }

    /// Returns a copy, not yet stored, with other details.
    package func with(details: ExecutionDetails) -> Execution {
        Execution(
            id: id, jobID: jobID, jobName: jobName, jobVersion: jobVersion, source: source, scheduledFor: scheduledFor,
            createdAt: createdAt, payload: payload, metadata: metadata, details: details, progress: progress,
            attempts: attempts)
    }
}

/// The rare members of an execution: its origin, its owner, and its deviations from the job.
public struct ExecutionDetails: RareMembers {
    /// The execution that this one replays.
    public var replayOf: ExecutionID?
    /// The execution that this one continues.
    public var continuationOf: ExecutionID?
    /// The execution that caused this one.
    public var parentID: ExecutionID?
    /// The length of the chain of executions that caused this one, 0 if none did.
    public var lineageDepth: Int = 0
    /// The priority, from 0 to 10, or `nil` for the job's.
    ///
    /// Higher starts first.
    public var priority: Int?
    /// The key for the job's limit per key.
    ///
    /// Executions with the same key count together.
    public var concurrencyKey: String?
    /// A repeated request with this key returns this execution instead of creating another.
    public var idempotencyKey: String?
    /// The key by which it is matched with executions of the jobs that its job depends on, and of those that depend on
    /// it.
    public var dependencyKey: String?
    /// Names and values for finding executions.
    public var tags: [String: String]?
    /// The person or service that requested the execution.
    public var createdBy: String?
    /// The group of executions that were requested together.
    public var batchID: BatchID?
    /// The rule by which other requests are for the same work.
    public var uniqueness: Uniqueness?
    /// The batch whose end the execution waits for, if it follows one.
    public var awaitedBatch: BatchID?
    /// Changes to the job's retry policy and timeout for this execution.
    public var overrides: RetryOverrides?
    /// Where to send the notification, if the execution is one.
    ///
    /// It replaces the job's action.
    public var notification: NotificationRule.Channel?
    /// The circuit breaker's permit, if the execution probes whether the job has recovered.
    public var circuitPermit: CircuitPermit?

    /// Creates details without any members set.
    public init() {}

    /// No details.
    public static let none = ExecutionDetails()
    static let empty = Boxed(none)
}

extension ExecutionDetails: Codable {
    private static let fields: [JSONField<ExecutionDetails>] = [
        JSONField("replayOf", \.replayOf),
        JSONField("continuationOf", \.continuationOf),
        JSONField("parentID", \.parentID),
        JSONField("lineageDepth", \.lineageDepth, default: 0),
        JSONField("priority", \.priority),
        JSONField("concurrencyKey", \.concurrencyKey),
        JSONField("idempotencyKey", \.idempotencyKey),
        JSONField("dependencyKey", \.dependencyKey),
        JSONField("tags", \.tags),
        JSONField("createdBy", \.createdBy),
        JSONField("batchID", \.batchID),
        JSONField("uniqueness", \.uniqueness),
        JSONField("awaitedBatch", \.awaitedBatch),
        JSONField("overrides", \.overrides),
        JSONField("notification", \.notification, earlier: "notice"),
        JSONField("circuitPermit", \.circuitPermit),
    ]

    /// Decodes details.
    ///
    /// Missing keys are members that are not set.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: JSONKey.self)
        for field in Self.fields { try field.decode(&self, container) }
    }

    /// Encodes the details that are set.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        for field in Self.fields { try field.encode(self, &container) }
    }
}

extension Execution: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, jobID, jobName, jobVersion, source, scheduledFor, createdAt, payload, metadata
        case details, pinned, progress, attempts
        /// The name of the details in the first format.
        case box
    }

    /// Decodes an execution.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(ExecutionID.self, forKey: .id),
            jobID: try container.decode(JobID.self, forKey: .jobID),
            jobName: try container.decode(String.self, forKey: .jobName),
            jobVersion: try container.decode(Int.self, forKey: .jobVersion),
            source: try container.decode(ExecutionSource.self, forKey: .source),
            scheduledFor: try container.decode(Date.self, forKey: .scheduledFor),
            createdAt: try container.decode(Date.self, forKey: .createdAt),
            payload: try container.decodeIfPresent(JSONPayload.self, forKey: .payload),
            metadata: try container.decode([String: String].self, forKey: .metadata),
            details: try container.decodeIfPresent(ExecutionDetails.self, forKey: .details)
                ?? container.decodeIfPresent(ExecutionDetails.self, forKey: .box),
            pinned: try container.decodeIfPresent(JobDefinition.self, forKey: .pinned),
            progress: try container.decode(ExecutionProgress.self, forKey: .progress),
            attempts: try container.decode([Attempt].self, forKey: .attempts))
    }

    /// Encodes the execution.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(jobID, forKey: .jobID)
        try container.encode(jobName, forKey: .jobName)
        try container.encode(jobVersion, forKey: .jobVersion)
        try container.encode(source, forKey: .source)
        try container.encode(scheduledFor, forKey: .scheduledFor)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encodeIfPresent(payload, forKey: .payload)
        try container.encode(metadata, forKey: .metadata)
        if hasDetails { try container.encode(details, forKey: .details) }
        try container.encodeIfPresent(pinned?.value, forKey: .pinned)
        try container.encode(progress, forKey: .progress)
        try container.encode(attempts, forKey: .attempts)
    }
}
