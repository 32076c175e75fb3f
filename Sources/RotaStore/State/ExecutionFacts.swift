package import Foundation

/// What the orders in which executions are listed, and the bounds of history, know of an execution.
package struct ExecutionFacts: Sendable, Hashable {
    package var id: ExecutionID
    package var jobID: JobID
    package var status: ExecutionStatus
    package var scheduledFor: Date
    package var finishedAt: Date?
    /// Whether it is a run of its job's schedule.
    package var isScheduled: Bool
    /// The key under which the run was asked for, if there was one.
    package var idempotencyKey: String?
}
