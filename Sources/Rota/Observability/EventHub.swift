import Foundation
import RotaRetry
import RotaStore
import Synchronization

/// Sends what happens in the driver and its workers to observers, event streams and metrics.
final class EventHub: Sendable {
    private struct Subscriber {
        let continuation: AsyncStream<SchedulerEvent>.Continuation
        let drops: SchedulerEvent.Stream.Drops
    }

    private struct State {
        var subscribers: [Int: Subscriber] = [:]
        var logs: [SchedulerEvent.Log] = []
        var sharedLog: SchedulerEvent.Log?
        var nextID = 0

        var readers: Int { subscribers.count + logs.count }
    }

    private let state = Mutex(State())
    private let count = Atomic(0)
    let observers = ObserverList()
    let metrics = MetricsRecorder()

    /// Whether there are observers, streams or logs.
    ///
    /// Without any, no events are created.
    var isWatched: Bool { !observers.isEmpty || hasSubscribers }

    private var hasSubscribers: Bool { count.load(ordering: .relaxed) > 0 }

    func subscribe(keeping capacity: Int) -> SchedulerEvent.Stream {
        let (stream, continuation) = AsyncStream.makeStream(
            of: SchedulerEvent.self, bufferingPolicy: .bufferingNewest(max(1, capacity)))
        let drops = SchedulerEvent.Stream.Drops()
        let id = state.withLock { state in
            state.nextID += 1
            state.subscribers[state.nextID] = Subscriber(continuation: continuation, drops: drops)
            count.store(state.readers, ordering: .relaxed)
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in
            self?.forget(id)
        }
        return SchedulerEvent.Stream(stream: stream, drops: drops)
    }

    private func forget(_ id: Int) {
        state.withLock { state in
            state.subscribers[id] = nil
            count.store(state.readers, ordering: .relaxed)
        }
    }

    func sharedLog(_ make: () -> SchedulerEvent.Log) -> SchedulerEvent.Log {
        state.withLock { state in
            if let log = state.sharedLog { return log }
            let log = make()
            state.sharedLog = log
            state.logs.append(log)
            count.store(state.readers, ordering: .relaxed)
            return log
        }
    }

    func add(_ log: SchedulerEvent.Log) {
        state.withLock { state in
            state.logs.append(log)
            count.store(state.readers, ordering: .relaxed)
        }
    }

    /// Sends an event to every stream and log.
    ///
    /// It is created only if there is one.
    func send(_ event: @autoclosure () -> SchedulerEvent) {
        guard hasSubscribers else { return }
        let (subscribers, logs) = state.withLock { (Array($0.subscribers.values), $0.logs) }
        let event = event()
        for log in logs { log.append(event) }
        for subscriber in subscribers {
            if case .dropped = subscriber.continuation.yield(event) { subscriber.drops.add() }
        }
    }

    /// Ends every stream.
    func finish() {
        let subscribers = state.withLock { state in
            defer {
                state.subscribers = [:]
                count.store(state.readers, ordering: .relaxed)
            }
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers { subscriber.continuation.finish() }
    }
}

/// The events of the driver and its workers.
extension EventHub {
    /// Announces executions that were queued and occurrences that were skipped.
    func send(
        fired executions: [Execution], skips: [SkippedOccurrence], of id: JobID, named name: String, at now: Date
    ) {
        metrics.queued(executions, skips: skips)
        guard isWatched else { return }
        observers.tell { observer in
            if !executions.isEmpty { observer.didEnqueue(executions, at: now) }
            for skip in skips { observer.didSkip(skip, of: name, at: now) }
        }
        for execution in executions {
            send(SchedulerEvent(.executionQueued, date: now, of: execution))
        }
        for skip in skips {
            send(SchedulerEvent(.occurrencesSkipped, date: now, job: id, named: name, skip: skip))
        }
    }

    /// Announces records that were brought back after the clock was ahead.
    func send(_ report: RewindReport, at now: Date) {
        guard isWatched else { return }
        observers.tell { $0.didRewind(report, at: now) }
        for job in report.jobs {
            let next = job.scheduleState.next.map { " Its next occurrence is \($0.text)." } ?? ""
            send(
                SchedulerEvent(
                    .scheduleRewound, date: now, of: job,
                    message: "The clock had been ahead, and the schedule continues from \(now.text).\(next)"))
        }
    }

    /// Announces the outcomes of completions, of which there is one for each.
    func send(_ outcomes: [Completion.Outcome], of planned: [PlannedCompletion], at now: Date) {
        metrics.finished(outcomes, of: planned)
        guard isWatched else { return }
        for (plan, outcome) in zip(planned, outcomes) { send(outcome, of: plan, at: now) }
    }

