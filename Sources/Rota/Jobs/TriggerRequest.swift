public import Foundation
import RotaCore
public import RotaRetry
public import RotaStore

/// A request for an extra execution of a job, and how it differs from the job's other executions.
///
/// ```swift
/// let request = TriggerRequest(priority: 9, idempotencyKey: "order-42", timeToLive: .seconds(600))
/// let execution = try await scheduler.trigger(job.id, request)
/// print(execution.status)  // queued
/// ```
public struct TriggerRequest: Sendable, Hashable {
    /// The payload of the handler for this execution only, up to 5 MiB of JSON; `nil` for the job's.
    ///
    /// A job that sends a request accepts one only if its template uses `{{payload}}` or its fields.
    public var payload: JSONPayload?
    /// The date from which the execution may start; `nil` or a past date for immediately.
    public var at: Date?
    /// The recorded cause of the execution.
    public var source = ExecutionSource.manual
    /// The priority, from 0 to 10.
    ///
    /// Higher starts first; `nil` for the job's.
    public var priority: Int?
    /// A key, up to 256 characters.
    ///
    /// Executions with the same key share the job's limit per key.
    public var concurrencyKey: String?
    /// A key, up to 255 characters, such as a day or a customer, by which the execution is matched with those of the
    /// jobs that its job depends on, and of those that depend on it.
    ///
    /// See `JobDependency`.
    public var dependencyKey: String?
    /// A key, up to 256 characters, that makes the request repeatable.
    ///
    /// A repeated request returns the first execution, as long as that is kept. It cannot be combined with
    /// ``uniqueness``.
    public var idempotencyKey: String?
    /// Makes repeated requests for the same work one execution; `nil` to queue an execution for each.
    public var uniqueness: Uniqueness?
    /// Metadata of the execution, merged over the job's.
    public var metadata: [String: String] = [:]
    /// Tags to find the execution by: up to 20, names up to 64 characters, values up to 256.
    public var tags: [String: String] = [:]
    /// Overrides of the job's retry policy and timeout.
    public var overrides: RetryOverrides?
    /// How long after its due date an unstarted execution expires, up to 30 days; `nil` for the job's.
    public var timeToLive: Duration?
    /// The author of the request, up to 255 characters.
    public var author: String?
    /// The execution that caused this one.
    ///
    /// Chains of more than 10 are refused.
    public var parentID: ExecutionID?
    /// The execution that this one continues.
    ///
    /// It counts toward the length of the chain.
    public var continuationOf: ExecutionID?
    /// Whether the execution keeps its decision trail: which limit held it and for how long, who claimed it, and which
    /// rule chose its delays.
    ///
    /// ``Scheduler/explain(_:)`` shows it.
    public var keepsTrail = false

    /// Creates a request.
    ///
    /// By default, it asks for a manual execution that starts immediately. ``with(_:)`` sets the other members.
    ///
    /// - Parameters:
    ///   - payload: The payload for this execution only, up to 5 MiB of JSON; `nil` for the job's.
    ///   - date: The date from which the execution may start; `nil` or a past date for immediately.
    ///   - priority: The priority, from 0 to 10; `nil` for the job's.
    ///   - concurrencyKey: A key, up to 256 characters, whose executions share the job's limit per key.
    ///   - idempotencyKey: A key, up to 256 characters, that makes the request repeatable. It excludes `uniqueness`.
    ///   - uniqueness: Makes repeated requests for the same work one execution.
    ///   - timeToLive: How long after its due date an unstarted execution expires, up to 30 days; `nil` for the job's.
    public init(
        payload: JSONPayload? = nil, at date: Date? = nil, priority: Int? = nil, concurrencyKey: String? = nil,
        idempotencyKey: String? = nil, uniqueness: Uniqueness? = nil, timeToLive: Duration? = nil
    ) {
        self.payload = payload
        at = date
        self.priority = priority
        self.concurrencyKey = concurrencyKey
        self.idempotencyKey = idempotencyKey
        self.uniqueness = uniqueness
        self.timeToLive = timeToLive
    }

