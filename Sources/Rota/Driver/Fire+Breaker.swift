import Foundation
import RotaRetry
import RotaStore

extension FireRequest {
    /// Lets through what the job's breaker permits; while it is open or a probe is under way, the rest is skipped.
    func admitted(for job: Job, at now: Date) -> FireRequest {
        guard var breaker = scheduleState.breaker, breaker.trip != nil else { return self }
        var fire = self
        guard job.definition.breaker == breaker.policy else {
            fire.scheduleState.breaker = nil
            return fire
        }
        fire.executions = []
        for execution in executions {
            switch breaker.admit(at: now) {
            case .permitted(let permit):
                var details = execution.details
                details.circuitPermit = permit
                fire.executions.append(execution.with(details: details))
            case .refused:
                fire.skips.append(
                    SkippedOccurrence(
                        jobID: job.id, first: execution.scheduledFor, last: execution.scheduledFor, count: 1,
                        reason: .breaker, decidedAt: now))
            }
        }
        fire.scheduleState.breaker = breaker
        return fire
    }
}
