public import Foundation
import RotaCore
public import RotaStore
import Synchronization

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
    private let work: ClaimedWork
    /// The date on which this attempt began.
    public let startedAt: Date
    let recorder: HeartbeatRecorder
    private let stop: Flag

    init(_ work: ClaimedWork, startedAt: Date, recorder: HeartbeatRecorder, stop: Flag) {
        self.work = work
        self.startedAt = startedAt
        self.recorder = recorder
        self.stop = stop
    }

    /// The job.
    public var job: Job { work.claim.job }

    /// The execution, with its earlier attempts.
    public var execution: Execution { work.claim.execution }

    /// The number of this attempt, starting with 1.
    ///
    /// An attempt that was interrupted because its scheduler stopped has a number too, although the retry policy does
    /// not count it.
    public var attempt: Int { work.claim.execution.nextAttemptNumber }

    /// The nominal date of the occurrence: the time the execution is *for*.
    public var scheduledFor: Date { work.claim.execution.scheduledFor }

    /// The date on which the occurrence was due: the nominal date, moved by the schedule's smoothing.
    public var effective: Date {
        guard execution.source == .schedule else { return scheduledFor }
        return job.schedule.occurrence(at: scheduledFor).effective
    }

    /// The schedule's last nominal date before this one, or `nil` if there is none.
    ///
    /// Also `nil` if the schedule counts from the end of each execution, because then no date tells another.
    public var previous: Date? { job.schedule.isSeries ? job.schedule.previous(before: scheduledFor) : nil }

    /// The schedule's first nominal date after this one, or `nil` if there is none.
    ///
    /// Also `nil` if the schedule counts from the end of each execution, which is still to come.
    public var next: Date? { job.schedule.isSeries ? job.schedule.next(after: scheduledFor) : nil }

    /// The time from the nominal date (``scheduledFor``) to the beginning of this attempt (``startedAt``).
    ///
    /// A retry is later than the first attempt, at which `Execution.lateness` ends.
    public var lateness: Duration { startedAt.elapsed(since: scheduledFor) }

    /// The payload of the execution, or else of the job.
    public var payload: JSONPayload? { execution.payload ?? job.definition.action.handler?.payload }

    /// The metadata of the execution, including what the scheduler's `carrier` captured.
    public var metadata: [String: String] { execution.metadata }

    /// A key that is the same on every attempt, for work that must not be done twice.
    public var idempotencyKey: String { execution.id.description }

    /// How the executions of the batch ended that this execution follows, or `nil` if it follows none.
    public var batch: BatchCounts? { execution.progress.batch }

    /// The value that an earlier attempt saved last, or `nil` if none did.
    ///
    /// - Throws: `DecodingError` if it is of another type.
    public func checkpoint<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value? {
        try execution.progress.checkpoint?.decode(type)
    }

    /// Saves a value that the next attempt gets, after a failure, a crash or a shutdown.
    ///
    /// ```swift
    /// try await scheduler.handle("import") { context in
    ///     let first = try context.checkpoint(as: Int.self) ?? 1
    ///     for page in first...40 {
    ///         print("importing page \(page)")
    ///         try await context.save(page + 1)
    ///     }
    /// }
    /// ```
    ///
    /// It replaces the value saved before, and is a heartbeat too.
    ///
    /// - Parameter checkpoint: The value, up to 5 MiB as JSON.
    /// - Throws: The encoder's error; ``SchedulerError`` with code `invalidRequest` if it is too large, or
    ///   `illegalState` if the attempt has lost its lease, so that another may be running; or the store's error. When
    ///   it returns, the value is as durable as the store promises.
    public func save(_ checkpoint: some Encodable) async throws {
        let payload = try JSONPayload(checkpoint)
        guard payload.json.count <= JSONPayload.longest else {
            throw SchedulerError(
                .invalidRequest,
                "A checkpoint must have at most \(JSONPayload.longest) bytes of JSON, not \(payload.json.count).",
                value: "\(payload.json.count)")
        }
        recorder.beat(nil)
        try await recorder.save(payload)
    }

    /// The completion of this attempt as a success, for a store that records it together with other changes.
    package func success(output: JSONPayload?) -> Completion {
        let now = recorder.clock.now
        let attempt = Attempt(
            number: attempt, startedAt: startedAt, duration: max(.zero, now.elapsed(since: startedAt)),
            bodyPreview: output.map {
                String(decoding: $0.json, as: UTF8.self).clipped(to: Attempt.maximumPreviewBytes)
            })
        var completion = Completion(
            executionID: execution.id, token: work.claim.lease.token, attempt: attempt, next: .succeeded, date: now,
            output: output, owner: work.claim.lease.owner)
        completion.lateSince = work.claim.lateSince
        return completion
    }

    /// Tells the driver that the store has recorded the end of this attempt, so what the handler returns has no effect.
    package func didRecord(_ completion: Completion, as execution: Execution) {
        work.recorded.withLock { $0 = RecordedEnd(completion, as: execution) }
        // The lease has ended with the execution. A renewal would be answered as if it were lost.
        recorder.stop()
    }

    /// Whether the attempt was canceled: by a timeout, a request, or the scheduler's shutdown.
    public var isCanceled: Bool { Task.isCancelled }

    /// Whether the scheduler was asked to stop.
    ///
    /// The attempt may still continue for ``SchedulerConfiguration/shutdownGrace``, and is canceled then. A handler of
    /// many steps should end early, for example by throwing ``RetryLater``, which lets the next start continue.
    public var isShuttingDown: Bool { stop.isSet }

    /// Records a heartbeat.
    ///
    /// It is stored when the lease is next renewed.
    ///
    /// A handler whose action sets a heartbeat limit must call this, or ``report(_:_:)``, more often than the limit.
    public func heartbeat() {
        recorder.beat(nil)
    }

    /// Reports progress, which is a heartbeat too.
    ///
    /// It is stored when the lease is next renewed.
    ///
    /// - Parameters:
    ///   - fraction: The completed part, from 0 to 1, if known.
    ///   - message: A description of the current step.
    public func report(_ fraction: Double? = nil, _ message: String? = nil) {
        recorder.beat(ProgressReport(fraction: fraction, message: message?.clipped()))
    }
}
