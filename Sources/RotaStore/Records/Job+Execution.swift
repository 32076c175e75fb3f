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
    ///   - replayOf: The execution that this one replays.
    ///   - metadata: Labels that travel with it; the job's if `nil`.
    public func execution(
        id: ExecutionID,
        source: ExecutionSource,
        scheduledFor: Date,
        dueAt: Date? = nil,
        createdAt: Date,
        payload: Payload? = nil,
        replayOf: ExecutionID? = nil,
        metadata: [String: String]? = nil
    ) -> Execution {
        Execution(
            id: id, jobID: self.id, jobName: definition.name, jobVersion: version, source: source,
            scheduledFor: scheduledFor, createdAt: createdAt, payload: payload, replayOf: replayOf,
            metadata: metadata ?? definition.metadata, progress: ExecutionProgress(dueAt: dueAt ?? scheduledFor),
            attempts: [])
    }
}
