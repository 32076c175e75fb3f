public import Foundation

/// A request to extend a lease.
public struct LeaseRenewal: Sendable, Hashable {
    /// The execution.
    public var executionID: ExecutionID
    /// The fencing token of the lease.
    public var token: Int
    /// The scheduler that holds the lease, or `nil` if the token alone tells.
    public var owner: String?
    /// The new expiry date.
    public var expiresAt: Date
    /// When the renewal is requested, by the scheduler's clock.
    ///
    /// A store with a clock of its own counts the new lease from there: a scheduler whose clock is wrong neither loses
    /// its lease early nor keeps it too long.
    public var requestedAt: Date?
    /// When the handler last sent a heartbeat, if it did.
    public var heartbeatAt: Date?
    /// The progress the handler last reported, if it did.
    public var report: ProgressReport?
    /// The value to keep for the handler's next attempt, if it saved one.
    public var checkpoint: JSONPayload?

    /// The outcome of a renewal.
    public enum Outcome: Sendable, Hashable {
        /// The lease was extended.
        case renewed
        /// The lease was extended, but cancellation was requested: cancel the task.
        case cancelRequested
        /// The lease was lost: its token is no longer the latest, or the execution has ended or was deleted.
        case lost
    }

    /// Creates a renewal.
    public init(
        executionID: ExecutionID, token: Int, expiresAt: Date, requestedAt: Date? = nil, heartbeatAt: Date? = nil,
        report: ProgressReport? = nil, checkpoint: JSONPayload? = nil, owner: String? = nil
    ) {
        self.owner = owner
        self.executionID = executionID
        self.token = token
        self.expiresAt = expiresAt
        self.requestedAt = requestedAt
        self.heartbeatAt = heartbeatAt
        self.report = report
        self.checkpoint = checkpoint
    }
}
