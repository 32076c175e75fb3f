public import Foundation

/// What has become of a job's executions so far.
public struct JobStatistics: Sendable, Hashable, Codable {
    /// When, of the executions that are over, the last one began (K-17).
    public var lastRunAt: Date?
    /// How the job's last finished execution ended (K-16).
    public var lastStatus: ExecutionStatus?
    /// When an execution of the job last ended.
    public var lastFinishedAt: Date?
    /// The number of executions that succeeded.
    public var succeeded = 0
    /// The number of executions that failed.
    public var failed = 0
    /// The number of executions that were canceled or expired.
    public var canceledOrExpired = 0

    /// Makes an empty tally.
    public init() {}

    private enum CodingKeys: String, CodingKey {
        case lastRunAt, lastStatus, lastFinishedAt, succeeded, failed
        case canceledOrExpired = "dropped"
    }

    /// Takes note of an execution that is over, as every store must in the step that ends it.
    ///
    /// - Parameters:
    ///   - status: How it ended; a status that is no end is only remembered as the last one.
    ///   - startedAt: When its first attempt began, if one did.
    ///   - finishedAt: When it ended.
    public mutating func count(_ status: ExecutionStatus, startedAt: Date?, finishedAt: Date?) {
        lastStatus = status
        if let finishedAt { lastFinishedAt = finishedAt }
        // Who ends last need not have begun last. A date beyond the end is that of a clock that was wrong.
        if let startedAt {
            let isLast = lastRunAt.map { last in startedAt >= last || finishedAt.map { last > $0 } ?? true } ?? true
            if isLast { lastRunAt = startedAt }
        }
        switch status {
        case .succeeded: succeeded = succeeded.next
        case .failed: failed = failed.next
        case .canceled, .expired: canceledOrExpired = canceledOrExpired.next
        case .queued, .running, .waiting: break
        }
    }
}

extension Int {
    /// The number after this one, or the greatest.
    fileprivate var next: Int { self == .max ? .max : self + 1 }
}
