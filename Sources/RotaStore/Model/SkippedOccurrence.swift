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
        /// It was overdue by more than the misfire policy's maximum lateness.
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

extension SkippedOccurrence.Reason {
    /// Whether the occurrence lapsed: its time passed before it fired, so a clock that is set back may let it fire
    /// again.
    ///
    /// The other reasons are decisions, which stay.
    var isLapse: Bool {
        [.misfire, .tooLate, .paused, .breaker].contains(self)
    }
}
