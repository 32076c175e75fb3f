public import Foundation
public import Rota
import RotaCore

extension ManualClock {
    /// Advances the clock, stopping at each deadline until the schedulers have finished their due work.
    ///
    /// The schedulers must be running on this clock, and their handlers must wait only for this clock or for real input
    /// and output.
    ///
    /// - Parameters:
    ///   - duration: The time to advance, 0 or more.
    ///   - schedulers: The schedulers that use this clock.
    public func advance(by duration: Duration, driving schedulers: [Scheduler]) async {
        await advance(to: now.advanced(by: max(.zero, duration)), driving: schedulers)
    }

    /// Advances the clock to a date, like ``advance(by:driving:)``.
    public func advance(to target: Date, driving schedulers: [Scheduler]) async {
        await settle(schedulers)
        while let deadline = nextDeadline, deadline <= target {
            set(to: max(deadline, now))
            await settle(schedulers)
        }
        if target > now { set(to: target) }
        await settle(schedulers)
    }

    /// Waits until the schedulers have nothing left to do at the current date.
    ///
    /// A scheduler has settled when its driver sleeps until a later date, it has no pending signal, and its running work
    /// sleeps on the clock too. This method waits for schedulers whose `run()` has not started yet, and ignores those
    /// whose `run()` has returned.
    public func settle(_ schedulers: [Scheduler]) async {
        for scheduler in schedulers { scheduler.status.onChange { [weak self] in self?.noteActivity() } }
        while true {
            let count = activity
            if isSettled(schedulers) { return }
            await nextActivity(after: count)
        }
    }

    private func isSettled(_ schedulers: [Scheduler]) -> Bool {
        var expected: Set<SleeperTag> = []
        for scheduler in schedulers {
            switch scheduler.status.phase {
            case .ended: continue
            case .new, .awake: return false
            case .asleep(let deadline, let busy):
                guard deadline > now, !scheduler.isSignaled else { return false }
                expected.formUnion(busy)
                expected.insert(.driver(scheduler.owner))
            }
        }
        return expected.isSubset(of: sleepers)
    }
}
