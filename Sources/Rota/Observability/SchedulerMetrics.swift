public import Foundation
import RotaCore
public import RotaRetry
public import RotaStore

/// What a scheduler has done since it was made, and what its store holds now.
public struct SchedulerMetrics: Sendable, Hashable {
    /// How durations are spread: each quantile is within 1 % of the exact one, from a microsecond to 30 years.
    public struct Distribution: Sendable, Hashable {
        /// How many were counted.
        public let count: Int
        /// Their sum.
        public let sum: Duration
        /// Half of them are no longer than this; `nil` if there are none.
        public let median: Duration?
        /// Nine of ten are no longer than this.
        public let p90: Duration?
        /// 99 of 100 are no longer than this.
        public let p99: Duration?
        /// 999 of 1000 are no longer than this.
        public let p999: Duration?

        init(_ sketch: QuantileSketch) {
            count = Int(clamping: sketch.count)
            sum = Duration(clamping: sketch.sum)
            median = sketch.quantile(0.5)
            p90 = sketch.quantile(0.9)
            p99 = sketch.quantile(0.99)
            p999 = sketch.quantile(0.999)
        }
    }

    /// When the snapshot was taken.
    public let date: Date
    /// How many jobs the store holds in each state.
    public let jobs: [JobState: Int]
    /// How many executions the store holds in each status.
    public let executions: [ExecutionStatus: Int]
    /// Executions that this scheduler queued, by source.
    public let queued: [ExecutionSource: Int]
    /// Occurrences that this scheduler skipped, by reason; a skip of too many to count counts as one.
    public let skipped: [SkippedOccurrence.Reason: Int]
    /// Attempts made here that succeeded.
    public let attemptsSucceeded: Int
    /// Attempts made here that failed, by kind; those of dead schedulers count where they were found.
    public let attemptsFailed: [FailureKind: Int]
    /// Executions that ended here, by how they ended.
    public let ended: [ExecutionStatus: Int]
    /// Attempts after which another one was put off to a later time.
    public let retries: Int
    /// Executions given back without a counted attempt, or parked.
    public let released: Int
    /// Results that were refused because another scheduler had taken over.
    public let leasesLost: Int
    /// How often a breaker opened.
    public let breakersOpened: Int
    /// From the nominal instant to the beginning of the first attempt.
    public let lateness: Distribution
    /// How long attempts took.
    public let attemptDurations: Distribution

    /// Executions that wait for their instant, a worker or their next attempt.
    public var queueDepth: Int { executions[.queued] ?? 0 }
    /// Executions that are being worked on, by all schedulers of the store.
    public var running: Int { executions[.running] ?? 0 }

    init(_ counts: MetricsRecorder.Counts, store: StoreCounts, at date: Date) {
        self.date = date
        jobs = store.jobs
        executions = store.executions
        queued = Self.keyed(counts.queued) { ExecutionSource(rawValue: $0) }
        skipped = Self.keyed(counts.skipped) { SkippedOccurrence.Reason(rawValue: $0) }
        attemptsSucceeded = counts.succeeded
        attemptsFailed = Self.keyed(counts.failed) { FailureKind(rawValue: $0) }
        ended = Self.keyed(counts.ended) { ExecutionStatus(rawValue: $0) }
        retries = counts.retries
        released = counts.released
        leasesLost = counts.leasesLost
        breakersOpened = counts.breakersOpened
        lateness = Distribution(counts.lateness)
        attemptDurations = Distribution(counts.durations)
    }

    private static func keyed<Key: Hashable>(_ counts: LabeledCounts, _ key: (String) -> Key?) -> [Key: Int] {
        var keyed: [Key: Int] = [:]
        for (label, count) in counts.values {
            if let key = key(label) { keyed[key] = count }
        }
        return keyed
    }
}
