public import Foundation

/// A request that an execution be called off.
public struct Cancellation: Sendable, Hashable {
    /// What became of a request.
    public enum Outcome: Sendable, Hashable {
        /// The execution had not started, or was waiting; it is canceled.
        case canceled(Execution)
        /// It is running: whoever runs it is told with the next renewal of its lease, and cancels the work.
        case requested(Execution)
        /// It was over already.
        case alreadyOver(Execution)
        /// There is no such execution.
        case missing
    }

    /// The execution.
    public var executionID: ExecutionID
    /// Why, in words.
    public var reason: String?
    /// When it is asked for.
    public var date: Date

    /// Makes a request.
    public init(_ executionID: ExecutionID, reason: String? = nil, date: Date) {
        self.executionID = executionID
        self.reason = reason
        self.date = date
    }
}

/// The answer from outside for which a parked execution waits (T-73).
public struct ExternalCompletion: Sendable, Hashable {
    /// What follows from the answer.
    public enum Next: Sendable, Hashable {
        /// The execution goes on with another attempt from an instant.
        case queued(at: Date)
        /// It succeeded.
        case succeeded
        /// It failed for good.
        case failed(ExecutionFailure)
        /// It was called off.
        case canceled
    }

    /// What became of an answer.
    public enum Outcome: Sendable, Hashable {
        /// It was recorded; this is the execution now.
        case recorded(Execution)
        /// The execution was not waiting; nothing was done.
        case notWaiting(Execution)
        /// There is no such execution.
        case missing
    }

    /// The execution.
    public var executionID: ExecutionID
    /// What follows.
    public var next: Next
    /// What came with the answer, which becomes the execution's output.
    public var output: JSONPayload?
    /// When it came.
    public var date: Date

    /// Makes an answer.
    public init(_ executionID: ExecutionID, next: Next, output: JSONPayload? = nil, date: Date) {
        self.executionID = executionID
        self.next = next
        self.output = output
        self.date = date
    }
}
