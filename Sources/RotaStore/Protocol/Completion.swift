public import Foundation

/// The end of an attempt, and what follows from it.
public struct Completion: Sendable {
    /// What follows from an attempt.
    public enum Next: Sendable, Hashable {
        /// The execution succeeded.
        case succeeded
        /// The execution failed for good.
        case failed(ExecutionFailure)
        /// Another attempt may start from an instant.
        case retry(at: Date, after: ExecutionFailure)
        /// The attempt was not made or not counted, and the execution may start again from an instant.
        case released(until: Date)
        /// The execution was called off.
        case canceled
        /// The execution waits for an answer from outside (T-73), until an instant if one is given, then it expires.
        case parked(until: Date?)
    }

    /// What became of a completion.
    public enum Outcome: Sendable, Hashable {
        /// It was recorded; this is the execution now.
        case recorded(Execution)
        /// The token is not that of the present lease: someone else has taken the execution over; nothing was done.
        case stale
        /// The execution was deleted in the meantime.
        case missing
    }

    /// The execution.
    public var executionID: ExecutionID
    /// The token of the lease under which the attempt was made.
    public var token: Int
    /// The attempt to record, if one was made; its number becomes its place among the execution's attempts.
    public var attempt: Attempt?
    /// What follows.
    public var next: Next
    /// When the attempt ended.
    public var date: Date
    /// What the run produced (S-57), if it produced anything.
    public var output: JSONPayload?

    /// Makes a completion.
    public init(
        executionID: ExecutionID, token: Int, attempt: Attempt?, next: Next, date: Date, output: JSONPayload? = nil
    ) {
        self.output = output
        self.executionID = executionID
        self.token = token
        self.attempt = attempt
        self.next = next
        self.date = date
    }
}
