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

    /// Makes a renewal.
    public init(executionID: ExecutionID, token: Int, expiresAt: Date) {
        self.executionID = executionID
        self.token = token
        self.expiresAt = expiresAt
    }
}
