public import Foundation
public import Rota
import RotaCore
import RotaStore

// A manual clock advances from deadline to deadline, and at each in an order that no thread of the machine decides.

extension ManualClock {
    /// Advances the clock, stopping at each deadline until the schedulers have finished their due work.
    ///
    /// The schedulers must be running on this clock, and their handlers must wait only for this clock or for real input
    /// and output.
    ///
    /// If the task is canceled, as by the time limit of a test, the method returns early, and the clock stays where it
    /// is.
    ///
    /// Tasks that wake at one date take turns, so that a test has the same outcome each time it runs:
    ///
    /// 1. Attempts continue, one after the other, in the order of their executions. Each may end, or sleep again.
    /// 2. Timeouts and heartbeat limits pass.
    /// 3. Tasks of the test continue.
    /// 4. The schedulers record results and do their due work, one after the other, in the order in which they are
    ///    given.
    ///
    /// So an execution that ends at the date of an occurrence has ended before the occurrence fires.
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
        while !Task.isCancelled, let deadline = nextDeadline, deadline <= target {
            for scheduler in schedulers { scheduler.hold() }
            if deadline > now { move(to: deadline) }
            await wakeAttempts(of: schedulers)
            while wakeNext(where: { $0 == nil }) != nil {}
            for scheduler in schedulers {
                await wake(scheduler)
                // The last one is waited for below, together with all the others.
                if scheduler !== schedulers.last { await patiently { self.isSettled([scheduler]) } }
            }
            while wakeNext(where: { _ in true }) != nil {}
            await settle(schedulers)
        }
        guard !Task.isCancelled else { return }
        if target > now { set(to: target) }
        await settle(schedulers)
    }

    /// Wakes the attempts and their timeouts, each after the one before has ended or sleeps again.
    private func wakeAttempts(of schedulers: [Scheduler]) async {
        while let woken = wakeNext(where: { $0?.attempt != nil }), let attempt = woken?.attempt {
            await patiently { self.isQuiet(attempt, in: schedulers) }
        }
    }

    /// Lets a scheduler that was held continue, after its alarm rang if that is due.
    private func wake(_ scheduler: Scheduler) async {
        var hasRung = false
        while wakeNext(where: { $0 == .driver(scheduler.owner) }) != nil { hasRung = true }
        // Its results alone would wake it too, but it might then do other work first.
        if hasRung { await patiently { scheduler.isSignaled || scheduler.status.phase == .ended } }
        scheduler.release()
    }

    /// Whether an attempt has ended, or all its tasks sleep.
    private func isQuiet(_ attempt: SleeperTag.Attempt, in schedulers: [Scheduler]) -> Bool {
        schedulers.allSatisfy { scheduler in
            guard case .asleep(_, let busy) = scheduler.status.phase else { return true }
            let tags = busy.filter { $0.attempt == attempt }
            guard !tags.isEmpty, !sleepers.isSuperset(of: tags) else { return true }
            return scheduler.status.returned.contains { $0.attempt == attempt }
        }
    }

    /// Waits until a condition holds, but not for ever: attempts may wait for each other, or for a later turn.
    private func patiently(_ condition: @Sendable () -> Bool) async {
        for _ in 0..<100_000 {
            if condition() { return }
            await Task.yield()
        }
    }

    /// Waits until the schedulers have nothing left to do at the current date.
    ///
    /// A scheduler has settled when its driver sleeps until a later date, it has no pending signal, and its running
    /// work sleeps on the clock too. This method waits for schedulers whose `run()` has not started yet, and ignores
    /// those whose `run()` has returned. It returns early if the task is canceled.
    public func settle(_ schedulers: [Scheduler]) async {
        for scheduler in schedulers { scheduler.status.onChange { [weak self] in self?.noteActivity() } }
        while true {
            let count = activity
            if Task.isCancelled || isSettled(schedulers) { return }
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

/// The place of a task among those that wake at one date.
enum WakeOrder: Comparable {
    case attempt(ExecutionID, token: Int)
    case watch(ExecutionID, token: Int)
    case test
    case driver(String)

    init(_ tag: SleeperTag?) {
        self =
            switch tag {
            case .run(let id, let token): .attempt(id, token: token)
            case .watch(let id, let token): .watch(id, token: token)
            case nil: .test
            case .driver(let owner): .driver(owner)
            }
    }
}

extension SleeperTag {
    /// The attempt that a task belongs to.
    fileprivate struct Attempt: Equatable {
        let id: ExecutionID
        let token: Int
    }

    /// The attempt, or `nil` for the driver of a scheduler.
    fileprivate var attempt: Attempt? {
        switch self {
        case .run(let id, let token), .watch(let id, let token): Attempt(id: id, token: token)
        case .driver: nil
        }
    }
}
