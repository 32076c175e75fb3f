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
    let isNotice: Bool
    /// Whether its first attempt has begun.
    let hasBegun: Bool

    /// Its place among those that are not due yet.
    var due: DueKey<ExecutionID> { DueKey(instant: dueAt, id: id) }

    /// Its place among the runs of the schedule.
    var turn: DueKey<ExecutionID> { DueKey(instant: nominal, id: id) }

    /// Its place among those that are due: a step of priority counts as a minute, so that waiting makes up for it.
    func rank(priority standard: Int) -> DueKey<ExecutionID> {
        DueKey(instant: dueAt.addingTimeInterval(-60 * Double(priority ?? standard)), id: id)
    }
}
