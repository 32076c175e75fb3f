import Foundation
import RotaCore
import RotaRetry

/// How the executions of a job, a group of jobs, or all jobs have fared within a window of time.
///
/// Executions that have ended count, but not notifications. An execution belongs to the window in which it was created.
///
/// ```swift
/// let health = try await scheduler.health(of: .job(job.id), over: .week)
/// print(health.score, health.successRate, health.total)  // 100.0 100.0 168
/// ```
public struct JobHealth: Sendable, Hashable {
    /// Which executions count.
    public enum Scope: Sendable, Hashable {
        /// Those of one job.
        case job(JobID)
        /// Those of the jobs of a group.
        case group(String)
        /// Those of all jobs.
        case all
    }

    /// A window of time that ends now.
    public enum Window: String, Sendable, Hashable, Codable, CaseIterable {
        /// One hour.
        case hour = "1h"
        /// One day of 24 hours.
        case day = "1d"
        /// Seven days.
        case week = "7d"
        /// Thirty days.
        case month = "30d"

        /// The length of the window.
        public var duration: Duration {
            switch self {
            case .hour: .seconds(3_600)
            case .day: .seconds(86_400)
            case .week: .seconds(604_800)
            case .month: .seconds(2_592_000)
            }
        }
    }

    /// The number of executions that succeeded.
    public internal(set) var succeeded = 0
    /// The number that failed, other than those below.
    public internal(set) var failed = 0
    /// The number that failed because their last attempt took too long.
    public internal(set) var timedOut = 0
    /// The number that failed because the scheduler that ran them died or stopped.
    public internal(set) var crashed = 0
    /// The number that were canceled.
    public internal(set) var canceled = 0
    /// The number that expired: they were not started or completed in time.
    public internal(set) var expired = 0
    /// The mean time from the first attempt's start to the end, or `nil` if no execution was started.
    public internal(set) var averageDuration: Duration?
    /// The time that 95 percent of the started executions took at most, interpolated linearly between the two nearest;
    /// `nil` if no execution was started.
    public internal(set) var p95Duration: Duration?

    /// No executions.
    public init() {}

    /// The number of executions that ended.
    public var total: Int { succeeded + failed + timedOut + crashed + canceled + expired }

    /// The percentage of executions that succeeded, 0 if there are none.
    public var successRate: Double { total == 0 ? 0 : Double(succeeded) / Double(total) * 100 }

    /// A grade from 0 to 100, or -1 without executions.
    ///
    /// It is 0.7 of the success rate, and up to 30 for steady durations: less if the 95th percentile is more than twice
    /// the average, nothing if it is four times the average or more, and nothing without durations.
    public var score: Double {
        guard total > 0 else { return -1 }
        return min(100, successRate * 0.7 + stability)
    }

    private var stability: Double {
        guard let average = averageDuration?.inSeconds, let p95 = p95Duration?.inSeconds else { return 0 }
        guard average > 0, p95 > 2 * average else { return 30 }
        return 30 - min((p95 / average - 2) * 15, 30)
    }
}

/// The way in which an execution that ended counts.
package enum HealthOutcome: UInt8, Sendable, CaseIterable {
    case succeeded, failed, timedOut, crashed, canceled, expired

    /// The outcome of an execution, or `nil` if it has not ended or is a notification.
    package init?(of execution: borrowing Execution) {
        guard execution.source != .notification else { return nil }
        switch execution.progress.status {
        case .queued, .running, .waiting: return nil
        case .succeeded: self = .succeeded
        case .canceled: self = .canceled
        case .expired: self = .expired
        case .failed:
            switch execution.progress.failure?.kind {
            case FailureKind.timeout?: self = .timedOut
            case FailureKind.crashed?, FailureKind.interrupted?: self = .crashed
            default: self = .failed
            }
        }
    }
}

extension JobHealth {
    /// Counts executions by outcome.
    package mutating func count(_ outcome: HealthOutcome, _ number: Int = 1) {
        switch outcome {
        case .succeeded: succeeded += number
        case .failed: failed += number
        case .timedOut: timedOut += number
        case .crashed: crashed += number
        case .canceled: canceled += number
        case .expired: expired += number
        }
    }

    /// Sets the figures about durations.
    ///
    /// - Parameters:
    ///   - sum: The sum of the durations, in nanoseconds.
    ///   - count: How many there are.
    ///   - duration: The duration at a place in ascending order, in nanoseconds.
    package mutating func setDurations(sum: Int128, count: Int, at duration: (Int) -> Int64) {
        guard count > 0 else { return }
        averageDuration = .nanoseconds(Int64(truncatingIfNeeded: sum / Int128(count)))
        let rank = 0.95 * Double(count - 1)
        let place = Int(rank.rounded(.down))
        let low = duration(place)
        let high = place + 1 < count ? duration(place + 1) : low
        p95Duration = .nanoseconds(low + Int64((Double(high - low) * (rank - Double(place))).rounded()))
    }
}

extension Execution {
    /// The time from the first attempt's start to the end, in whole nanoseconds, or `nil` if there was none.
    ///
    /// At least zero, and at most a hundred years.
    package var healthDuration: Int64? {
        guard let start = progress.startedAt, let end = progress.finishedAt else { return nil }
        return Int64(min(max(0, end.timeIntervalSince(start)), 3_155_760_000) * 1e9)
    }
}
