public import Foundation
public import RotaStore

/// Receives everything a scheduler does as it happens, for logs, metrics and alerts.
///
/// The methods are called by the driver and its workers, concurrently and synchronously, so they must return quickly.
/// Every method has a default implementation that does nothing. To read events at your own pace, use
/// ``Scheduler/events(keeping:)``.
///
/// ```swift
/// struct FailureLog: SchedulerObserver {
///     func didFinish(_ execution: Execution, at date: Date) {
///         guard execution.status == .failed else { return }
///         print("\(execution.jobName) failed: \(execution.failure?.message ?? "")")
///     }
/// }
/// scheduler.observe(FailureLog())
/// ```
public protocol SchedulerObserver: Sendable {
    /// Executions of a job were queued: by its schedule, on request, or as notifications.
    ///
    /// Each execution is reported once, when it is stored. It may have to wait: for its date, for those before it in a
    /// backfill, or for the end of its batch. A busy scheduler may begin it before this report.
    func didEnqueue(_ executions: [Execution], at date: Date)
    /// Occurrences of a job were skipped.
    ///
    /// - Parameters:
    ///   - skip: The occurrences, and the reason.
    ///   - jobName: The job's name.
    ///   - date: The date of the event.
    func didSkip(_ skip: SkippedOccurrence, of jobName: String, at date: Date)
    /// An attempt began.
    ///
    /// - Parameters:
    ///   - execution: The execution, with its earlier attempts.
    ///   - attempt: The number of the attempt, starting with 1.
    ///   - date: The date of the event.
    func didStart(_ execution: Execution, attempt: Int, at date: Date)
    /// An attempt ended.
    ///
    /// - Parameters:
    ///   - attempt: The attempt.
    ///   - execution: The execution after the attempt. If another attempt follows, `nextRetryAt` is its date.
    ///   - date: The date of the event.
    func didFinish(_ attempt: Attempt, of execution: Execution, at date: Date)
    /// An execution ended.
    func didFinish(_ execution: Execution, at date: Date)
    /// An execution was released without counting an attempt, or waits for an external completion.
    func didRelease(_ execution: Execution, at date: Date)
    /// A lease was lost: another scheduler took over, or the execution was deleted. This attempt's result is refused.
    func didLoseLease(of id: ExecutionID, at date: Date)
    /// A running execution lost its lease, and this is the execution as far as it is known.
    ///
    /// Called instead of ``didLoseLease(of:at:)-(ExecutionID,_)``, which the default implementation calls.
    func didLoseLease(of execution: Execution, at date: Date)
    /// An attempt that ignored its cancellation was abandoned.
    ///
    /// - Parameters:
    ///   - execution: The execution, as it was when the attempt began.
    ///   - reason: Why, and what follows, in words.
    ///   - date: The date of the event.
    func didAbandon(_ execution: Execution, because reason: String, at date: Date)
    /// An abandoned attempt ended, perhaps after `run()` returned. Its result was dropped.
    func didDropLateResult(of execution: Execution, at date: Date)
    /// A job's breaker opened or closed. It is open if the job's schedule state `isHeldByBreaker`.
    func didChangeBreaker(of job: Job, at date: Date)
    /// A job was paused, or the end or the reason of its pause changed.
    ///
    /// Called in the scheduler that made the change. A breaker that opens is reported by ``didChangeBreaker(of:at:)``.
    ///
    /// - Parameters:
    ///   - job: The job, with the end and the reason in its schedule state.
    ///   - author: Who paused it, if known.
    ///   - date: The date of the event.
    func didPause(_ job: Job, by author: String?, at date: Date)
    /// A paused job or a draft became active.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - author: Who resumed it, if known; `nil` at the end of its pause.
    ///   - date: The date of the event.
    func didResume(_ job: Job, by author: String?, at date: Date)
    /// A handler that jobs need is not registered. Their executions wait for a scheduler that has it.
    ///
    /// Told at the start, and then at most once in 30 seconds for each handler, with a job that needs it.
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - jobs: Jobs that need it, at most 20.
    ///   - date: The date of the event.
    func handlerMissing(_ name: String, jobs: [Job], at date: Date)
    /// A handler that jobs need is not registered, and this is the registered one whose name is similar.
    ///
    /// Called instead of ``handlerMissing(_:jobs:at:)``, which the default implementation calls.
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - jobs: Jobs that need it, at most 20.
    ///   - similar: The name of the registered handler that is probably meant, or `nil` if none is similar.
    ///   - date: The date of the event.
    func handlerMissing(_ name: String, jobs: [Job], similar: String?, at date: Date)
    /// A job was created or changed, and its schedule has no occurrence left, so it will never fire.
    func didFindNoOccurrence(of job: Job, at date: Date)
    /// A job was created again with its idempotency key and another definition, which was ignored.
    ///
    /// Not called for a job that was changed after it was created.
    ///
    /// - Parameters:
    ///   - job: The job as it is.
    ///   - members: The names of the members of the definition that differ, such as `schedule`.
    ///   - date: The date of the event.
    func didKeepDefinition(of job: Job, differing members: [String], at date: Date)
    /// A job's payload cannot be decoded as the type that its handler takes, so its attempts will fail.
    ///
    /// Called when ``Scheduler/run()`` starts, before the job fires.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - reason: What is wrong with the payload.
    ///   - date: The date of the event.
    func payloadUnreadable(of job: Job, because reason: String, at date: Date)
    /// A due job cannot be planned now, because the rules of its time zone cannot be read.
    ///
    /// - Parameters:
    ///   - job: The job, which stays active.
    ///   - next: The date of the next try.
    ///   - error: The reason.
    ///   - date: The date of the event.
    func didPostpone(_ job: Job, until next: Date, because error: any Error, at date: Date)
    /// The store expired executions or deleted history.
    func didPrune(_ report: PruneReport, at date: Date)
    /// The clock was found to have been ahead, and the store's records were brought back to the current time.
    ///
    /// Occurrences that the wrong clock skipped fire in their own time. Those that it fired do not fire again.
    func didRewind(_ report: RewindReport, at date: Date)
    /// ``Scheduler/run()`` returned at once, because ``Scheduler/beginShutdown()`` had been called before it.
    func didStopBeforeRunning(at date: Date)
    /// The store failed, which ends `run()`.
    func didFail(_ error: any Error, at date: Date)
    /// The store is out of reach. The scheduler tries again until it is back, and keeps the results of attempts.
    func didLoseStore(because error: StoreError, at date: Date)
    /// The store can be used again.
    ///
    /// - Parameters:
    ///   - outage: How long it was out of reach.
    ///   - date: The date of the event.
    func didRegainStore(after outage: Duration, at date: Date)
    /// The store works, but not as well as it could. Each reason is reported once while `run()` runs.
    ///
    /// - Parameters:
    ///   - reason: What is worse than it could be, why, and what to do.
    ///   - date: The date of the event.
    func storeLimited(because reason: String, at date: Date)
    /// The driver has nothing to do until a date, unless it is woken earlier.
    func didSleep(until wake: Date, at date: Date)
    /// The driver woke up.
    func didWake(at date: Date)
}

