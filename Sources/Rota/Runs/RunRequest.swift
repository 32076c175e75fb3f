public import Foundation
public import RotaRetry
public import RotaStore

/// A run of a job that is asked for, with what is different about it; everything has a default.
///
/// ```swift
/// try await scheduler.trigger(job.id, TriggerRequest(priority: 9, idempotencyKey: "order-42"))
/// ```
public struct TriggerRequest: Sendable, Hashable {
    /// A value for the handler, for this run alone; up to 5 MiB of JSON.
    public var payload: JSONPayload?
    /// The instant from which it may start (S-61), or `nil` for at once; one that is over is at once too.
    public var at: Date?
    /// What caused it, as the record will say.
    public var source: ExecutionSource
    /// Starts before those of lower priority (S-68), from 0 to 10; `nil` for the job's.
    public var priority: Int?
    /// Runs with one key count together for the job's limit per key (S-91); up to 256 characters.
    public var concurrencyKey: String?
    /// A key under which a repeated request returns the run of the first one, for as long as that is kept (SX-5).
    public var idempotencyKey: String?
    /// Labels that travel with the run, over those of the job (S-38, S-58).
    public var metadata: [String: String]
    /// Names and values to find the run by (S-88): up to 20, names up to 64 characters, values up to 256.
    public var tags: [String: String]
    /// What is different from the job's retry policy and timeout (S-73 to S-77).
    public var overrides: RetryOverrides?
    /// How long after it is due a run that has not started expires (SX-6), up to 30 days; `nil` for the job's.
    public var timeToLive: Duration?
    /// Who asks for it (S-89).
    public var author: String?
    /// The execution that causes it (S-67); chains of more than 10 are refused (SX-11).
    public var parentID: ExecutionID?
    /// The execution that it continues (S-86), which counts for the length of the chain too.
    public var continuationOf: ExecutionID?
    /// The step of a workflow that it belongs to (S-72).
    public var workflowStepRunID: String?
    /// Whether all decisions about it are to be kept (S-85).
    public var isDebugging: Bool

    /// Makes a request; by default of a manual run at once that is like every other run of the job.
    public init(
        payload: JSONPayload? = nil, at instant: Date? = nil, source: ExecutionSource = .manual, priority: Int? = nil,
        concurrencyKey: String? = nil, idempotencyKey: String? = nil, metadata: [String: String] = [:],
        tags: [String: String] = [:], overrides: RetryOverrides? = nil, timeToLive: Duration? = nil,
        author: String? = nil, parentID: ExecutionID? = nil, continuationOf: ExecutionID? = nil,
        workflowStepRunID: String? = nil, isDebugging: Bool = false
    ) {
        self.payload = payload
        at = instant
        self.source = source
        self.priority = priority
        self.concurrencyKey = concurrencyKey
        self.idempotencyKey = idempotencyKey
        self.metadata = metadata
        self.tags = tags
        self.overrides = overrides
        self.timeToLive = timeToLive
        self.author = author
        self.parentID = parentID
        self.continuationOf = continuationOf
        self.workflowStepRunID = workflowStepRunID
        self.isDebugging = isDebugging
    }
}
