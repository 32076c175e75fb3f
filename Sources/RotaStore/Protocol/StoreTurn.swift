public import Foundation

/// The work of a scheduler in one pass, for stores to which every call costs a commit or a round trip.
///
/// ```
///   completions ─▶ renewals ─▶ due work ─▶ plan ─▶ completions and fires of the plan ─▶ claim
/// ```
///
/// The plan runs inside the step, so no other scheduler can fire the same jobs between reading the due work and acting
/// on it.
public struct StoreTurn: Sendable {
    /// A request for due work, with the function that plans what to do about it.
    public struct Due: Sendable {
        /// The current time.
        public var now: Date
        /// The largest number of due jobs, and of expired leases, to plan for.
        public var limit: Int
        /// The date by the clock from which the store grants leases, if that is not the scheduler's.
        package var leasesBy: Date?
        /// Decides what to do about the due work.
        ///
        /// It must not use the store. A store that repeats a step may call it again; only the last call counts.
        public var plan: @Sendable (DueWork) -> Plan

        /// Creates a request.
        public init(now: Date, limit: Int, plan: @escaping @Sendable (DueWork) -> Plan) {
            (self.now, self.limit, self.plan) = (now, limit, plan)
        }
    }

    /// The decisions about due work.
    public struct Plan: Sendable {
        /// The ends of attempts whose leases have expired, as for ``JobStore/finish(_:)``.
        public var completions: [Completion]
        /// The jobs to fire, as for ``JobStore/fire(_:)``.
        public var fires: [FireRequest]

        /// Creates a plan.
        public init(completions: [Completion] = [], fires: [FireRequest] = []) {
            (self.completions, self.fires) = (completions, fires)
        }
    }

    /// The results of the parts of a turn, each as its own operation returns it.
    public struct Outcome: Sendable {
        /// The outcomes of the completions.
        public var completions: [Completion.Outcome] = []
        /// The outcomes of the renewals.
        public var renewals: [LeaseRenewal.Outcome] = []
        /// The due work that the plan was made for.
        public var dueWork: DueWork?
        /// The outcomes of the plan's completions.
        public var reclaims: [Completion.Outcome] = []
        /// The outcomes of the plan's fires.
        public var fires: [FireRequest.Outcome] = []
        /// The claimed executions.
        public var claims: [Claim] = []

        /// Creates an empty outcome.
        public init() {}
    }

    /// The ends of attempts, as for ``JobStore/finish(_:)``.
    public var completions: [Completion] = []
    /// The leases to extend, as for ``JobStore/renew(_:)``.
    public var renewals: [LeaseRenewal] = []
    /// The request for due work, or `nil` for none.
    public var due: Due?
    /// The executions to claim, as for ``JobStore/claim(_:)``, or `nil` for none.
    public var claim: ClaimRequest?

    /// Creates a turn without work.
    public init() {}

    /// Whether there is nothing to do.
    public var isEmpty: Bool { completions.isEmpty && renewals.isEmpty && due == nil && claim == nil }
}

extension JobStore {
    /// The default implementation calls the single operations one after another.
    public func turn(_ turn: StoreTurn) async throws -> StoreTurn.Outcome {
        var outcome = StoreTurn.Outcome()
        if !turn.completions.isEmpty { outcome.completions = try await finish(turn.completions) }
        if !turn.renewals.isEmpty { outcome.renewals = try await renew(turn.renewals) }
        if let due = turn.due {
            let work = try await dueWork(at: due.now, limit: due.limit)
            outcome.dueWork = work
            let plan = due.plan(work)
            if !plan.completions.isEmpty { outcome.reclaims = try await finish(plan.completions) }
            if !plan.fires.isEmpty { outcome.fires = try await fire(plan.fires) }
        }
        if let claim = turn.claim { outcome.claims = try await self.claim(claim) }
        return outcome
    }

    /// The default implementation prefers single operations.
    public var prefersTurns: Bool { false }

    /// The default implementation asks again after 2 milliseconds.
    public var pollingGap: Duration { .milliseconds(2) }

    /// The default implementation tells nothing.
    public func news() -> AsyncStream<Void> { AsyncStream { $0.finish() } }

    /// The default implementation looks through all running executions.
    public func leases(of owner: String) async throws -> [Claim] {
        var query = ExecutionQuery(statuses: [.running], limit: 1000)
        var claims: [Claim] = []
        repeat {
            let page = try await executions(query)
            for execution in page.items {
                guard let lease = execution.progress.lease, lease.owner == owner,
                    let job = try await job(execution.jobID)
                else { continue }
                claims.append(Claim(execution: execution, lease: lease, job: job))
            }
            query.after = page.next
        } while query.after != nil
        return claims
    }
}
