public import Foundation
import RotaCore
public import RotaStore

/// The context of one attempt, given to a Swift handler.
///
/// ```swift
/// try await scheduler.handle("import") { context in
///     let pages = 40
///     for page in 1...pages {
///         try Task.checkCancellation()
///         print("importing page \(page) for \(context.scheduledFor)")
///         context.report(Double(page) / Double(pages), "page \(page) of \(pages)")
///     }
/// }
/// ```
public struct HandlerContext: Sendable {
    // The claim is large, so its work is kept, which is shared.
    private let work: Work
    /// The date on which this attempt began.
    public let startedAt: Date
    let pulse: Pulse

    init(_ work: Work, startedAt: Date, pulse: Pulse) {
        self.work = work
        self.startedAt = startedAt
        self.pulse = pulse
    }

    /// The job.
    public var job: Job { work.claim.job }

    /// The execution, with its earlier attempts.
    public var execution: Execution { work.claim.execution }

    /// The number of this attempt, starting with 1.
    public var attempt: Int { work.claim.execution.nextAttemptNumber }

    /// The nominal date of the occurrence: the time the execution is *for*.
    public var scheduledFor: Date { work.claim.execution.scheduledFor }

    /// The date on which the occurrence was due: the nominal date, moved by the schedule's smoothing.
    public var effective: Date {
        guard execution.source == .schedule else { return scheduledFor }
        return job.schedule.occurrence(at: scheduledFor).effective
    }

    /// The schedule's last nominal date before this one, or `nil` if there is none.
    public var previous: Date? { job.schedule.previous(before: scheduledFor) }

    /// The schedule's first nominal date after this one, or `nil` if there is none.
    public var next: Date? { job.schedule.next(after: scheduledFor) }

    /// The time from the nominal date to the beginning of this attempt.
    public var lateness: Duration { startedAt.elapsed(since: scheduledFor) }

    /// The payload of the execution, or else of the job.
    public var payload: JSONPayload? { execution.payload ?? job.definition.action.handler?.payload }

    /// The metadata of the execution, including what the scheduler's `carrier` captured.
    public var metadata: [String: String] { execution.metadata }

    /// A key that is the same on every attempt, for work that must not be done twice.
    public var idempotencyKey: String { execution.id.description }

    /// Whether the attempt was canceled: by a timeout, a request, or the scheduler's shutdown.
    public var isCanceled: Bool { Task.isCancelled }

    /// Records a heartbeat.
    ///
    /// It is stored when the lease is next renewed.
    ///
    /// A handler whose action sets a heartbeat limit must call this, or ``report(_:_:)``, more often than the limit.
    public func heartbeat() {
        pulse.beat(nil)
    }

    /// Reports progress, which is a heartbeat too.
    ///
    /// It is stored when the lease is next renewed.
    ///
    /// - Parameters:
    ///   - fraction: The completed part, from 0 to 1, if known.
    ///   - message: A description of the current step.
    public func report(_ fraction: Double? = nil, _ message: String? = nil) {
        pulse.beat(ProgressReport(fraction: fraction, message: message?.clipped()))
    }
}
