import Foundation

extension ClaimTicket {
    /// Its place among those that are not due yet.
    var due: DueKey<ExecutionID> { DueKey(instant: dueAt, id: id) }

    /// Its place among the runs of the schedule.
    var turn: DueKey<ExecutionID> { DueKey(instant: nominal, id: id) }

    /// Its place among those that are due: a step of priority counts as a minute, so that waiting makes up for it.
    func rank(priority standard: Int) -> DueKey<ExecutionID> {
        DueKey(instant: dueAt.addingTimeInterval(-60 * Double(priority ?? standard)), id: id)
    }
}
