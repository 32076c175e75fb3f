import Foundation
public import RotaStore

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
        var last = range.lowerBound.addingTimeInterval(-0.001)
        while let next = definition.schedule.next(after: last), next < range.upperBound {
            // A schedule may name the instant again that lies within the millisecond before the range.
            if next >= range.lowerBound {
                guard instants.count < limit else { return nil }
                instants.append(next)
            }
            last = next
        }
        return instants
    }
}