    private func send(_ outcome: Completion.Outcome, of planned: PlannedCompletion, at now: Date) {
        let completion = planned.completion
        switch outcome {
        case .recorded(let execution):
            if let attempt = completion.attempt { observers.tell { $0.didFinish(attempt, of: execution, at: now) } }
            if execution.progress.status.isTerminal {
                send(ended: execution, message: planned.stopReason.map { "not retried: \($0)" }, at: now)
            } else if case .retry = completion.next {
                send(SchedulerEvent(.attemptFailed, date: now, of: execution))
            } else {
                observers.tell { $0.didRelease(execution, at: now) }
                // Its handler is missing, which `handlerMissing` tells of once for all that wait for it.
                if case .released(let date) = completion.next, completion.attempt == nil, date > now { return }
                let message: String? =
                    completion.attempt == nil || execution.progress.status != .queued
                    ? nil
                    : "The scheduler stopped during attempt \(execution.attempts.count), which does not count. The "
                        + "execution was interrupted \(execution.interruptionCount) times so far and starts again."
                send(
                    SchedulerEvent(
                        .executionReleased, date: now, of: execution, message: message))
            }
        case .stale, .missing:
            observers.tell { $0.didLoseLease(of: planned.work.claim.execution, at: now) }
        }
    }

    /// Announces an execution that ended.
    func send(ended execution: Execution, message: String? = nil, at now: Date) {
        observers.tell { $0.didFinish(execution, at: now) }
        send(
            SchedulerEvent(
                .executionFinished, date: now, of: execution, message: message))
    }

    /// Announces an attempt that begins.
    ///
    /// Called by workers.
    func started(_ claim: Claim, at now: Date) {
        observers.tell { $0.didStart(claim.execution, attempt: claim.execution.nextAttemptNumber, at: now) }
    }

    /// Announces an attempt that ignored its cancellation.
    ///
    /// - Parameters:
    ///   - claim: The claim under which it was made.
    ///   - end: When its lease ends at the latest, if the scheduler stops; `nil` if its timeout has passed.
    ///   - now: The current date.
    func abandoned(_ claim: Claim, leaseEnd end: Date? = nil, at now: Date) {
        guard isWatched else { return }
        let subject = "\(claim.execution.id) of job \"\(claim.execution.jobName)\""
        let reason =
            if let end {
                "Execution \(subject) ignored its cancellation when the scheduler stopped, and was abandoned. Its result will be "
                    + "dropped. Its lease runs out by \(end.text); then another scheduler recovers it."
            } else {
                "The handler of execution \(subject) ignored its cancellation after its limit had passed, and was "
                    + "abandoned. It keeps a place of `maximumConcurrency` until it ends, and its result will be dropped."
            }
        observers.tell { $0.didAbandon(claim.execution, because: reason, at: now) }
        send(
            SchedulerEvent(
                .executionAbandoned, date: now, of: claim.execution, message: reason))
    }

    /// Announces that an abandoned attempt ended.
    func droppedLateResult(of claim: Claim, at now: Date) {
        observers.tell { $0.didDropLateResult(of: claim.execution, at: now) }
        send(
            SchedulerEvent(
                .lateResultDropped, date: now, of: claim.execution,
                message: "The abandoned attempt of execution \(claim.execution.id) of job "
                    + "\"\(claim.execution.jobName)\" ended, and its result was dropped."))
    }

    /// Announces a breaker that opened or closed.
    func changedBreaker(of job: Job, at now: Date) {
        metrics.changedBreaker(isOpen: job.scheduleState.isHeldByBreaker)
        observers.tell { $0.didChangeBreaker(of: job, at: now) }
        send(
            SchedulerEvent(
                job.scheduleState.isHeldByBreaker ? .breakerOpened : .breakerClosed, date: now, of: job,
                message: job.scheduleState.reason))
    }

    /// Announces a job that was paused or resumed, if a change did that.
    ///
    /// - Parameters:
    ///   - job: The job as it is now.
    ///   - old: Its schedule state before.
    ///   - author: Who changed it, if known.
    ///   - now: The current date.
    func changedState(of job: Job, from old: ScheduleState, by author: String?, at now: Date) {
        guard isWatched else { return }
        let new = job.scheduleState
        let by = author.map { "by \($0)" }
        switch (old.state, new.state) {
        case (.paused, .paused) where old.reason == new.reason && old.resumesAt == new.resumesAt: return
        case (_, .paused):
            observers.tell { $0.didPause(job, by: author, at: now) }
            let parts = [by, new.resumesAt.map { "until \($0.text)" }, new.reason].compactMap(\.self)
            send(
                SchedulerEvent(
                    .jobPaused, date: now, of: job, message: parts.isEmpty ? nil : parts.joined(separator: ", ")))
        case (.paused, .active), (.draft, .active):
            observers.tell { $0.didResume(job, by: author, at: now) }
            send(SchedulerEvent(.jobResumed, date: now, of: job, message: by))
        default: return
        }
    }

