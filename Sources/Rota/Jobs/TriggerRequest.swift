public import Foundation
import RotaCore
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

extension TriggerRequest {
    /// The longest chain of executions that cause one another (SX-11).
    static let longestLineage = 10

    /// The execution that the request asks for.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - id: The execution's identifier.
    ///   - now: The present time.
    ///   - depth: How many executions lead to it.
    ///   - batch: The group that it belongs to, if it does.
    func execution(
        of job: Job, id: ExecutionID, at now: Date, depth: Int, batch: BatchID?
    ) throws -> Execution {
        try validate(for: job, depth: depth)
        var details = ExecutionDetails.none
        details.continuationOf = continuationOf
        details.parentID = parentID
        details.lineageDepth = depth
        details.priority = priority
        details.concurrencyKey = concurrencyKey
        details.idempotencyKey = idempotencyKey
        details.tags = tags.isEmpty ? nil : tags
        details.createdBy = author
        details.batchID = batch
        details.workflowStepRunID = workflowStepRunID
        details.overrides = overrides
        details.isDebugging = isDebugging ? true : nil
        let due = at ?? now
        var execution = job.execution(
            id: id, source: source, scheduledFor: due, createdAt: now, payload: payload,
            metadata: metadata.isEmpty ? nil : job.definition.metadata.merging(metadata) { _, new in new },
            details: details)
        if let timeToLive { execution.progress.expiresAt = max(now, due).advanced(by: timeToLive) }
        return execution
    }

    private func validate(for job: Job, depth: Int) throws {
        let check = FieldCheck(code: .invalidRequest, jobName: job.definition.name)
        try check.payload(payload, "The payload of a run")
        try check.instant(at, "The instant of a run")
        try check.number(priority, "The priority of a run", 0...10)
        try check.length(of: concurrencyKey, "The concurrency key", 1...256)
        try check.length(of: idempotencyKey, "The idempotency key", 1...255)
        try check.length(of: author, "The author", 1...255)
        try check.length(of: workflowStepRunID, "The workflow step", 1...255)
        try check.length(of: source.rawValue, "The source", 1...64)
        guard ![.schedule, .backfill, .notification].contains(source) else {
            throw check.fail(
                "Runs of source \(source.rawValue) are made by the engine alone; name another source.",
                value: source.rawValue)
        }
        try check.tags(tags)
        try check.span(timeToLive, "The time to live of a run", longest: .seconds(2_592_000))
        if let overrides { _ = try job.definition.retry.applying(overrides) }
        guard depth <= Self.longestLineage else {
            throw check.fail(
                "A chain of executions that cause one another has at most \(Self.longestLineage) links; "
                    + "this would be number \(depth).", value: "\(depth)")
        }
    }
}
