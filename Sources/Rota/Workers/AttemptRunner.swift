import Foundation
import RotaCore
import RotaHTTP
import RotaRetry
import RotaStore

/// Makes one attempt of an execution, through middleware, a transport or a handler, and reports the result.
struct AttemptRunner: Sendable {
    let store: any JobStore
    let transport: any HTTPTransport
    let secrets: any SecretProvider
    let handlers: HandlerRegistry
    let middleware: [any AttemptMiddleware]
    let clock: any WallClock
    let configuration: SchedulerConfiguration
    let events: EventHub
    let workers: WorkerPool
    let heartbeats: Heartbeats
    let stop: Flag
    let outbox: Outbox<AttemptResult>

    /// Makes the attempt, unless its claim is no longer valid.
    func run(_ work: ClaimedWork) async -> AttemptResult {
        let adapted =
            work.claim.job.adaptiveTimeout == nil
            ? nil : await store.adaptiveTimeout(of: work.claim.execution, of: work.claim.job)
        let (startedAt, origin) = (clock.now, clock.uptime)
        guard mayBegin(work, at: startedAt) else {
            return AttemptResult(work: work, startedAt: startedAt, duration: .zero, report: AttemptReport(.unbegun))
        }
        events.started(work.claim, at: startedAt)
        var report: AttemptReport
        if middleware.isEmpty {
            report = await deliver(work, startedAt: startedAt, headers: [:], adapted: adapted)
        } else {
            let attempt = RunningAttempt(
                job: work.claim.job, execution: work.claim.execution, number: work.claim.execution.nextAttemptNumber,
                startedAt: startedAt)
            report = await step(0, attempt, of: work, adapted: adapted).report
        }
        report.adaptiveTimeout = adapted
        report.limitOutput(to: configuration.maximumOutputBytes)
        report.limitMessage()
        return AttemptResult(work: work, startedAt: startedAt, duration: clock.uptime - origin, report: report)
    }

    /// Whether the claim is still valid.
    ///
    /// After the machine was suspended, another scheduler may have the execution.
    private func mayBegin(_ work: ClaimedWork, at now: Date) -> Bool {
        !Task.isCancelled && now < work.claim.leaseExpiresAt && !workers.isWithdrawn(work.claim)
    }

    /// Calls the middleware from the outermost inwards, then makes the attempt.
    private func step(
        _ index: Int, _ attempt: RunningAttempt, of work: ClaimedWork, adapted: Duration?
    ) async -> AttemptOutcome {
        guard index < middleware.count else {
            return AttemptOutcome(
                await deliver(work, startedAt: attempt.startedAt, headers: attempt.headers, adapted: adapted))
        }
        return await middleware[index].around(attempt) { await step(index + 1, $0, of: work, adapted: adapted) }
    }

    private func deliver(
        _ work: ClaimedWork, startedAt: Date, headers: HTTPHeaders, adapted: Duration?
    ) async -> AttemptReport {
        switch work.claim.execution.notification {
        case .handler(let name)?:
            let call = HandlerCall(name: name, payload: nil, timeout: NotificationDelivery.timeout)
            return await self.call(call, for: work, startedAt: startedAt)
        case .webhook(let url, let secret)?:
            let delivery = NotificationDelivery(
                url: url, secret: secret, signature: configuration.webhookSignature)
            let claim = work.claim
            return await send(claim, headers: headers) {
                try await delivery.request(for: claim.execution, secrets: secrets, at: clock.now)
            }
        case nil: break
        }
        switch work.claim.job.action.kind {
        case .http(let template):
            return await send(template, of: work.claim, headers: headers, timeout: adapted)
        case .handler(let call):
            return await self.call(call, for: work, startedAt: startedAt, adapted: adapted)
        }
    }

