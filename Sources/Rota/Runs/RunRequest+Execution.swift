import Foundation
import RotaCore
import RotaRetry
import RotaStore

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
