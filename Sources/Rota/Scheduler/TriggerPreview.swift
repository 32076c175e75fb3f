public import Foundation
import RotaCore
import RotaHTTP
import RotaSchedule
public import RotaStore

extension Scheduler {
    /// The dry run of a trigger.
    ///
    /// Nothing is stored.
    ///
    /// ```swift
    /// let preview = try await scheduler.preview(TriggerRequest(idempotencyKey: "order-42"), of: job.id)
    /// if let existing = preview.existing { print("Execution \(existing.id) would be returned.") }
    /// print(preview.payloadHash, preview.startsAt?.description ?? "later", preview.warnings)
    /// ```
    public struct TriggerPreview: Sendable, Hashable {
        /// The SHA-256 of the payload that the execution would have, in hexadecimal: its own, or else that of the job's
        /// action.
        ///
        /// Payloads that are equal as JSON have the same hash. Without any payload, it is the hash of `null`.
        public let payloadHash: String
        /// The earliest date at which the execution could start by what is known now: its delay, its queue's pause, the
        /// rates and the window of its job.
        ///
        /// It is `nil` if no date is known, such as while its queue is paused until someone resumes it. Limits of
        /// concurrency and dependencies can make it later: see ``holds``.
        public let startsAt: Date?
        /// When the execution would expire if it has not started, or `nil` if it would not.
        public let expiresAt: Date?
        /// The execution that would be returned instead of a new one: that of the idempotency key, or of the same work.
        ///
        /// A debounced one is given as the request would change it.
        public let existing: Execution?
        /// Whether ``existing`` is returned because its payload is the same.
        public let isDuplicate: Bool
        /// Everything that would keep the execution from starting now.
        public let holds: [ExecutionHold]
        /// Things that are allowed but rarely intended.
        public let warnings: [JobPreview.Warning]
    }
}

extension Scheduler.TriggerPreview {
    init(
        _ trial: EnqueueTrial, of request: TriggerRequest, job: Job, at now: Date, handlers: HandlerRegistry,
        transport: any HTTPTransport
    ) {
        let definition = job.definition
        payloadHash = JSONPayload.digest(of: request.payload ?? definition.action.handler?.payload)
        let execution = trial.outcome.execution
        let start = Self.start(of: execution, holds: trial.holds, window: definition.limits.window, at: now)
        startsAt = start
        expiresAt = execution.progress.expiresAt
        switch trial.outcome {
        case .queued: (existing, isDuplicate) = (nil, false)
        case .existing(let earlier): (existing, isDuplicate) = (earlier, false)
        case .duplicate(let earlier): (existing, isDuplicate) = (earlier, true)
        }
        holds = trial.holds
        let call = definition.action.handler.map { call in
            HandlerCall(
                name: call.name, payload: request.payload ?? call.payload, timeout: call.timeout,
                heartbeatLimit: call.heartbeatLimit)
        }
        var found = definition.handlerWarnings(handlers, for: call) + definition.addressWarnings(transport)
        if let at = request.at, at < now {
            found.append(
                JobPreview.Warning(
                    code: .inThePast,
                    message: "The date \(at.text) is in the past, so the execution is due at once. If that is not "
                        + "meant, use a future date."))
        }
        if existing == nil { found += Self.warnings(of: trial.holds, start: start, expiresAt: expiresAt, at: now) }
        warnings = found
    }

    /// The earliest date at which an execution could start, as far as dates decide, or `nil` if none is known.
    private static func start(
        of execution: Execution, holds: [ExecutionHold], window: ExecutionWindow?, at now: Date
    ) -> Date? {
        guard execution.status == .queued else { return execution.progress.startedAt }
        var start = now
        for hold in holds {
            switch hold {
            case .notDue(let date), .rate(let date), .sharedRate(_, let date): start = max(start, date)
            case .pausedQueue(let date):
                guard let date else { return nil }
                start = max(start, date)
            case .expired: return nil
            case .concurrency, .concurrencyPerKey, .window, .series, .dependency, .batch, .externalCompletion: break
            }
        }
        return window == nil ? start : window?.nextOpening(from: start)
    }

    private static func warnings(
        of holds: [ExecutionHold], start: Date?, expiresAt: Date?, at now: Date
    ) -> [JobPreview.Warning] {
        var found: [JobPreview.Warning] = []
        for case .pausedQueue(let date) in holds {
            found.append(
                JobPreview.Warning(
                    code: .inactive,
                    message: "The queue is paused"
                        + (date.map { " until \($0.text)" } ?? "; resume it with `resume(_:)`, or the execution waits")
                        + "."))
        }
        for case .window(nil) in holds {
            found.append(
                JobPreview.Warning(
                    code: .outsideWindow,
                    message: "The job's window does not open again, so the execution never starts. Change "
                        + "`limits.window`."))
        }
        if let start, let expiresAt, expiresAt <= start {
            found.append(
                JobPreview.Warning(
                    code: .expiresFirst,
                    message: "The execution expires at \(expiresAt.text), but cannot start before \(start.text). Give "
                        + "it a longer `timeToLive`."))
        }
        return found
    }
}
