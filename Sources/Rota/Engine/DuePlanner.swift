import Foundation
import RotaCore
import RotaStore
import Synchronization

/// Decides what to do about due work, and how attempts end: a value, so that a store can ask within its own step.
struct DuePlanner: Sendable {
    let firePlanner: FirePlanner
    let ids: any IDGenerator
    private var catchUp: CatchUp
    private var random: any RandomNumberGenerator & Sendable
    var postponements = Postponements()
    var elapsedTimes = ElapsedTimes()

    init(
        firePlanner: FirePlanner, ids: any IDGenerator, catchUp: CatchUp, random: any RandomNumberGenerator & Sendable
    ) {
        (self.firePlanner, self.ids, self.catchUp, self.random) = (firePlanner, ids, catchUp, random)
    }

    /// Plans what follows an attempt that ended.
    mutating func completion(of result: AttemptResult, uptime: Duration, at now: Date) -> PlannedCompletion {
        if let recorded = result.work.recorded.withLock(\.self) {
            return PlannedCompletion(work: result.work, recorded: recorded)
        }
        return CompletionPlanner.plan(
            result, at: now,
            elapsed: elapsedTimes.elapsed(result.work.claim.execution, uptime: uptime, at: now), random: &random)
    }

    /// Counts a failure of the store, and returns how long to wait.
    mutating func delay(after error: StoreError, in outage: inout Outage, at now: Date) -> Duration {
        outage.fail(error, at: now, using: &random)
    }

    /// Plans fires of due jobs, and ends of attempts whose leases have expired.
    ///
    /// - Parameter held: The leases of this scheduler's own attempts, which are not dead.
    mutating func plan(_ work: DueWork, at now: Date, uptime: Duration, held: () -> Set<LeaseKey>) -> DuePlan {
        let (firePlanner, ids) = (firePlanner, ids)
        var plan = DuePlan()
        plan.fires.reserveCapacity(work.dueJobs.count)
        plan.names.reserveCapacity(work.dueJobs.count)
        if !work.expiredLeases.isEmpty {
            let held = held()
            var bytes = 0
            for claim in work.expiredLeases where !held.contains(claim.leaseKey) {
                guard bytes < StoreState.largeCommit else {
                    plan.isCut = true
                    break
                }
                let elapsed = elapsedTimes.elapsed(claim.execution, uptime: uptime, at: now)
                plan.reclaims.append(
                    CompletionPlanner.crashed(ClaimedWork(claim, slot: nil), at: now, elapsed: elapsed, random: &random)
                )
                bytes += plan.reclaims[plan.reclaims.count - 1].recordedBytes
            }
        }
        // Whose fires are refused again and again stays at the head, so the plan is as long as the due work.
        let limit = max(firePlanner.batchSize, work.dueJobs.count)
        var (executions, bytes) = (0, 0)
        for job in work.dueJobs where !postponements.contains(job.id) {
            guard executions < limit, bytes < StoreState.largeCommit else {
                plan.isCut = true
                break
            }
            do {
                let fire = try firePlanner.plan(job, at: now, catchUp: &catchUp) {
                    ExecutionID(bits: ids.makeID(at: now))
                }
                guard let fire else { continue }
                executions += fire.executions.count
                bytes += fire.executions.count * firePlanner.bytes(ofExecutionOf: job)
                plan.fires.append(fire.applyingBreaker(of: job, at: now))
                plan.names.append(job.name)
                if job.scheduleState.state == .paused, !job.scheduleState.isHeldByBreaker { plan.paused[job.id] = job }
            } catch {
                plan.postponed.append((job, postponements.add(job.id, at: now), error))
            }
        }
        return plan
    }
}

/// The decisions about due work.
struct DuePlan: Sendable {
    typealias Postponed = (job: Job, until: Date, error: ScheduleError)

    /// The ends of attempts whose leases have expired.
    var reclaims: [PlannedCompletion] = []
    /// The jobs to fire, and their names.
    var fires: [FireRequest] = []
    var names: [String] = []
    /// Those of the jobs to fire whose pause ends.
    var paused: [JobID: Job] = [:]
    /// The jobs whose occurrences cannot be computed now.
    var postponed: [Postponed] = []
    /// Whether some of the due work is left to the next plan, because one commit must not grow without bounds.
    var isCut = false
}

/// Carries the plan out of the closure that a store runs inside its step.
final class PlanBox: Sendable {
    private let made = Mutex<(planner: DuePlanner, plan: DuePlan)?>(nil)

    /// Plans, from the same beginning each time, because a store may repeat its step.
    func make(
        from planner: DuePlanner, for work: DueWork, at now: Date, uptime: Duration, held: () -> Set<LeaseKey>
    ) -> StoreTurn.Plan {
        var planner = planner
        // The store's records are brought back to the clock first.
        let plan = work.isAhead ? DuePlan() : planner.plan(work, at: now, uptime: uptime, held: held)
        made.withLock { $0 = (planner, plan) }
        return StoreTurn.Plan(completions: plan.reclaims.map(\.completion), fires: plan.fires)
    }

    /// The planner's state after the plan, or `nil` if none was made.
    var planner: DuePlanner? { made.withLock { $0?.planner } }

    /// The plan, which is empty if none was made.
    var plan: DuePlan { made.withLock { $0?.plan } ?? DuePlan() }
}
