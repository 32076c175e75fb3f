public import Foundation
public import RotaStore

/// What a Swift handler is told about the attempt it makes, and how it tells how it is getting on.
public struct HandlerContext: Sendable {
    /// The job.
    public let job: Job
    /// The execution, with the attempts that were made before.
    public let execution: Execution
    /// The number of this attempt, 1 for the first.
    public let attempt: Int
    /// When this attempt began.
    public let startedAt: Date
    let pulse: Pulse

    /// The nominal instant of the run: what time it is *for*.
    public var scheduledFor: Date { execution.scheduledFor }

    /// The instant at which the run was really due: the nominal one, moved by the schedule's smoothing.
    public var effective: Date {
        guard execution.source == .schedule else { return execution.scheduledFor }
        return job.definition.schedule.occurrence(at: execution.scheduledFor).effective
    }

    /// The schedule's last nominal instant before this run's, or `nil` if there was none.
    public var previous: Date? { job.definition.schedule.previous(before: execution.scheduledFor) }

    /// The schedule's first nominal instant after this run's, or `nil` if there is none.
    public var next: Date? { job.definition.schedule.next(after: execution.scheduledFor) }

    /// How late this attempt began, measured from the nominal instant.
    public var lateness: Duration { startedAt.elapsed(since: execution.scheduledFor) }

    /// The value given to this run, or else to the job.
    public var payload: Payload? { execution.payload ?? job.definition.action.handler?.payload }

    /// The labels of this run: the job's, or those it was asked for with; a trace's carrier among them.
    public var metadata: [String: String] { execution.metadata }

    /// A key that is the same on every attempt of this execution, for handlers that must not do their work twice.
    public var idempotencyKey: String { execution.id.description }

    /// Whether the attempt has been canceled: by a timeout, a request, or the scheduler's shutdown.
    public var isCanceled: Bool { Task.isCancelled }

    /// Gives a sign of life (S-64); it is stored with the next renewal of the lease.
    ///
    /// A handler whose job sets a heartbeat limit must call it, or ``report(_:_:)``, more often than that.
    public func heartbeat() {
        pulse.beat(nil)
    }

    /// Says how far the work is, which is a sign of life too; it is stored with the next renewal of the lease.
    ///
    /// - Parameters:
    ///   - fraction: The part that is done, from 0 to 1, if it is known.
    ///   - message: What is being done, in words.
    public func report(_ fraction: Double? = nil, _ message: String? = nil) {
        pulse.beat(ProgressReport(fraction: fraction, message: message?.clipped()))
    }
}
