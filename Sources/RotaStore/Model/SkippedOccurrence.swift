public import Foundation

/// One or more consecutive occurrences that did not fire, for the same reason.
public struct SkippedOccurrence: Sendable, Hashable, Codable {
    /// Why an occurrence did not fire.
    public struct Reason: RawRepresentable, Sendable, Hashable, Codable {
        /// The name of the reason as it is stored.
        public let rawValue: String

        /// Creates a reason from its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// It was missed, and the misfire policy does not make up for it.
        public static let misfire = Reason(rawValue: "misfire")
        /// It was later than the misfire policy's maximum lateness.
        public static let tooLate = Reason(rawValue: "too_late")
        /// An earlier execution had not ended, and the overlap policy is to skip.
        public static let overlap = Reason(rawValue: "overlap")
        /// The job's schedule changed before the occurrence was handled.
        public static let rescheduled = Reason(rawValue: "rescheduled")
        /// The job already has an execution for this date or with this idempotency key.
        public static let duplicate = Reason(rawValue: "duplicate")
        /// The job was paused.
        public static let paused = Reason(rawValue: "paused")
        /// The job's circuit breaker paused it after repeated failures.
        public static let breaker = Reason(rawValue: "breaker")
        /// A caller asked for the next occurrences to be skipped.
        public static let requested = Reason(rawValue: "requested")
        /// The schedule's calendars leave it out.
        public static let excluded = Reason(rawValue: "excluded")
        /// It fell into a time at which the job may not run.
        public static let window = Reason(rawValue: "window")
        /// More runs were waiting than the job's limit allows.
        public static let limit = Reason(rawValue: "limit")
    }

    /// The job whose occurrences they are.
    public let jobID: JobID
    /// The nominal date of the first occurrence.
    public let first: Date
    /// The nominal date of the last occurrence.
    ///
    /// Equals ``first`` for a single one.
    public var last: Date
    /// The number of occurrences, or `nil` if there were too many to count.
    public var count: Int?
    /// Why they did not fire.
    public let reason: Reason
    /// When the skip was decided.
    public var decidedAt: Date

    /// Creates the record of skipped occurrences.
    public init(jobID: JobID, first: Date, last: Date, count: Int?, reason: Reason, decidedAt: Date) {
        self.jobID = jobID
        self.first = first
        self.last = last
        self.count = count
        self.reason = reason
        self.decidedAt = decidedAt
    }
}

/// A policy for occurrences that were missed while no scheduler was running.
///
/// An occurrence is missed if its date has passed by more than the tolerance when the scheduler sees it: after
/// downtime, a suspended machine, or a clock that stepped forward.
///
/// ```swift
/// // After a night of downtime, an hourly job…
/// let catchUp = MisfirePolicy.all(limit: 24)  // … runs up to 24 missed occurrences.
/// let once = MisfirePolicy.latest  // … runs once.
/// let never = MisfirePolicy.skip  // … waits for the next occurrence.
/// print(Set([catchUp, once, never]).count)  // 3
/// ```
public struct MisfirePolicy: Sendable, Hashable, Codable {
    package enum Rule: Sendable, Hashable, Codable {
        case skip
        case latest
        case all(limit: Int)
    }

    package let rule: Rule
    /// The lateness beyond which an occurrence never runs, or `nil` for no limit.
    public let maximumLateness: Duration?

    /// Run the latest missed occurrence once.
    ///
    /// This is the default.
    public static let latest = MisfirePolicy(rule: .latest, maximumLateness: nil)

    /// Run no missed occurrence.
    public static let skip = MisfirePolicy(rule: .skip, maximumLateness: nil)

    /// Run the latest missed occurrence once, unless it is later than a limit.
    public static func latest(within lateness: Duration) -> MisfirePolicy {
        MisfirePolicy(rule: .latest, maximumLateness: lateness)
    }

    /// Run every missed occurrence, or the newest ones if there are more than a limit.
    ///
    /// - Parameters:
    ///   - limit: The largest number of missed occurrences to run, from 1 to 10,000. Values outside are clamped.
    ///   - lateness: The lateness beyond which an occurrence does not run, or `nil` for no limit.
    public static func all(limit: Int, within lateness: Duration? = nil) -> MisfirePolicy {
        MisfirePolicy(rule: .all(limit: min(max(limit, 1), 10_000)), maximumLateness: lateness)
    }
}
