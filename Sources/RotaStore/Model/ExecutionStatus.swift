/// Where an execution stands (T-70 to T-75).
public enum ExecutionStatus: String, Sendable, Hashable, Codable, CaseIterable {
    /// It waits for its instant, for a free worker, or for its next attempt.
    case queued
    /// A worker holds its lease and an attempt is being made.
    case running
    /// It is parked until something outside answers.
    case waiting
    /// It ended well.
    case succeeded
    /// It ended badly, and no attempt is left.
    case failed
    /// It was called off.
    case canceled
    /// It was not started in time.
    case expired

    /// Whether the execution is over; nothing leads out of such a status.
    public var isTerminal: Bool {
        switch self {
        case .queued, .running, .waiting: false
        case .succeeded, .failed, .canceled, .expired: true
        }
    }

    /// Whether the machine allows a move from this status to another.
    ///
    /// | from | to |
    /// |---|---|
    /// | queued | running, canceled, expired |
    /// | running | queued (a retry, or released), waiting, succeeded, failed, canceled |
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

/// What caused an execution (T-111 to T-114); apps may add sources of their own.
public struct ExecutionSource: RawRepresentable, Sendable, Hashable, Codable {
    /// The name of the source as it is stored.
    public let rawValue: String

    /// Makes a source from its name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The job's schedule.
    public static let schedule = ExecutionSource(rawValue: "schedule")
    /// A request to run the job now.
    public static let manual = ExecutionSource(rawValue: "manual")
    /// The replay of an earlier execution.
    public static let replay = ExecutionSource(rawValue: "replay")
    /// Occurrences of the past, run on request.
    public static let backfill = ExecutionSource(rawValue: "backfill")
    /// A job on which this one depends.
    public static let dependency = ExecutionSource(rawValue: "dependency")
    /// A notice about the end of another execution.
    public static let notification = ExecutionSource(rawValue: "notification")
    /// An inbound webhook.
    public static let webhook = ExecutionSource(rawValue: "webhook")
}
