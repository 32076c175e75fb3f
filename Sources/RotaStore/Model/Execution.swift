public import Foundation
public import RotaRetry

/// One logical run of a job: when it was due, its attempts, and how it ended (T-69).
///
/// The members of ``progress`` can be read from the execution itself: `execution.status`, `execution.dueAt`.
@dynamicMemberLookup
public struct Execution: Sendable, Hashable, Codable, Identifiable {
    /// The execution's identifier.
    public let id: ExecutionID
    /// The job it is a run of.
    public let jobID: JobID
    /// The job's name when the execution was made (T-107).
    public let jobName: String
    /// The version of the job when the execution was made (S-70).
    public let jobVersion: Int
    /// What caused it.
    public let source: ExecutionSource
    /// The nominal instant: the occurrence of the schedule, or when the run was asked for.
    public let scheduledFor: Date
    /// When the record was made.
    public let createdAt: Date
    /// The value for the handler, if this run has one of its own.
    public let payload: JSONPayload?
    /// Labels that travel with the execution, such as a trace's carrier.
    public let metadata: [String: String]
    private let box: Boxed<ExecutionDetails>?
    /// The job's definition when the execution was made, in records of the first stores, which kept no versions.
    let pinned: Boxed<JobDefinition>?
    /// The part that changes while it runs.
    public var progress: ExecutionProgress
    /// The attempts made so far, the first one first.
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

    /// How late the first attempt began, or `nil` if none has begun.
    public var lateness: Duration? {
        progress.startedAt.map { .seconds($0.timeIntervalSince(scheduledFor)) }
    }

    /// Where it comes from, whom it belongs to, and what is different about it.
    public var details: ExecutionDetails { box?.value ?? .none }

    var hasDetails: Bool { box != nil }

    // The details that are asked for in every run, without a copy of the others.
    package var notification: NotificationRule.Channel? { box?.value.notification }
    package var overrides: RetryOverrides? { box?.value.overrides }

    /// The execution that this one replays (T-110).
    public var replayOf: ExecutionID? { box?.value.replayOf }

    /// The version of the job that it runs, or would run if it started with the one it was made with.
    public var versionID: JobVersionID {
        JobVersionID(jobID: jobID, version: progress.runningVersion ?? jobVersion)
    }

    /// When the next attempt may start, if one failed and another will follow (S-65).
    public var nextRetryAt: Date? {
        progress.status == .queued && !attempts.isEmpty ? progress.dueAt : nil
    }

    /// Where the time of the last attempt went (S-78 to S-84).
    public var trace: ExecutionTrace? { attempts.last?.trace }

    /// Reads a member of the progress.
    public subscript<Value>(dynamicMember path: KeyPath<ExecutionProgress, Value>) -> Value {
        progress[keyPath: path]
    }
}

/// What few executions have: where they come from, whom they belong to, and what is different about them.
public struct ExecutionDetails: Sendable, Hashable, Codable {
    /// The execution that this one replays (T-110).
    public var replayOf: ExecutionID?
    /// The execution that this one continues (S-86).
    public var continuationOf: ExecutionID?
    /// The execution that caused this one (S-67).
    public var parentID: ExecutionID?
    /// How many executions lead to this one, one causing the next (S-87); 0 for one that nobody caused.
    public var lineageDepth: Int = 0
    /// Starts before those of lower priority (S-68); `nil` for the job's.
    public var priority: Int?
    /// Executions with one key count together for the job's limit per key (S-91).
    public var concurrencyKey: String?
    /// A key under which a repeated request for a run of the job returns this execution (S-69).
    public var idempotencyKey: String?
    /// Names and values to find executions by (S-88).
    public var tags: [String: String]?
    /// Who asked for it (S-89).
    public var createdBy: String?
    /// The group of executions that were asked for together (S-90).
    public var batchID: BatchID?
    /// The step of a workflow that it belongs to (S-72).
    public var workflowStepRunID: String?
    /// What is different from the job's retry policy and timeout (S-73 to S-77).
    public var overrides: RetryOverrides?
    /// Whether all decisions about it are to be kept (S-85).
    public var isDebugging: Bool?
    /// Where a notice goes, if the execution is one: it does that instead of what its job does.
    public var notification: NotificationRule.Channel?
    /// The breaker's leave for a run that probes whether a job is well again.
    public var circuitPermit: CircuitPermit?

    /// Makes details; all of them are absent.
    public init() {}

    private enum CodingKeys: String, CodingKey {
        case replayOf, continuationOf, parentID, lineageDepth, priority, concurrencyKey, idempotencyKey, tags
        case createdBy, batchID, workflowStepRunID, overrides, isDebugging, circuitPermit
        case notification = "notice"
    }

    /// Nothing out of the ordinary.
    public static let none = ExecutionDetails()
}
