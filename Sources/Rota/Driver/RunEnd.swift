import Foundation
import RotaStore

/// An execution that has just ended, and the job as it was when the attempt began, if it ended with one.
struct RunEnd {
    let run: Execution
    private let jobBefore: Job?

    /// - Returns: `nil` if nothing can follow from its end.
    init?(withoutAttempt run: Execution) {
        guard run.progress.status.isTerminal, run.source != .notification else { return nil }
        self.run = run
        jobBefore = nil
    }

    /// - Returns: `nil` if the execution goes on, or nothing can follow from its end.
    init?(_ outcome: Completion.Outcome, of work: Work) {
        guard case .recorded(let run) = outcome, run.progress.status.isTerminal, run.source != .notification,
            work.hasFollowers
        else { return nil }
        self.run = run
        jobBefore = work.claim.job
    }

    /// Whether it was this end that opened or closed the job's breaker.
    func changedBreaker(of job: Job) -> Bool {
        if let trip = job.scheduleState.breaker?.trip {
            job.scheduleState.isHeldByBreaker && trip.date == run.progress.finishedAt
        } else {
            (jobBefore.map { $0.scheduleState.breaker?.trip != nil } ?? true) && run.details.circuitPermit != nil
        }
    }
}

extension Work {
    /// Whether anything can follow from the end of the run: notices, or a breaker that opens or closes.
    var hasFollowers: Bool {
        !claim.job.notifications.isEmpty || claim.job.breaker != nil || claim.job.scheduleState.breaker != nil
    }
}
