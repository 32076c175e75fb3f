public import Foundation

/// The part of an execution that changes while it runs.
public struct ExecutionProgress: Sendable, Hashable, Codable {
    /// Where the execution stands.
    public var status: ExecutionStatus
    /// The instant from which the next attempt may start: delays and retries are due times, not sleeping tasks.
    public var dueAt: Date
    /// When the first attempt began.
    public var startedAt: Date?
    /// When the attempt being made began, or the last one.
    public var attemptStartedAt: Date?
    /// When the execution ended.
    public var finishedAt: Date?
    /// The lease of the attempt being made; afterwards the last one, whose token the next claim goes beyond.
    public var lease: Lease?
    /// Why the execution failed, or why its last attempt did.
    public var failure: ExecutionFailure?

    /// Makes the progress of an execution that is queued.
    public init(dueAt: Date) {
        status = .queued
        self.dueAt = dueAt
    }
}
