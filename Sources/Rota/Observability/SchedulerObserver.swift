public import Foundation
public import RotaStore

/// Someone who is told at once of everything that a scheduler does, for logs, metrics and alarms.
///
/// The methods are called by the scheduler's driver and its workers, several at a time, and nothing goes on meanwhile:
/// they must return at once. All of them do nothing unless they are implemented. Those who rather read at their own pace
/// take ``Scheduler/events(keeping:)``.
public protocol SchedulerObserver: Sendable {
    /// Executions of one job were queued: by its schedule, on request, or as notices of a run that is over.
    func didEnqueue(_ executions: [Execution], at date: Date)
    /// Occurrences of a job were skipped.
    func didSkip(_ skip: SkippedOccurrence, at date: Date)
    /// An attempt began.
    ///
    /// - Parameters:
    ///   - execution: The execution, with the attempts that were made before.
    ///   - attempt: The number of the attempt, 1 for the first.
    ///   - date: When.
    func didStart(_ execution: Execution, attempt: Int, at date: Date)
    /// An attempt ended.
    ///
    /// - Parameters:
    ///   - attempt: The attempt.
    ///   - execution: The execution as it is afterwards; `nextRetryAt` says whether another attempt follows.
    ///   - date: When.
    func didFinish(_ attempt: Attempt, of execution: Execution, at date: Date)
    /// An execution came to its end.
    func didFinish(_ execution: Execution, at date: Date)
    /// An execution was given back without a counted attempt, or parked until an answer comes.
    func didRelease(_ execution: Execution, at date: Date)
    /// A lease was lost: another scheduler has taken the execution over, or it is gone; this attempt's result is refused.
    func didLoseLease(of id: ExecutionID, at date: Date)
    /// A job's breaker opened, if the job `isHeldByBreaker` now, or else let it go on.
    func didChangeBreaker(of job: Job, at date: Date)
    /// A handler that jobs need is not registered; their executions wait for a scheduler that has it.
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - jobs: Jobs that need it, at most 20.
    ///   - date: When.
    func handlerMissing(_ name: String, jobs: [JobID], at date: Date)
    /// The store expired executions, or threw away history.
    func didPrune(_ report: PruneReport, at date: Date)
    /// The store failed, which ends `run()`.
    func didFail(_ error: any Error, at date: Date)
    /// The driver has nothing to do until an instant, if nobody wakes it earlier.
    func didSleep(until wake: Date, at date: Date)
    /// The driver works again.
    func didWake(at date: Date)
}

extension SchedulerObserver {
    /// Does nothing.
    public func didEnqueue(_ executions: [Execution], at date: Date) {}
    /// Does nothing.
    public func didSkip(_ skip: SkippedOccurrence, at date: Date) {}
    /// Does nothing.
    public func didStart(_ execution: Execution, attempt: Int, at date: Date) {}
    /// Does nothing.
    public func didFinish(_ attempt: Attempt, of execution: Execution, at date: Date) {}
    /// Does nothing.
    public func didFinish(_ execution: Execution, at date: Date) {}
    /// Does nothing.
    public func didRelease(_ execution: Execution, at date: Date) {}
    /// Does nothing.
    public func didLoseLease(of id: ExecutionID, at date: Date) {}
    /// Does nothing.
    public func didChangeBreaker(of job: Job, at date: Date) {}
    /// Does nothing.
    public func handlerMissing(_ name: String, jobs: [JobID], at date: Date) {}
    /// Does nothing.
    public func didPrune(_ report: PruneReport, at date: Date) {}
    /// Does nothing.
    public func didFail(_ error: any Error, at date: Date) {}
    /// Does nothing.
    public func didSleep(until wake: Date, at date: Date) {}
    /// Does nothing.
    public func didWake(at date: Date) {}
}
