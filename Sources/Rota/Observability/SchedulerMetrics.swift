public import Foundation
import RotaCore
public import RotaRetry
public import RotaStore

/// A snapshot of the activity of a scheduler since it was created, and of the contents of its store.
///
/// ```swift
/// let metrics = try await scheduler.metrics()
/// print("\(metrics.queueDepth) queued, \(metrics.running) running")
/// if let p99 = metrics.lateness.p99 { print("99 % start within \(p99)") }
/// print(metrics.openMetrics)  // for Prometheus
/// ```
public struct SchedulerMetrics: Sendable, Hashable {
    /// The distribution of durations.
    ///
    /// Quantiles are within 1 % of the exact ones, from 1 µs to 30 years.
    public struct Distribution: Sendable, Hashable {
        /// The number of durations.
        public let count: Int
        /// The sum of the durations.
        public let sum: Duration
        /// The median; `nil` if there are no durations.
        public let median: Duration?
        /// The 90th percentile.
        public let p90: Duration?
        /// The 99th percentile.
        public let p99: Duration?
        /// The 99.9th percentile.
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

    /// The date of the snapshot.
    public let date: Date
    /// The number of jobs in the store, by state.
    public let jobs: [JobState: Int]
    /// The number of executions in the store, by status.
    public let executions: [ExecutionStatus: Int]
    /// The executions this scheduler queued, by source.
    public let queued: [ExecutionSource: Int]
    /// The occurrences this scheduler skipped, by reason.
    ///
    /// A range too long to count counts as one.
    public let skipped: [SkippedOccurrence.Reason: Int]
    /// The attempts that succeeded here.
    public let attemptsSucceeded: Int
    /// The attempts that failed here, by kind.
    ///
    /// Crashes of other schedulers count where they were found.
    public let attemptsFailed: [FailureKind: Int]
    /// The executions that ended here, by final status.
    public let ended: [ExecutionStatus: Int]
    /// The attempts after which another one was scheduled.
    public let retries: Int
    /// The executions that were released without counting an attempt, or wait for an external completion.
    public let released: Int
    /// The ends of attempts that this scheduler reported and the store refused, because the lease was no longer the
    /// execution's latest, or the execution was deleted.
    ///
    /// A lease whose loss is noticed when it is renewed counts once the attempt has ended. Of several schedulers that
    /// find the same attempt crashed, all but the first count one.
    public let leasesLost: Int
    /// The number of times a breaker opened.
    public let breakersOpened: Int
    /// The times from the nominal dates of executions to the beginnings of their first attempts, for those whose first
    /// attempt was recorded here.
    public let lateness: Distribution
    /// The durations of the attempts.
    public let attemptDurations: Distribution

    /// The executions that wait for their due date, a worker, or their next attempt.
    public var queueDepth: Int { executions[.queued] ?? 0 }
    /// The executions that are running, on all schedulers of the store.
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