    /// Returns a copy with changes, for requests that are written in one expression.
    ///
    /// - Parameter change: Sets members of the copy.
    public func with(_ change: (inout TriggerRequest) throws -> Void) rethrows -> TriggerRequest {
        var request = self
        try change(&request)
        return request
    }
}

extension TriggerRequest {
    /// Creates the requested execution.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - id: The execution's identifier.
    ///   - now: The current date.
    ///   - depth: The number of executions that lead to it.
    ///   - batch: The batch it belongs to, if any.
    package func execution(
        of job: Job, id: ExecutionID, at now: Date, depth: Int, batch: BatchID?
    ) throws -> Execution {
        try validate(for: job, depth: depth)
        var details = ExecutionDetails.none
        details.continuationOf = continuationOf
        details.parentID = parentID
        details.lineageDepth = depth
        details.priority = priority
        details.concurrencyKey = concurrencyKey
        details.dependencyKey = dependencyKey
        details.idempotencyKey = idempotencyKey
        details.uniqueness = uniqueness(for: job)
        details.tags = tags.isEmpty ? nil : tags
        details.createdBy = author
        details.batchID = batch
        details.overrides = overrides
        let due = at ?? now
        var execution = job.execution(
            id: id, source: source, scheduledFor: due, createdAt: now, payload: payload,
            metadata: metadata.isEmpty ? nil : job.definition.metadata.merging(metadata) { _, new in new },
            details: details)
        if keepsTrail { execution.progress.trail = ExecutionTrail() }
        if let timeToLive { execution.progress.expiresAt = max(now, due).advanced(by: timeToLive) }
        return execution
    }

    /// The rule by which the execution is compared with earlier ones: its own, or else the job's window.
    private func uniqueness(for job: Job) -> Uniqueness? {
        let payload = payload ?? job.action.handler?.payload
        if let uniqueness { return uniqueness.keyed(by: payload) }
        guard let window = job.definition.deduplicationWindow else { return nil }
        return idempotencyKey == nil ? .samePayload(for: window).keyed(by: payload) : .remembering(payload, for: window)
    }

    /// Checks the request, as far as it can be without other executions.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - depth: The number of executions that lead to it.
    /// - Throws: ``SchedulerError``, or the error of the job's request template.
    package func validate(for job: Job, depth: Int) throws {
        let check = FieldCheck(code: .invalidRequest, jobName: job.definition.name)
        try check.payload(payload, "The payload of an execution")
        if let template = job.action.request { try check.payload(payload, fits: template) }
        try job.definition.payloadSchema?.check(
            payload ?? job.action.handler?.payload, "The payload of the execution", of: job.definition.name)
        try check.date(at, "The date of an execution")
        try check.number(priority, "The priority of an execution", 0...10)
        try check.length(of: concurrencyKey, "The concurrency key", 1...256)
        try check.length(of: dependencyKey, "The dependency key", 1...255)
        try check.idempotencyKey(idempotencyKey)
        if let uniqueness, !uniqueness.comparesPayloads {
            try check.length(of: uniqueness.key, "The key of unique work", 1...255)
        }
        guard uniqueness == nil || idempotencyKey == nil else {
            throw check.fail(
                "Use either an idempotency key or a uniqueness, not both.", value: idempotencyKey)
        }
        try check.span(uniqueness?.span, "The time for which work is unique", longest: .seconds(2_592_000))
        try check.length(of: author, "The author", 1...255)
        try check.length(of: source.rawValue, "The source", 1...64)
        guard ![.schedule, .backfill, .notification].contains(source) else {
            throw check.fail(
                "Only the scheduler itself creates executions with source \(source.rawValue). Use another source.",
                value: source.rawValue)
        }
        try check.tags(tags)
        try check.span(timeToLive, "The time to live of an execution", longest: .seconds(2_592_000))
        if let overrides { _ = try job.definition.retry.applying(overrides) }
        guard depth <= ChainRule.longest else {
            throw check.fail(
                "A chain of executions that cause one another can have at most \(ChainRule.longest) links. "
                    + "This would be number \(depth).", value: "\(depth)")
        }
    }
}
