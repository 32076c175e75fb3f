public import Foundation
public import RotaStore

/// What a Swift handler is told about the attempt it makes.
public struct HandlerContext: Sendable {
    /// The job.
    public let job: Job
    /// The execution, with the attempts that were made before.
    public let execution: Execution
    /// The number of this attempt, 1 for the first.
    public let attempt: Int
    /// When this attempt began.
    public let startedAt: Date

    /// The nominal instant of the run: what time it is *for*.
    public var scheduledFor: Date { execution.scheduledFor }

    /// How late this attempt began.
    public var lateness: Duration { startedAt.elapsed(since: execution.scheduledFor) }

    /// The value given to this run, or else to the job.
    public var payload: Payload? { execution.payload ?? job.definition.action.handler?.payload }

    /// A key that is the same on every attempt of this execution, for handlers that must not do their work twice.
    public var idempotencyKey: String { execution.id.description }
}
