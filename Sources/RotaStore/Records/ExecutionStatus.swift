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
