import Foundation
import RotaCore
import RotaSchedule
import RotaStore

/// What was decided about the occurrences from one instant to another: those that fire, and so those that do not.
struct FireVerdict {
    /// The nominal instant of the first occurrence decided on.
    let first: Date
    /// The nominal instant of the last one.
    private(set) var last: Date
    /// Those that fire, in order.
    var fired: [Occurrence]
    /// Those that would fire but come too late.
    private var late: [Occurrence] = []

    init(first: Date, last: Date, fired: [Occurrence]) {
        self.first = first
        self.last = last
        self.fired = fired
    }

    /// Takes back those that are later than a limit.
    mutating func dropLate(than limit: Duration?, at now: Date) {
        guard let limit else { return }
        late = fired.filter { now.elapsed(since: $0.effective) > limit }
        fired.removeFirst(late.count)
    }

    /// Leaves out those beyond the runs that a job may still have; the job is completed when the others have fired.
    ///
    /// They are left to the next fire, for the overlap policy or a breaker may take one of these.
    mutating func limit(toRuns remaining: Int?) {
        guard let remaining, fired.count > remaining else { return }
        fired = Array(fired.prefix(remaining))
        if let newest = fired.last { last = newest.nominal }
    }

    /// The occurrences that do not fire, those of one reason together.
    func skips(of job: JobID, schedule: Schedule, countingLimit: Int, at now: Date) -> [SkippedOccurrence] {
        var skips: [SkippedOccurrence] = []
        if let oldest = (late.first ?? fired.first)?.nominal ?? Optional(last), first < oldest,
            let skippedLast = schedule.previous(before: oldest), skippedLast >= first
        {
            skips.append(
                SkippedOccurrence(
                    jobID: job, first: first, last: skippedLast,
                    count: schedule.count(from: first, through: skippedLast, limit: countingLimit), reason: .misfire,
                    decidedAt: now))
        }
        if late.isEmpty, fired.isEmpty {
            skips = [
                SkippedOccurrence(
                    jobID: job, first: first, last: last,
                    count: schedule.count(from: first, through: last, limit: countingLimit), reason: .misfire,
                    decidedAt: now)
            ]
        }
        if let lateFirst = late.first, let lateLast = late.last {
            skips.append(
                SkippedOccurrence(
                    jobID: job, first: lateFirst.nominal, last: lateLast.nominal, count: late.count, reason: .tooLate,
                    decidedAt: now))
        }
        return skips
    }
}

extension Schedule {
    /// The number of occurrences from one of them to another, or `nil` if they are more than a limit.
    func count(from first: Date, through last: Date, limit: Int) -> Int? {
        var count = 1
        var instant = first
        while let next = next(after: instant), next <= last {
            count += 1
            if count > limit { return nil }
            instant = next
        }
        return count
    }
}
