import Foundation
import RotaStore

extension EventHub {
    /// Tells of executions that were queued and occurrences that were skipped.
    func send(fired executions: [Execution], skips: [SkippedOccurrence], of job: JobID, at now: Date) {
        for execution in executions {
            send(SchedulerEvent(.executionQueued, date: now, jobID: job, execution: execution))
        }
        for skip in skips {
            send(SchedulerEvent(.occurrencesSkipped, date: now, jobID: job, skip: skip))
        }
    }

    /// Tells what became of a completion.
    func send(_ outcome: Completion.Outcome, of completion: Completion, at now: Date) {
        switch outcome {
        case .recorded(let execution):
            if execution.progress.status.isTerminal {
                send(SchedulerEvent(.executionFinished, date: now, jobID: execution.jobID, execution: execution))
            } else if case .retry = completion.next {
                send(SchedulerEvent(.attemptFailed, date: now, jobID: execution.jobID, execution: execution))
            }
        case .stale, .missing: break
        }
    }
}
