public import Foundation
import RotaCore

/// The end of an attempt, and what follows from it.
public struct Completion: Sendable {
    /// The consequence of an attempt.
    public enum Next: Sendable, Hashable {
        /// The execution succeeded.
        case succeeded
        /// The execution failed for good: no retry follows.
        case failed(ExecutionFailure)
        /// Another attempt may start at a date.
        case retry(at: Date, after: ExecutionFailure)
        /// No attempt was made, or it was interrupted and does not count. The execution may start again at a date.
        case released(until: Date)
        /// The execution was canceled.
        case canceled
        /// The execution waits for an external completion. If a date is given and passes first, it expires.
        case waiting(until: Date?)
    }

    /// The outcome of a completion.
    public enum Outcome: Sendable, Hashable {
        /// It was recorded. The value is the updated execution.
        case recorded(Execution)
        /// The token is not that of the current lease, because another scheduler has claimed the execution. Nothing
        /// changed.
        case stale
        /// The execution was deleted in the meantime.
        case missing

        /// The status of the execution if the completion was recorded, without a copy of the execution.
        package var recordedStatus: ExecutionStatus? {
            if case .recorded(let execution) = self { execution.progress.status } else { nil }
        }
    }

    /// The execution.
    public var executionID: ExecutionID
    /// The fencing token of the lease under which the attempt was made.
    public var token: Int
    /// The scheduler that holds the lease, or `nil` if the token alone tells.
    ///
    /// A database that lost its last commits, as a standby may that takes over, can grant the same token again.
    public var owner: String?
    /// The attempt to record, if one was made.
    ///
    /// The store numbers it by its place among the execution's attempts.
    public var attempt: Attempt?
    /// The consequence of the attempt.
    public var next: Next
    /// When the attempt ended.
    public var date: Date
    /// The output of the execution, if it has any.
    public var output: JSONPayload?
    /// The rule that chose the delay of the next attempt, or allowed none, in words, if the execution keeps a trail.
    public var reason: String?
    /// The date from which the lateness of a first attempt counts for metrics, or `nil` if it says nothing.
    package var lateSince: Date?
    /// Whether a repeated completion is known by its dates too.
    ///
    /// A store that gives completions its own dates would not find them again by these.
    package var comparesDates = true

    /// Creates a completion.
    public init(
        executionID: ExecutionID, token: Int, attempt: Attempt?, next: Next, date: Date, output: JSONPayload? = nil,
        reason: String? = nil, owner: String? = nil
    ) {
        self.owner = owner
        self.reason = reason
        self.output = output
        self.executionID = executionID
        self.token = token
        self.attempt = attempt
        self.next = next
        self.date = date
    }
}

/// The result of a waiting execution, supplied from outside.
public struct ExternalCompletion: Sendable, Hashable {
    /// The effect on the execution.
    public enum Next: Sendable, Hashable {
        /// It is queued for another attempt at a date.
        case queued(at: Date)
        /// It succeeded.
        case succeeded
        /// It failed for good: no retry follows.
        case failed(ExecutionFailure)
        /// It is canceled.
        case canceled
        /// It continues to wait, as long as before. The date of the completion is its latest heartbeat, and the report,
        /// if there is one, its progress.
        case waiting(ProgressReport?)

        package var isQueued: Bool { if case .queued = self { true } else { false } }
    }

    /// The outcome of an external completion.
    public enum Outcome: Sendable, Hashable {
        /// It was recorded. The value is the updated execution.
        case recorded(Execution)
        /// The execution was not waiting, or waits for other executions. Nothing changed.
        case notWaiting(Execution)
        /// The execution does not exist.
        case missing
    }

    /// The waiting execution.
    public var executionID: ExecutionID
    /// The effect on the execution.
    public var next: Next
    /// The output of the execution.
    public var output: JSONPayload?
    /// When the completion arrived.
    public var date: Date

    /// Creates an external completion.
    public init(_ executionID: ExecutionID, next: Next, output: JSONPayload? = nil, date: Date) {
        self.executionID = executionID
        self.next = next
        self.output = output
        self.date = date
    }
}

extension Execution {
    /// Whether a completion was already applied to it, and nothing has changed since.
    ///
    /// The same lease can be ended only once, and another end would differ in its date or its attempt.
    public func stands(after completion: Completion) -> Bool {
        guard progress.lease?.isHeld(under: completion.token, by: completion.owner) == true,
            progress.status != .running
        else { return false }
        let comparesDates = completion.comparesDates
        if let attempt = completion.attempt {
            let known = attempts.last.map { comparesDates ? $0 : $0.began(at: attempt.startedAt) }
            guard known == attempt.numbered(attempts.count) else { return false }
        }
        func agrees(_ date: Date?, _ other: Date?) -> Bool { !comparesDates || date == other }
        let ended = agrees(progress.finishedAt, completion.date)
        let isCanceled = progress.status == .canceled && ended
        // A retry, a release and a wait end it only if that was requested.
        let isStopped = isCanceled && progress.cancelRequestedAt != nil
        // Without dates, an attempt of the same lease tells of another end.
        let hasOtherAttempt =
            !comparesDates && completion.attempt == nil
            && (attempts.last?.startedAt ?? .distantPast) >= progress.attemptStartedAt ?? .distantFuture
        return switch completion.next {
        case .succeeded: progress.status == .succeeded && ended
        case .failed(let failure):
            isCanceled || progress.status == .failed && progress.failure == failure && ended
        case .retry(let date, let failure):
            isStopped
                || progress.status == .queued && agrees(progress.dueAt, date) && progress.failure == failure
        case .released(let date):
            !hasOtherAttempt && (isStopped || progress.status == .queued && agrees(progress.dueAt, date))
        case .canceled: isCanceled
        case .waiting(let date):
            isStopped || progress.status == .waiting && agrees(progress.expiresAt, date)
        }
    }
}

extension ExecutionTrail {
    /// Adds the claim of a scheduler.
    package mutating func appendClaim(by owner: String, attempt: Int, at date: Date) {
        append(Decision(at: date, .claimed, "attempt \(attempt), by scheduler \"\(owner)\""))
    }

    /// Adds the consequence of an attempt, except success and cancellation, which the status shows.
    package mutating func append(_ completion: Completion) {
        let decision: (kind: Decision.Kind, reason: String)? =
            switch completion.next {
            case .succeeded, .canceled: nil
            case .failed(let failure): (.stopped, completion.reason ?? failure.message)
            case .retry(let date, _):
                (.retried, "at \(ISO8601.description(date))" + (completion.reason.map { ": \($0)" } ?? ""))
            case .released(let date):
                (
                    .released,
                    (completion.attempt == nil
                        ? "the attempt was not made" : "the attempt was interrupted and does not count")
                        + (date > completion.date ? "; due at \(ISO8601.description(date))" : "")
                )
            case .waiting(let date):
                (.waiting, "for an external completion" + (date.map { " until \(ISO8601.description($0))" } ?? ""))
            }
        if let decision { append(Decision(at: completion.date, decision.kind, decision.reason)) }
    }
}