    private func call(
        _ call: HandlerCall, for work: ClaimedWork, startedAt: Date, adapted: Duration? = nil
    ) async -> AttemptReport {
        guard let handler = handlers[call.name] else {
            return AttemptReport(.unhandled(call.name, similar: handlers.similar(to: call.name)))
        }
        let recorder = HeartbeatRecorder(
            heartbeats: heartbeats, claim: work.claim, clock: clock, store: store,
            leaseDuration: configuration.leaseDuration)
        defer { heartbeats.forget(recorder.lease) }
        let handlerContext = HandlerContext(work, startedAt: startedAt, recorder: recorder, stop: stop)
        let timeout = work.claim.timeout(of: call, adapted: adapted)
        let watch = HandlerWatch(
            timeout: timeout, heartbeatLimit: call.heartbeatLimit, grace: configuration.cancellationGrace,
            recorder: recorder)
        do {
            // Most handlers have no limits, and need neither tasks nor closures.
            guard watch.hasLimits else { return AttemptReport(handlerOutput: try await handler(handlerContext)) }
            let output = try await watch.run(work) {
                try await handler(handlerContext)
            } lateEnd: {
                endLate(work, startedAt: startedAt)
            }
            return AttemptReport(handlerOutput: output)
        } catch let excess as HandlerWatch.Excess {
            let rest =
                work.wasAbandoned
                ? " It ignored its cancellation for \(configuration.cancellationGrace.text) and was abandoned: it may "
                    + "still be running, and its result will be dropped." : ""
            var report: AttemptReport =
                switch excess.overrun {
                case .timeout:
                    .failed(AttemptFailure(.timeout), "The handler took longer than \((timeout ?? .zero).text)." + rest)
                case .silence:
                    .failed(
                        AttemptFailure(.crashed),
                        "The handler sent no heartbeat for \((call.heartbeatLimit ?? .zero).text), so it counts as "
                            + "crashed." + rest)
                }
            if let error = excess.error { report.addDetails(of: error) }
            return report
        } catch {
            return AttemptReport(handlerError: error)
        }
    }

    /// Drops the result of an abandoned handler that has ended, and gives its slot back to the driver.
    private func endLate(_ work: ClaimedWork, startedAt: Date) {
        // The handler may have sent a heartbeat after it was abandoned.
        heartbeats.forget(work.claim.leaseKey)
        events.droppedLateResult(of: work.claim, at: clock.now)
        let end = AttemptResult(
            work: work, startedAt: startedAt, duration: .zero, report: AttemptReport(.unbegun), isLate: true)
        outbox.push(end, isUrgent: true)
    }
}

extension Claim {
    /// Whether the attempt's time is watched here.
    ///
    /// Only handlers are: transports have their own timeouts.
    var isWatched: Bool {
        switch execution.notification {
        case .handler?: true
        case .webhook?: false
        case nil:
            job.action.handler.map {
                timeout(of: $0, adapted: job.adaptiveTimeout?.bounds.upperBound) != nil
                    || $0.heartbeatLimit != nil
            } ?? false
        }
    }

    fileprivate func timeout(of call: HandlerCall, adapted: Duration?) -> Duration? {
        timeoutOverride ?? adapted ?? call.timeout
    }

    /// The timeout of this execution's attempts, if it overrides the job's.
    var timeoutOverride: Duration? {
        execution.source == .notification ? nil : execution.overrides?.timeout
    }
}

extension Claim {
    /// The values of the request template's variables.
    ///
    /// They are the same on every attempt.
    ///
    /// - Throws: `HTTPRequestError` with `badJSON` if the payload is nested too deeply.
    func templateVariables() throws(HTTPRequestError) -> TemplateVariables {
        TemplateVariables(
            timestamp: execution.progress.startedAt ?? execution.createdAt,
            uuid: execution.id.derivedUUID,
            executionID: execution.id.description,
            jobID: job.id.description,
            scheduledFor: execution.scheduledFor,
            attempt: execution.nextAttemptNumber,
            payload: try execution.payload.map { payload throws(HTTPRequestError) in try payload.value() })
    }

    /// The execution behind a request, as its receiver sees it.
    var identity: ExecutionIdentity {
        ExecutionIdentity(
            executionID: execution.id.description,
            jobID: job.id.description,
            scheduledFor: execution.scheduledFor,
            attempt: execution.nextAttemptNumber,
            idempotencyKey: execution.id.description)
    }
}

extension ExecutionID {
    /// A UUID for this execution that looks random.
    ///
    /// It is derived, so it is the same on every attempt.
    fileprivate var derivedUUID: UUID {
        // Two rounds of SplitMix64's finalizer over each half, keyed by the other half: a bijection, so there are no
        // collisions.
        var high = UInt64(truncatingIfNeeded: bits >> 64)
        var low = UInt64(truncatingIfNeeded: bits)
        for _ in 0..<2 {
            high ^= SplitMix64.mix(low)
            low ^= SplitMix64.mix(high)
        }
        // Version 8 (RFC 9562 §5.8): custom bits.
        high = high & ~0xf000 | 0x8000
        low = low & ~(0b11 << 62) | (0b10 << 62)
        return ExecutionID(bits: UInt128(high) << 64 | UInt128(low)).uuid
    }
}
