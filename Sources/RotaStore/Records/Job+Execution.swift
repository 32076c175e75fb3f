public import Foundation

extension Job {
    /// A new execution of the job, queued.
    ///
    /// - Parameters:
    ///   - id: Its identifier.
    ///   - source: What caused it.
    ///   - scheduledFor: The nominal instant.
    ///   - dueAt: The instant from which it may start; the nominal one if `nil`.
    ///   - createdAt: When the record is made.
    ///   - payload: The value for the handler, if this run has one of its own.
    ///   - metadata: Labels that travel with it; the job's if `nil`.
    ///   - details: Where it comes from, whom it belongs to, and what is different about it.
    public func execution(
        id: ExecutionID,
        source: ExecutionSource,
        scheduledFor: Date,
        dueAt: Date? = nil,
        createdAt: Date,
        payload: JSONPayload? = nil,
        metadata: [String: String]? = nil,
        details: ExecutionDetails = .none
    ) -> Execution {
        var progress = ExecutionProgress(dueAt: dueAt ?? scheduledFor)
        if let life = limits.timeToLive {
            progress.expiresAt = max(createdAt, progress.dueAt).addingTimeInterval(life / .seconds(1))
        }
        return Execution(
            id: id, jobID: self.id, jobName: name, jobVersion: version, source: source,
            scheduledFor: scheduledFor, createdAt: createdAt, payload: payload,
            metadata: metadata ?? self.metadata, details: details, progress: progress, attempts: [])
    }
}
