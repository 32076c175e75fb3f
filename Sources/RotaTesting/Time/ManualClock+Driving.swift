public import Foundation
public import Rota
import RotaCore

extension ManualClock {
    /// Lets time pass, stopping at every instant for which somebody sleeps until the schedulers have done what is due.
    ///
    /// The schedulers must be running, with this clock, and their handlers must wait for nothing but this clock and
    /// real input and output.
    ///
    /// - Parameters:
    ///   - duration: How much time passes, 0 or more.
    ///   - schedulers: The schedulers that work meanwhile.
    public func advance(by duration: Duration, driving schedulers: [Scheduler]) async {
        await advance(to: now.advanced(by: max(.zero, duration)), driving: schedulers)
    }

    /// Lets time pass until an instant, as ``advance(by:driving:)`` does.
    public func advance(to target: Date, driving schedulers: [Scheduler]) async {
        await settle(schedulers)
        while let deadline = nextDeadline, deadline <= target {
            set(to: max(deadline, now))
            await settle(schedulers)
        }
        if target > now { set(to: target) }
        await settle(schedulers)
    }

    /// Waits until the schedulers have nothing left to do at the present time.
    ///
    /// That is when each driver sleeps for a later instant, was not told to look again, and whatever its workers are
    /// busy with sleeps on the clock too. A scheduler whose `run()` has not begun is waited for; one whose `run()` has
    /// ended is not.
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
