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

/// What a store threw away, and what it brought to an end, because its time had come.
public struct PruneReport: Sendable, Hashable {
    /// Executions that expired: they had not started in time, or no answer came.
    public var expired: [Execution]
    /// The number of finished executions that were removed because they were too old.
    public var removedExecutions: Int
    /// The number of idempotency keys whose time was over.
    public var removedKeys: Int
    /// Whether the limit left something for another call.
    public var hasMore: Bool

    /// Makes a report; by default of nothing.
    public init(expired: [Execution] = [], removedExecutions: Int = 0, removedKeys: Int = 0, hasMore: Bool = false) {
        self.expired = expired
        self.removedExecutions = removedExecutions
        self.removedKeys = removedKeys
        self.hasMore = hasMore
    }
}
