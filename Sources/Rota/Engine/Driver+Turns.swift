import Foundation
import RotaCore
import RotaStore

// Passes on a store that does a whole one in one step.

extension Driver {
    /// Does in one step of the store what a pass does.
    ///
    /// - Parameter pollsAlways: Whether to ask for due work even if nothing calls for it.
    /// - Returns: Whether anything was done, and if not, the date to sleep until, if it is known.
    mutating func takeTurn(
        after results: [AttemptResult], pollsAlways: Bool = false
    ) async throws -> (isBusy: Bool, wake: Date?) {
        let now = try context.clock.usableTime()
        if !results.isEmpty { lookahead.adapt(to: results, unbegun: queue.count) }
        unrecorded += plan(results, at: now)
        // Claimed work waits only a moment: once attempts are long, others may begin it sooner.
        if lookahead.isOver(at: now) { unrecorded += takeBackQueued(at: now) }
        let planned = unrecorded.firstBatch
        let box = PlanBox()
        let turn = makeTurn(
            recording: planned, at: now,
            planningInto: pollsAlways || polling.isNeeded(at: now, prefersQueuedWork: false) ? box : nil)
        guard !turn.isEmpty || !unrecorded.isEmpty else { return (false, nil) }
        let outcome = try await context.store.turn(turn)
        unrecorded.removeBatch(planned)
        // Before anything else changes it.
        if let planner = box.planner { planning = planner }
        var works = turn.claim.map { register(outcome.claims, of: $0) } ?? []
        // The events of what has happened come before those of what begins.
        defer { queue.push(works) }
        if !planned.isEmpty {
            try await handleCompletionOutcomes(try planned.outcomes(outcome.completions), of: planned, at: now)
        }
        try await handleRenewalOutcomes(outcome.renewals, of: turn.renewals, at: now)
        let isBusy = !planned.isEmpty || !works.isEmpty
        guard turn.due != nil else { return (isBusy, nil) }
        guard let work = outcome.dueWork else {
            throw SchedulerError(
                .unusableStore,
                "`turn(_:)` of the store must return the due work when the turn asks for it. Test the store with "
                    + "`StoreContract` of RotaTesting.", value: nil)
        }
        let didPlannedWork = try await handlePlanOutcomes(box, outcome, of: work, at: now)
        // The rest takes calls of the store, for which claimed work need not wait.
        queue.push(works)
        works = []
        let hasRewound = work.isAhead ? try await rewind(to: now) : false
        // The turn may have waited, and a store may compare dates with a clock of its own.
        let hasPruned = work.isPruningDue ? try await prune(at: context.clock.usableTime()) : false
        guard !isBusy, !didPlannedWork, !hasRewound, !hasPruned, !work.isAhead else { return (true, nil) }
        return (false, nextWake(after: work, at: now))
    }

    /// Puts a pass together: what to record, which leases to renew, whether to plan due work, and how much to claim.
    ///
    /// - Parameter box: Takes the plan for due work, or `nil` if none is asked for.
    private mutating func makeTurn(
        recording planned: [PlannedCompletion], at now: Date, planningInto box: PlanBox?
    ) -> StoreTurn {
        var turn = StoreTurn()
        turn.completions = planned.open
        turn.renewals = dueRenewals(at: now)
        if let box {
            mayClaim = true
            planning.postponements.expire(at: now)
            turn.due = StoreTurn.Due(now: now, limit: dueLimit) { [planning, inFlight, unrecorded, context] work in
                box.make(from: planning, for: work, at: now, uptime: context.clock.uptime) {
                    Self.liveLeases(inFlight, unrecorded, context.heartbeats)
                }
            }
        }
        turn.claim = claimRequest()
        return turn
    }

    /// Handles the outcomes of the plan for due work that was made within the turn.
    ///
    /// - Returns: Whether anything was done.
    private mutating func handlePlanOutcomes(
        _ box: PlanBox, _ outcome: StoreTurn.Outcome, of work: DueWork, at now: Date
    ) async throws -> Bool {
        polling.recordPoll(
            at: now, next: work.isTruncated || work.isAhead ? now : work.nextWakeup ?? .distantFuture)
        let plan = box.plan
        if plan.isCut { polling.poll(by: now) }
        report(plan.postponed, at: now)
        if !plan.reclaims.isEmpty { try await handleCompletionOutcomes(outcome.reclaims, of: plan.reclaims, at: now) }
        let hasFired = try await fire(plan) {
            try await $0.handleFireOutcomes(outcome.fires, of: plan, at: now)
        }
        return hasFired || !plan.reclaims.isEmpty
    }
}
