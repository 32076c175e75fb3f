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

    func run(_ claim: Claim) async -> AttemptResult {
        let (startedAt, origin) = (clock.now, clock.uptime)
        let report =
            switch claim.job.definition.action.kind {
            case .http(let template): await send(template, for: claim)
            case .handler(let call): await self.call(call, for: claim, startedAt: startedAt)
            }
        return AttemptResult(claim: claim, startedAt: startedAt, duration: clock.uptime - origin, report: report)
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
    /// An operation that ignores its cancellation is waited for all the same: work never goes on behind the
    /// scheduler's back.
    fileprivate func run(
        within timeout: Duration, _ operation: @escaping @Sendable () async throws -> Void
    ) async throws {
        let deadline = now.advanced(by: timeout)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await operation()
                return true
            }
            group.addTask {
                while now < deadline { try await sleep(until: deadline) }
                return false
            }
            defer { group.cancelAll() }
            if try await group.next() == false {
                group.cancelAll()
                // Only an operation that ended well in spite of it all may pass for one that ended in time.
                if case .success(true)? = await group.nextResult() { return }
                throw HandlerTimeout()
            }
        }
    }
}