extension SchedulerObserver {
    /// The default implementation does nothing.
    public func didEnqueue(_ executions: [Execution], at date: Date) {}
    /// The default implementation does nothing.
    public func didSkip(_ skip: SkippedOccurrence, of jobName: String, at date: Date) {}
    /// The default implementation does nothing.
    public func didStart(_ execution: Execution, attempt: Int, at date: Date) {}
    /// The default implementation does nothing.
    public func didFinish(_ attempt: Attempt, of execution: Execution, at date: Date) {}
    /// The default implementation does nothing.
    public func didFinish(_ execution: Execution, at date: Date) {}
    /// The default implementation does nothing.
    public func didRelease(_ execution: Execution, at date: Date) {}
    /// The default implementation does nothing.
    public func didLoseLease(of id: ExecutionID, at date: Date) {}
    /// The default implementation calls ``didLoseLease(of:at:)-(ExecutionID,_)``.
    public func didLoseLease(of execution: Execution, at date: Date) { didLoseLease(of: execution.id, at: date) }
    /// The default implementation does nothing.
    public func didAbandon(_ execution: Execution, because reason: String, at date: Date) {}
    /// The default implementation does nothing.
    public func didDropLateResult(of execution: Execution, at date: Date) {}
    /// The default implementation does nothing.
    public func didChangeBreaker(of job: Job, at date: Date) {}
    /// The default implementation does nothing.
    public func didPause(_ job: Job, by author: String?, at date: Date) {}
    /// The default implementation does nothing.
    public func didResume(_ job: Job, by author: String?, at date: Date) {}
    /// The default implementation does nothing.
    public func handlerMissing(_ name: String, jobs: [Job], at date: Date) {}
    /// The default implementation calls ``handlerMissing(_:jobs:at:)``.
    public func handlerMissing(_ name: String, jobs: [Job], similar: String?, at date: Date) {
        handlerMissing(name, jobs: jobs, at: date)
    }
    /// The default implementation does nothing.
    public func didFindNoOccurrence(of job: Job, at date: Date) {}
    /// The default implementation does nothing.
    public func didKeepDefinition(of job: Job, differing members: [String], at date: Date) {}
    /// The default implementation does nothing.
    public func payloadUnreadable(of job: Job, because reason: String, at date: Date) {}
    /// The default implementation does nothing.
    public func didPostpone(_ job: Job, until next: Date, because error: any Error, at date: Date) {}
    /// The default implementation does nothing.
    public func didPrune(_ report: PruneReport, at date: Date) {}
    /// The default implementation does nothing.
    public func didRewind(_ report: RewindReport, at date: Date) {}
    /// The default implementation does nothing.
    public func didStopBeforeRunning(at date: Date) {}
    /// The default implementation does nothing.
    public func didFail(_ error: any Error, at date: Date) {}
    /// The default implementation does nothing.
    public func didLoseStore(because error: StoreError, at date: Date) {}
    /// The default implementation does nothing.
    public func didRegainStore(after outage: Duration, at date: Date) {}
    /// The default implementation does nothing.
    public func storeLimited(because reason: String, at date: Date) {}
    /// The default implementation does nothing.
    public func didSleep(until wake: Date, at date: Date) {}
    /// The default implementation does nothing.
    public func didWake(at date: Date) {}
}
