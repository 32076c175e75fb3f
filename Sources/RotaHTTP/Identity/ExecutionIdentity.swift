public import Foundation

/// Who asks: the execution behind a request, for the receiver to recognise repeats and to trace back (rows T-94, TX-9).
public struct ExecutionIdentity: Sendable, Hashable {
    /// The execution's id, the same on every attempt.
    public var executionID: String
    /// The job's id.
    public var jobID: String
    /// The instant the execution was due.
    public var scheduledFor: Date
    /// The number of the attempt, from 1.
    public var attempt: Int
    /// A key that is the same on every attempt of one execution, for a receiver that acts once per key.
    public var idempotencyKey: String

    /// Makes an identity.
    ///
    /// - Parameters:
    ///   - executionID: the execution's id.
    ///   - jobID: the job's id.
    ///   - scheduledFor: the instant the execution was due.
    ///   - attempt: the number of the attempt, from 1.
    ///   - idempotencyKey: the key; the execution's id if nil.
    public init(
        executionID: String, jobID: String, scheduledFor: Date, attempt: Int, idempotencyKey: String? = nil
    ) {
        self.executionID = executionID
        self.jobID = jobID
        self.scheduledFor = scheduledFor
        self.attempt = attempt
        self.idempotencyKey = idempotencyKey ?? executionID
    }
}
