public import Foundation
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
public struct Execution: Sendable, Hashable, Codable, Identifiable {
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
    private let box: Boxed<ExecutionDetails>?
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
        createdAt: Date, payload: JSONPayload?, metadata: [String: String], details: ExecutionDetails = .none,
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
        box = details == .none ? nil : Boxed(details)
        self.pinned = pinned.map { Boxed($0) }
        self.progress = progress
        self.attempts = attempts
    }

    /// How long after its nominal date the first attempt began, or `nil` if there was none.
    public var lateness: Duration? {
        progress.startedAt.map { .seconds($0.timeIntervalSince(scheduledFor)) }
    }

    /// Its origin, its owner, and its deviations from the job.
    public var details: ExecutionDetails { box?.value ?? .none }

    var hasDetails: Bool { box != nil }

    // Hot paths read these details directly. Going through `details` would copy the whole value.
    package var notification: NotificationRule.Channel? { box?.value.notification }
    package var overrides: RetryOverrides? { box?.value.overrides }

    /// The execution that this one replays, if any.
    public var replayOf: ExecutionID? { box?.value.replayOf }

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

/// The rare members of an execution: its origin, its owner, and its deviations from the job.
public struct ExecutionDetails: Sendable, Hashable, Codable {
    /// The execution that this one replays.
    public var replayOf: ExecutionID?
    /// The execution that this one continues.
    public var continuationOf: ExecutionID?
    /// The execution that caused this one.
    public var parentID: ExecutionID?
    /// The length of the chain of executions that caused this one.
    ///
    /// 0 if no execution caused it.
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
    /// Names and values for finding executions.
    public var tags: [String: String]?
    /// The person or service that requested the execution.
    public var createdBy: String?
    /// The group of executions that were requested together.
    public var batchID: BatchID?
    /// The step of a workflow that it belongs to.
    public var workflowStepRunID: String?
    /// Changes to the job's retry policy and timeout for this execution.
    public var overrides: RetryOverrides?
    /// Whether all decisions about it are to be kept.
    public var isDebugging: Bool?
    /// Where to send the notification, if the execution is one.
    ///
    /// It replaces the job's action.
    public var notification: NotificationRule.Channel?
    /// The circuit breaker's permit, if the execution probes whether the job has recovered.
    public var circuitPermit: CircuitPermit?

    /// Creates details without any members set.
    public init() {}

    private enum CodingKeys: String, CodingKey {
        case replayOf, continuationOf, parentID, lineageDepth, priority, concurrencyKey, idempotencyKey, tags
        case createdBy, batchID, workflowStepRunID, overrides, isDebugging, circuitPermit
        case notification = "notice"
    }

    /// No details.
    public static let none = ExecutionDetails()
}
