import Foundation
import RotaStore

/// What happens in the driver and its workers, told to everyone who wants to know: observers, streams and metrics.
extension EventHub {
    /// Tells of executions that were queued and occurrences that were skipped.
    func send(fired executions: [Execution], skips: [SkippedOccurrence], of job: JobID, at now: Date) {
        metrics.queued(executions, skips: skips)
        guard isWatched else { return }
        observers.tell { observer in
            if !executions.isEmpty { observer.queued(executions, at: now) }
            for skip in skips { observer.skipped(skip, at: now) }
        }
        for execution in executions {
            send(SchedulerEvent(.executionQueued, date: now, jobID: job, execution: execution))
        }
        for skip in skips {
            send(SchedulerEvent(.occurrencesSkipped, date: now, jobID: job, skip: skip))
        }
    }

    /// Tells what became of completions.
    func send(_ outcomes: [Completion.Outcome], of completions: [Completion], at now: Date) {
        metrics.finished(outcomes, of: completions)
        guard isWatched else { return }
        for (completion, outcome) in zip(completions, outcomes) { send(outcome, of: completion, at: now) }
    }

    private func send(_ outcome: Completion.Outcome, of completion: Completion, at now: Date) {
        switch outcome {
        case .recorded(let execution):
            if let attempt = completion.attempt { observers.tell { $0.ended(attempt, of: execution, at: now) } }
            if execution.progress.status.isTerminal {
                send(ended: execution, at: now)
            } else if case .retry = completion.next {
                send(SchedulerEvent(.attemptFailed, date: now, jobID: execution.jobID, execution: execution))
            } else {
                observers.tell { $0.released(execution, at: now) }
                send(SchedulerEvent(.executionReleased, date: now, jobID: execution.jobID, execution: execution))
            }
        case .stale, .missing:
            observers.tell { $0.lostLease(of: completion.executionID, at: now) }
        }
    }

    /// Tells of an execution that is over.
    func send(ended execution: Execution, at now: Date) {
        observers.tell { $0.ended(execution, at: now) }
        send(SchedulerEvent(.executionFinished, date: now, jobID: execution.jobID, execution: execution))
    }

    /// Tells of an attempt that begins; called by workers.
    func started(_ work: Work, at now: Date) {
        observers.tell { $0.started(work.claim.execution, attempt: work.claim.execution.attempts.count + 1, at: now) }
    }

    /// Tells of a breaker that opened or let its job go on.
    func changedBreaker(of job: Job, at now: Date) {
        metrics.changedBreaker(isOpen: job.scheduleState.isHeldByBreaker)
        observers.tell { $0.changedBreaker(of: job, at: now) }
        send(
            SchedulerEvent(
                job.scheduleState.isHeldByBreaker ? .breakerOpened : .breakerClosed, date: now, jobID: job.id,
                message: job.scheduleState.reason))
    }

    /// Tells of a handler that jobs need and nobody registered here.
    func missedHandler(_ name: String, jobs: [JobID], at now: Date) {
        observers.tell { $0.missedHandler(name, jobs: jobs, at: now) }
        for job in jobs {
            send(
                SchedulerEvent(
                    .handlerMissing, date: now, jobID: job,
                    message: "No handler is registered under “\(name)” in this scheduler; "
                        + "register it with `handle(_:_:)`, or run a scheduler that has it."))
        }
    }
}
