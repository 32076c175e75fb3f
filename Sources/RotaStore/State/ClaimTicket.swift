import Foundation

/// What the order of claims, and the limits, want to know of an execution.
struct ClaimTicket {
    let id: ExecutionID
    let jobID: JobID
    let status: ExecutionStatus
    let dueAt: Date
    let nominal: Date
    /// Its own priority, if it has one.
    let priority: Int?
    let concurrencyKey: String?
    let isScheduled: Bool
    /// Whether it tells of a run and is none, so that no limit of the job is meant for it.
    let isNotification: Bool
    /// Whether its first attempt has begun.
    let hasBegun: Bool
}
