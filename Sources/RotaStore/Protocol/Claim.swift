public import Foundation

/// A request for work: queued executions that are due, under a lease.
public struct ClaimRequest: Sendable {
    /// The scheduler that will hold the leases.
    public var owner: String
    /// The largest number of executions to claim.
    public var limit: Int
    /// The time by which executions must be due.
    public var now: Date
    /// The instant at which the leases end unless they are renewed.
    public var leaseExpiresAt: Date

    /// Makes a request.
    public init(owner: String, limit: Int, now: Date, leaseExpiresAt: Date) {
        self.owner = owner
        self.limit = limit
        self.now = now
        self.leaseExpiresAt = leaseExpiresAt
    }
}

/// An execution under a lease, and the job it is a run of.
public struct Claim: Sendable, Hashable {
    /// The execution, with its lease.
    public var execution: Execution
    /// The job as it is now.
    public var job: Job

    /// Makes a claim.
    public init(execution: Execution, job: Job) {
        self.execution = execution
        self.job = job
    }
}

/// A lease to be renewed.
public struct LeaseRenewal: Sendable, Hashable {
    /// The execution.
    public var executionID: ExecutionID
    /// The token of the lease.
    public var token: Int
    /// The lease's new end.
    public var expiresAt: Date
    /// The last sign of life of the work, if it gave one (S-64).
    public var heartbeatAt: Date?
    /// How far the work says it is, if it does.
    public var report: ProgressReport?

    /// What became of a renewal.
    public enum Outcome: Sendable, Hashable {
        /// The lease lasts longer now.
        case renewed
        /// The lease lasts longer now, but somebody asked that the execution be called off: cancel the work.
        case cancelRequested
        /// The token is no longer the latest, or the execution is over or gone.
        case lost
    }

    /// Makes a renewal.
    public init(
        executionID: ExecutionID, token: Int, expiresAt: Date, heartbeatAt: Date? = nil, report: ProgressReport? = nil
    ) {
        self.executionID = executionID
        self.token = token
        self.expiresAt = expiresAt
        self.heartbeatAt = heartbeatAt
        self.report = report
    }
}
