public import Foundation
import RotaCore
package import RotaRetry

/// Thrown by a handler to fail the attempt and choose the delay before the next one.
///
/// Overrides the retry policy's delay and its choice of failures, but not its number of attempts.
///
/// ```swift
/// try await scheduler.handle("sync") { _ in
///     let isBusy = true
///     if isBusy { throw RetryLater(after: .seconds(300), reason: "The server asked for five minutes.") }
/// }
/// ```
public struct RetryLater: Error, Sendable, Hashable, CustomStringConvertible {
    /// The delay from the end of this attempt to the next one.
    ///
    /// Negative values count as zero.
    public var delay: Duration
    /// The reason, for the record of the attempt.
    public var reason: String

    /// Creates a request for another attempt.
    ///
    /// - Parameters:
    ///   - delay: The delay from the end of this attempt to the next one. Negative values count as zero.
    ///   - reason: The reason, for the record of the attempt.
    public init(after delay: Duration, reason: String = "The handler asked to be retried later.") {
        self.delay = delay
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}

extension RetryLater: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}

/// Thrown by a handler to fail the execution for good, under any retry policy.
///
/// ```swift
/// try await scheduler.handle("charge") { context in
///     guard context.payload != nil else { throw DoNotRetry("There is no order to charge.") }
/// }
/// ```
public struct DoNotRetry: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason, for the record of the attempt.
    public var reason: String

    /// Creates a request to fail without another attempt.
    ///
    /// - Parameter reason: The reason, for the record of the attempt.
    public init(_ reason: String) {
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}

extension DoNotRetry: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}

/// An error of a handler that has more to record than its kind.
package protocol DetailedFailure: AttemptFailureConvertible {
    /// Whether no further attempt is made, under any retry policy.
    var isFinal: Bool { get }
    /// The text to keep with the attempt, without secrets, or `nil` if there is none.
    var preview: String? { get }
}

/// Thrown by a handler to wait for an external completion.
///
/// The attempt does not count.
///
/// The execution is `waiting` until ``Scheduler/complete(_:as:output:)`` completes it.
///
/// ```swift
/// try await scheduler.handle("approve") { context in
///     print("Please approve \(context.execution.id)")
///     throw WaitForCompletion(until: Date.now.addingTimeInterval(86_400))
/// }
/// // Later, when the approval arrives:
/// try await scheduler.complete(execution.id, as: .succeeded, output: JSONPayload("approved"))
/// ```
public struct WaitForCompletion: Error, Sendable, Hashable, CustomStringConvertible {
    /// The date on which the execution expires if it was not completed; `nil` for never.
    public var deadline: Date?

    /// Creates a request to wait.
    ///
    /// - Parameter deadline: The date on which the execution expires if it was not completed; `nil` for never.
    public init(until deadline: Date? = nil) {
        self.deadline = deadline
    }

    /// A sentence that says until when the execution waits.
    public var description: String {
        "The execution waits for an external completion"
            + (deadline.map { " until \(ISO8601.description($0))." } ?? ".")
    }
}

extension WaitForCompletion: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}