    /// Announces a job whose pause came to its end.
    func endedPause(of job: Job, at now: Date) {
        guard isWatched else { return }
        observers.tell { $0.didResume(job, by: nil, at: now) }
        send(SchedulerEvent(.jobResumed, date: now, of: job, message: "at the end of its pause"))
    }

    /// Announces a due job that cannot be planned now.
    func postponed(_ job: Job, until next: Date, because error: any Error, at now: Date) {
        observers.tell { $0.didPostpone(job, until: next, because: error, at: now) }
        send(
            SchedulerEvent(
                .jobPostponed, date: now, of: job,
                message: "Job \"\(job.name)\" is due, but its schedule cannot be computed: \(error) "
                    + "The scheduler tries again at \(next.text)."))
    }

    /// Announces that the store is out of reach.
    func lostStore(because error: StoreError, at now: Date) {
        observers.tell { $0.didLoseStore(because: error, at: now) }
    }

    /// Announces that the store is back.
    func regainedStore(after outage: Duration, at now: Date) {
        observers.tell { $0.didRegainStore(after: outage, at: now) }
    }

    /// Announces why the store could work better.
    func limitedStore(because reason: String, at now: Date) {
        observers.tell { $0.storeLimited(because: reason, at: now) }
    }

    /// Announces a job whose payload its handler cannot read.
    func payloadUnreadable(of job: Job, because reason: String, at now: Date) {
        observers.tell { $0.payloadUnreadable(of: job, because: reason, at: now) }
        send(
            SchedulerEvent(
                .payloadUnreadable, date: now, of: job,
                message: "Job \"\(job.name)\" will fail: \(reason)"))
    }

    /// Announces that `run()` returns at once.
    func stoppedBeforeRunning(at now: Date) {
        observers.tell { $0.didStopBeforeRunning(at: now) }
    }

    /// Announces a job that will never fire, if a new or changed job is one.
    func checkNextOccurrence(of job: Job, at now: Date) {
        guard isWatched, job.scheduleState.state == .completed, job.scheduleState.firedCount == 0 else { return }
        observers.tell { $0.didFindNoOccurrence(of: job, at: now) }
        send(
            SchedulerEvent(
                .noOccurrence, date: now, of: job,
                message: "Job \"\(job.name)\" will never fire. \(job.schedule.reasonForNoOccurrence(after: now))"))
    }

    /// Announces a job that was created again with another definition, which was ignored.
    func keptDefinition(of job: Job, differing members: [String], at now: Date) {
        observers.tell { $0.didKeepDefinition(of: job, differing: members, at: now) }
        send(
            SchedulerEvent(
                .definitionKept, date: now, of: job,
                message: "Job \"\(job.name)\" was created earlier with this idempotency key and is unchanged; its "
                    + "\(members.joined(separator: ", ")) would differ. Change it with `update(_:_:)`."))
    }

    /// Announces a handler that jobs need and that is not registered here.
    ///
    /// - Parameters:
    ///   - name: The handler's name.
    ///   - jobs: Jobs that need it.
    ///   - similar: The registered handler that is probably meant.
    ///   - now: The current date.
    func handlerMissing(_ name: String, jobs: [Job], similar: String?, at now: Date) {
        observers.tell { $0.handlerMissing(name, jobs: jobs, similar: similar, at: now) }
        for job in jobs {
            send(
                SchedulerEvent(
                    .handlerMissing, date: now, of: job,
                    message: "Handler \"\(name)\" is not registered in this scheduler"
                        + (similar.map { "; did you mean \"\($0)\"?" } ?? ".")
                        + " Register it with `handle(\"\(name)\") { … }`, or run a scheduler that has it."))
        }
    }
}

/// The observers of a scheduler.
final class ObserverList: Sendable {
    private let observers = Mutex<[any SchedulerObserver]>([])
    private let count = Atomic<Int>(0)

    /// Whether there are no observers (the common case).
    var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

    func add(_ observer: any SchedulerObserver) {
        observers.withLock { observers in
            observers.append(observer)
            count.store(observers.count, ordering: .relaxed)
        }
    }

    /// Calls a closure with every observer.
    ///
    /// The lock is not held, so observers may call the scheduler.
    func tell(_ something: (any SchedulerObserver) -> Void) {
        guard !isEmpty else { return }
        for observer in observers.withLock(\.self) { something(observer) }
    }
}
