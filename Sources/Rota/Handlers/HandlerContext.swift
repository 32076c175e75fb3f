public import Foundation
import RotaCore
public import RotaStore

/// What a Swift handler is told about the attempt it makes, and how it tells how it is getting on.
public struct HandlerContext: Sendable {
    private let claim: Claim
    /// When this attempt began.
    public let startedAt: Date
    let pulse: Pulse

    init(_ claim: Claim, startedAt: Date, pulse: Pulse) {
        self.claim = claim
        self.startedAt = startedAt
        self.pulse = pulse
    }

    /// The job.
    public var job: Job { claim.job }

    /// The execution, with the attempts that were made before.
    public var execution: Execution { claim.execution }

    /// The number of this attempt, 1 for the first.
    public var attempt: Int { claim.execution.nextAttemptNumber }

    /// The nominal instant of the run: what time it is *for*.
    public var scheduledFor: Date { claim.execution.scheduledFor }

    /// The instant at which the run was really due: the nominal one, moved by the schedule's smoothing.
    public var effective: Date {
        guard execution.source == .schedule else { return scheduledFor }
        return job.schedule.occurrence(at: scheduledFor).effective
    }

    /// The schedule's last nominal instant before this run's, or `nil` if there was none.
    public var previous: Date? { job.schedule.previous(before: scheduledFor) }

    /// The schedule's first nominal instant after this run's, or `nil` if there is none.
    public var next: Date? { job.schedule.next(after: scheduledFor) }

    /// How late this attempt began, measured from the nominal instant.
    public var lateness: Duration { startedAt.elapsed(since: scheduledFor) }

    /// The value given to this run, or else to the job.
    public var payload: JSONPayload? { execution.payload ?? job.definition.action.handler?.payload }

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
