/// The status of an execution.
public enum ExecutionStatus: String, Sendable, Hashable, Codable, CaseIterable {
    /// It waits for its due time, a free worker, or its next attempt.
    case queued
    /// A worker holds its lease and makes an attempt.
    case running
    /// It waits for an external completion.
    case waiting
    /// It succeeded.
    case succeeded
    /// It failed with no attempts left.
    case failed
    /// It was canceled.
    case canceled
    /// It was not started or completed in time.
    case expired

    /// Whether the execution has ended.
    ///
    /// A terminal status never changes.
    public var isTerminal: Bool {
        switch self {
        case .queued, .running, .waiting: false
        case .succeeded, .failed, .canceled, .expired: true
        }
    }

    /// Whether the work was given up without success, though its cancellation was not requested.
    package var isDead: Bool { self == .failed || self == .expired }

    /// Whether an execution may move from this status to another.
    ///
    /// | from | to |
    /// |---|---|
    /// | queued | running, canceled, expired |
    /// | running | queued (a retry or a release), waiting, succeeded, failed, canceled |
    /// | waiting | queued, succeeded, failed, canceled, expired |
    /// | succeeded, failed, canceled, expired | nothing |
    public func canMove(to next: ExecutionStatus) -> Bool {
        switch self {
        case .queued: [.running, .canceled, .expired].contains(next)
        case .running: [.queued, .waiting, .succeeded, .failed, .canceled].contains(next)
        case .waiting: [.queued, .succeeded, .failed, .canceled, .expired].contains(next)
        case .succeeded, .failed, .canceled, .expired: false
        }
    }
}

/// The cause of an execution.
///
/// Apps may add their own.
public struct ExecutionSource: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    /// The name of the source as it is stored.
    public let rawValue: String

    /// Creates a source from its name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The name, such as `manual`.
    public var description: String { rawValue }

    /// The job's schedule.
    public static let schedule = ExecutionSource(rawValue: "schedule")
    /// A trigger: a request for an extra execution.
    public static let manual = ExecutionSource(rawValue: "manual")
    /// The replay of an earlier execution.
    public static let replay = ExecutionSource(rawValue: "replay")
    /// A request to run occurrences of the past.
    public static let backfill = ExecutionSource(rawValue: "backfill")
    /// The end of an execution of another job, by a ``ChainRule``.
    public static let chain = ExecutionSource(rawValue: "chain")
    /// The end of another execution, which this one reports.
    public static let notification = ExecutionSource(rawValue: "notification")
}
