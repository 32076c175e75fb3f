public import Foundation

/// A run of occurrences that did not fire, all for the same reason.
public struct SkippedOccurrence: Sendable, Hashable, Codable {
    /// Why an occurrence did not fire.
    public struct Reason: RawRepresentable, Sendable, Hashable, Codable {
        /// The name of the reason as it is stored.
        public let rawValue: String

        /// Makes a reason from its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// It was missed, and the misfire policy does not make up for it.
        public static let misfire = Reason(rawValue: "misfire")
        /// It came too late for the misfire policy's maximum lateness.
        public static let tooLate = Reason(rawValue: "too_late")
        /// An earlier run was not over, and the overlap policy is to skip.
        public static let overlap = Reason(rawValue: "overlap")
        /// The job got another schedule before the scheduler saw to it.
        public static let rescheduled = Reason(rawValue: "rescheduled")
        /// The job has run for the same instant before, under an earlier schedule, or under the same idempotency key.
        public static let duplicate = Reason(rawValue: "duplicate")
        /// The job was paused.
        public static let paused = Reason(rawValue: "paused")
        /// The job was paused by its breaker after repeated failures.
        public static let breaker = Reason(rawValue: "breaker")
        /// Somebody asked for the next occurrences to be skipped.
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
    /// The nominal instant of the first.
    public let first: Date
    /// The nominal instant of the last; the same as ``first`` if it is one alone.
    public var last: Date
    /// How many they are, or `nil` if they were too many to count.
    public var count: Int?
    /// Why they did not fire.
    public let reason: Reason
    /// When that was decided.
    public var decidedAt: Date

    /// Makes the record of a run of skipped occurrences.
    public init(jobID: JobID, first: Date, last: Date, count: Int?, reason: Reason, decidedAt: Date) {
        self.jobID = jobID
        self.first = first
        self.last = last
        self.count = count
        self.reason = reason
        self.decidedAt = decidedAt
    }
}

/// What becomes of the occurrences that were missed while nobody was there to fire them.
///
/// An occurrence is missed if its instant has passed by more than the policy's tolerance when the scheduler sees it:
/// after a downtime, a suspend, or a step of the clock.
public struct MisfirePolicy: Sendable, Hashable, Codable {
    package enum Rule: Sendable, Hashable, Codable {
        case skip
        case latest
        case all(limit: Int)
    }

    package let rule: Rule
    /// The lateness beyond which an occurrence is not run whatever the rule, or `nil` for no limit.
    public let maximumLateness: Duration?

    /// Runs the latest of the missed occurrences once; the default.
    public static let latest = MisfirePolicy(rule: .latest, maximumLateness: nil)

    /// Runs none of the missed occurrences.
    public static let skip = MisfirePolicy(rule: .skip, maximumLateness: nil)

    /// Runs the latest missed occurrence once, unless it is too late for it.
    public static func latest(within lateness: Duration) -> MisfirePolicy {
        MisfirePolicy(rule: .latest, maximumLateness: lateness)
    }

    /// Runs every missed occurrence, the newest ones if there are more than a limit.
    ///
    /// - Parameters:
    ///   - limit: The largest number of missed occurrences to run, from 1 to 10,000; values outside are clamped.
    ///   - lateness: The lateness beyond which an occurrence is not run, or `nil` for no limit.
    public static func all(limit: Int, within lateness: Duration? = nil) -> MisfirePolicy {
        MisfirePolicy(rule: .all(limit: min(max(limit, 1), 10_000)), maximumLateness: lateness)
    }
}
