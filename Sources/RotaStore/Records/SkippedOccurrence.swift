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
