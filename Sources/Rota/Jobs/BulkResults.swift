import Foundation
import RotaCore
public import RotaStore

/// What came of runs that were asked for together (S-93 to S-98).
public struct BulkTriggerResult: Sendable {
    /// The group that the new runs belong to.
    public let id: BatchID
    /// For each request, in order, the run that was queued, or the one that was there under its idempotency key.
    public let runs: [EnqueueOutcome]

    /// The number of runs asked for.
    public var total: Int { runs.count }

    /// The number of runs that were really made.
    public var created: Int {
        runs.count { run in
            if case .queued = run { true } else { false }
        }
    }
}

/// What became of a change that was asked for many jobs, each of which is changed on its own.
///
/// Asking for the same again does nothing to those for which it was done, so that a call of which a part was refused
/// may be repeated as it was.
public struct BulkChangeResult: Sendable {
    /// A job that was left as it is.
    public struct Refusal: Sendable {
        /// The job.
        public let jobID: JobID
        /// Why: a ``SchedulerError``, or the store's error.
        public let error: any Error
    }

    /// The jobs for which it was done or was so already, as they are now, in order.
    public internal(set) var jobs: [Job] = []
    /// Those that were refused, in order.
    public internal(set) var refusals: [Refusal] = []
}

/// What came of occurrences of the past that were run on request.
public struct BackfillResult: Sendable {
    /// How the runs of a backfill stand to one another; the job's own overlap policy has no say in it.
    public enum Overlap: Sendable, Hashable {
        /// One after the other, the oldest first, whatever becomes of each.
        case serial
        /// All at once, as far as the job's limits allow.
        case parallel
    }

    /// The group that the new runs belong to.
    public let id: BatchID
    /// For each occurrence of the range, in order, the run that was made, or the one of an earlier backfill.
    public let runs: [EnqueueOutcome]

    /// The number of runs that were really made.
    public var created: Int {
        runs.count { run in
            if case .queued = run { true } else { false }
        }
    }
}

extension Job {
    /// The nominal instants of the schedule in a range of the past.
    ///
    /// - Returns: `nil` if they are more than a limit.
    func occurrences(in range: Range<Date>, limit: Int) -> [Date]? {
        var instants: [Date] = []
        var last = range.lowerBound.justBefore
        while let next = definition.schedule.next(after: last), next < range.upperBound {
            guard instants.count < limit else { return nil }
            instants.append(next)
            last = next
        }
        return instants
    }
}
