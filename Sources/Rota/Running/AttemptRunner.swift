import Foundation
import RotaHTTP
import RotaRetry
import RotaStore

/// Makes one attempt at an execution's work, whatever that is, and reports how it ended.
struct AttemptRunner: Sendable {
    let transport: any HTTPTransport
    let secrets: any SecretProvider
    let handlers: HandlerRegistry
    let clock: any WallClock
    let keptResponseHeaders: Set<String>

    func run(_ work: Work) async -> AttemptResult {
        let claim = work.claim
        let (startedAt, origin) = (clock.now, clock.uptime)
        let report =
            switch claim.job.definition.action.kind {
            case .http(let template): await send(template, for: claim)
            case .handler(let call): await self.call(call, for: claim, startedAt: startedAt)
            }
        return AttemptResult(work: work, startedAt: startedAt, duration: clock.uptime - origin, report: report)
    }

    private func send(_ template: RequestTemplate, for claim: Claim) async -> AttemptReport {
        do {
            let request = try await template.render(claim.templateVariables).resolve(secrets: secrets)
                .identified(by: claim.identity)
            do {
                return AttemptReport(
                    try await transport.send(request), to: request, success: template.success,
                    keeping: keptResponseHeaders, receivedAt: clock.now)
            } catch {
                return AttemptReport(error, redaction: request.redaction)
            }
        } catch {
            return AttemptReport(error, redaction: Redaction())
        }
    }

    private func call(_ call: HandlerCall, for claim: Claim, startedAt: Date) async -> AttemptReport {
        guard let handler = handlers[call.name] else {
            return .failed(
                AttemptFailure(.unknownHandler),
                "No handler is registered under “\(call.name)”; there are \(handlers.names). "
                    + "Register it with `handle(_:_:)` before `run()`.")
        }
        let context = HandlerContext(
            job: claim.job, execution: claim.execution, attempt: claim.execution.attempts.count + 1,
            startedAt: startedAt)
        do {
            guard let timeout = call.timeout else {
                try await handler(context)
                return .succeeded
            }
            try await clock.run(within: timeout) { try await handler(context) }
            return .succeeded
        } catch is HandlerTimeout {
            return .failed(AttemptFailure(.timeout), "The handler took longer than \(call.timeout ?? .zero).")
        } catch {
            return AttemptReport(handlerError: error)
        }
    }
}

/// A handler did not end in time.
private struct HandlerTimeout: Error {}

extension WallClock {
    /// Runs an operation, and cancels it if it has not ended in time.
    ///
    /// Its end is waited for in any case: work never goes on behind the scheduler's back, and an operation that ends
    /// well in spite of its cancellation has ended well.
    fileprivate func run(
        within timeout: Duration, _ operation: @escaping @Sendable () async throws -> Void
    ) async throws {
        let deadline = uptime + timeout
        let (result, isLate) = await withTaskGroup(of: Result<Void, any Error>?.self) { group in
            group.addTask {
                do { return .success(try await operation()) } catch { return .failure(error) }
            }
            group.addTask {
                await SleeperTag.$current.withValue(nil) { await watch(until: deadline) }
                return nil
            }
            var isLate = false
            var result: Result<Void, any Error>?
            while result == nil, let ended = await group.next() {
                // The watch ends early only if everything was canceled anyway.
                isLate = isLate || (ended == nil && uptime >= deadline)
                result = ended
                group.cancelAll()
            }
            return (result, isLate)
        }
        if case .failure = result, isLate { throw HandlerTimeout() }
        try result?.get()
    }

    /// Waits until a moment of the uptime, which steps of the wall clock do not change.
    private func watch(until deadline: Duration) async {
        while uptime < deadline {
            do { try await sleep(until: now.advanced(by: deadline - uptime)) } catch { return }
        }
    }
}
