public import Foundation

/// A request to claim due executions under a lease.
public struct ClaimRequest: Sendable {
    /// The scheduler that will hold the leases.
    public var owner: String
    /// The largest number of executions to claim.
    public var limit: Int
    /// The current time.
    ///
    /// Executions must be due by then.
    public var now: Date
    /// When the leases expire unless renewed.
    public var leaseExpiresAt: Date
    /// The number of free workers, or `nil` if there are enough for ``limit``.
    ///
    /// Executions beyond it must wait for a worker, so they may not come from a job with limits.
    package var free: Int?

    /// Creates a request.
    public init(owner: String, limit: Int, now: Date, leaseExpiresAt: Date) {
        self.owner = owner
        self.limit = limit
        self.now = now
        self.leaseExpiresAt = leaseExpiresAt
    }
}

/// An execution under a lease, with its job.
public struct Claim: Sendable, Hashable {
    /// The execution, which is running.
    public var execution: Execution
    /// The job, in the version that the execution runs.
    public var job: Job

    /// Creates a claim.
    public init(execution: Execution, lease: Lease, job: Job) {
        self.execution = execution
        self.execution.progress.lease = lease
        self.job = job
    }

    /// Creates a claim of an execution that has its lease.
    init(_ execution: consuming Execution, job: consuming Job) {
        self.execution = execution
        self.job = job
    }

    /// The fencing token of the lease, without a copy of its owner's name.
    package var token: Int { execution.progress.lease?.token ?? 0 }

    /// When the lease ends, without a copy of its owner's name.
    package var leaseExpiresAt: Date { execution.progress.lease?.expiresAt ?? .distantPast }

    /// The lease under which the execution runs, or an expired one if it was taken away.
    public var lease: Lease {
        get { execution.progress.lease ?? Lease(owner: "", token: 0, expiresAt: .distantPast) }
        set { execution.progress.lease = newValue }
    }
}
