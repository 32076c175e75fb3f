public import Foundation

/// Thrown by a handler to fail the attempt and have the next one made after a delay of its own choosing.
///
/// It overrules the delay of the job's retry policy and which failures that retries, not its number of attempts.
public struct RetryLater: Error, Sendable, Hashable, CustomStringConvertible {
    /// How long after the end of this attempt the next one may start; less than zero counts as zero.
    public var delay: Duration
    /// Why, in words, for the record of the attempt.
    public var reason: String

    /// Asks for another attempt.
    public init(after delay: Duration, reason: String = "The handler asked to be called again later.") {
        self.delay = delay
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}

/// Thrown by a handler to fail the execution for good, whatever the job's retry policy says.
public struct DoNotRetry: Error, Sendable, Hashable, CustomStringConvertible {
    /// Why, in words, for the record of the attempt.
    public var reason: String

    /// Rules out another attempt.
    public init(_ reason: String) {
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}

/// Thrown by a handler to park the execution until an answer from outside comes (T-73); the attempt does not count.
public struct WaitForCompletion: Error, Sendable, Hashable {
    /// The instant at which the execution expires if no answer has come; `nil` for never.
    public var deadline: Date?

    /// Parks the execution.
    public init(until deadline: Date? = nil) {
        self.deadline = deadline
    }
}
