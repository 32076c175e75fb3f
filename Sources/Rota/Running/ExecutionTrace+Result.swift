import Foundation
import RotaCore
import RotaStore

extension ExecutionTrace {
    /// Where the time of an attempt went, from what was noted on its way (S-78 to S-84).
    init(of result: AttemptResult) {
        let dueAt = result.work.claim.execution.progress.dueAt
        let claimedAt = result.work.claim.execution.progress.attemptStartedAt ?? result.startedAt
        // The wall clock may have been set back in between; then nobody knows how long it was.
        let queueWait = claimedAt >= dueAt ? claimedAt.elapsed(since: dueAt) : nil
        let dequeue = result.startedAt >= claimedAt ? result.startedAt.elapsed(since: claimedAt) : nil
        let timings = result.report.timings
        self.init(
            queueWait: queueWait, dequeue: dequeue, connect: timings?.connect, firstByte: timings?.firstByte,
            transfer: timings?.transfer,
            total: queueWait.flatMap { wait in dequeue.map { wait + $0 + result.duration } })
    }
}
