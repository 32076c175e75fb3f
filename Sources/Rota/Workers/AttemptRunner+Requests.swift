import Foundation
import RotaCore
import RotaHTTP
import RotaRetry
import RotaStore

// One attempt of a request: to its URL, and if that fails for a passing reason, to its fallback.

extension AttemptRunner {
    /// Sends a request that takes no part in fallbacks, such as a webhook.
    func send(
        _ claim: Claim, headers: HTTPHeaders, _ make: () async throws -> HTTPRequest
    ) async -> AttemptReport {
        switch await prepare(claim, headers: headers, make) {
        case .success(let request): await exchange(request, success: .default, output: [:])
        case .failure(let failed): failed.report
        }
    }

    /// Sends a job's request to its URL, and to its fallback if the first failed for a passing reason.
    ///
    /// Both have the same deadline. The first may use half of the time until it, so that some is left for the fallback
    /// even if the first does not answer.
    ///
    /// - Parameter adapted: The timeout that follows earlier attempts, if the job has one.
    func send(
        _ template: RequestTemplate, of claim: Claim, headers: HTTPHeaders, timeout adapted: Duration?
    ) async -> AttemptReport {
        let deadline = template.usesToken ? clock.now.advanced(by: configuration.tokenLifetime) : nil
        var report = await sendOnce(template, of: claim, headers: headers, timeout: adapted, tokenUntil: deadline)
        // The receiver took the work on and has the means to complete it.
        if let deadline, case .succeeded = report.ending, report.statusCode == 202 {
            report.ending = .waiting(until: deadline)
            report.output = nil
        }
        return report
    }

    private func sendOnce(
        _ template: RequestTemplate, of claim: Claim, headers: HTTPHeaders, timeout adapted: Duration?,
        tokenUntil deadline: Date?
    ) async -> AttemptReport {
        let prepared = await prepare(claim, headers: headers) {
            try await resolved(
                template.render(claim.templateVariables()), for: claim, timeout: adapted, tokenUntil: deadline)
        }
        var request: HTTPRequest
        switch prepared {
        case .success(let ready): request = ready
        case .failure(let failed): return failed.report
        }
        let (timeout, origin) = (request.timeout, clock.uptime)
        // A request delivered at most once goes to its fallback only after a failure that is known at once.
        if template.fallback != nil, claim.job.delivery == .atLeastOnce,
            let shorter = try? request.replacing(timeout: Self.firstShare(of: timeout))
        {
            request = shorter
        }
        let first = await exchange(request, success: template.success, output: template.output)
        guard template.fallback != nil, first.mayUseFallback(of: claim) else { return first }
        let again = await prepare(claim, headers: headers) {
            guard let fallback = try template.render(claim.templateVariables()).toFallback else { throw NoTimeLeft() }
            let request = try await resolved(fallback, for: claim, timeout: adapted, tokenUntil: deadline)
            let rest = timeout - (clock.uptime - origin)
            guard RequestTimeout.range.contains(rest) else { throw NoTimeLeft() }
            return try request.replacing(timeout: rest)
        }
        switch again {
        case .success(let request):
            let second = await exchange(request, success: template.success, output: template.output)
            return first.followed(by: second, of: claim)
        case .failure(let failed): return failed.hadNoTime ? first : first.followed(by: failed.report, of: claim)
        }
    }

    /// The time that a request to its own URL may take if there is a fallback: half of the attempt's.
    private static func firstShare(of timeout: Duration) -> Duration {
        max(timeout / 2, RequestTimeout.range.lowerBound)
    }

    /// Returns a rendered request with its secrets, signed if it says so.
    private func resolved(
        _ rendered: RenderedRequest, for claim: Claim, timeout adapted: Duration?, tokenUntil deadline: Date?
    ) async throws -> HTTPRequest {
        let token = try deadline.flatMap { deadline in
            try configuration.tokenSecret.map {
                try ExecutionToken.make(for: claim.execution.id, expiresAt: deadline, secret: $0)
            }
        }
        var request = try await rendered.resolve(secrets: TokenSecrets(secrets, token: token))
        if let timeout = claim.timeoutOverride ?? adapted {
            let range = RequestTimeout.range
            request = try request.replacing(timeout: min(max(timeout, range.lowerBound), range.upperBound))
        }
        guard let secret = rendered.signature else { return request }
        return try await request.signed(
            by: secret, configuration.webhookSignature, id: claim.execution.id.description, at: clock.now,
            secrets: secrets)
    }

    /// Adds the headers that every request of an execution has.
    private func prepare(
        _ claim: Claim, headers: HTTPHeaders, _ make: () async throws -> HTTPRequest
    ) async -> Result<HTTPRequest, Unprepared> {
        var redaction = Redaction()
        do {
            var prepared = try await make()
            redaction = prepared.redaction
            for field in headers.fields { prepared = try prepared.setting(field) }
            prepared.isRepeatable = claim.job.delivery == .atLeastOnce
            return .success(try prepared.identified(by: claim.identity))
        } catch {
            let report = AttemptReport(preparationError: error, redaction: redaction)
            return .failure(Unprepared(report: report, hadNoTime: error is NoTimeLeft))
        }
    }

    private func exchange(
        _ request: HTTPRequest, success: SuccessRule, output: OutputMapping
    ) async -> AttemptReport {
        do {
            return AttemptReport(
                try await transport.send(request), to: request, success: success, output: output,
                keeping: configuration.keptResponseHeaders, receivedAt: clock.now)
        } catch {
            return AttemptReport(
                transportError: error, of: request, success: success, keeping: configuration.keptResponseHeaders,
                receivedAt: clock.now)
        }
    }

    /// A request that could not be made.
    private struct Unprepared: Error {
        let report: AttemptReport
        let hadNoTime: Bool
    }

    private struct NoTimeLeft: Error {}
}

extension AttemptFailure {
    /// Whether the status may come from a gateway, or from a server that gave up, while the work was being done.
    fileprivate var isFromGateway: Bool { status.map { [408, 502, 504].contains($0) } ?? false }
}

extension AttemptReport {
    /// Whether the request may go to its fallback after this report of the first try.
    ///
    /// A request that is delivered at most once may not, if its server may have acted on it.
    fileprivate func mayUseFallback(of claim: Claim) -> Bool {
        guard case .failed(let failure, _) = ending else { return false }
        return FailureSet.fallback.contains(failure.kind, status: failure.status)
            && !(claim.job.delivery == .atMostOnce && (failure.leavesDoubt || failure.isFromGateway))
    }

    /// Combines this report with the fallback's.
    ///
    /// If both failed, the first decides about retries, unless the fallback's request must not be repeated.
    fileprivate func followed(by second: AttemptReport, of claim: Claim) -> AttemptReport {
        guard case .failed(let failure, let message) = ending else { return second }
        let cause = message.clipped(to: 2048)
        switch second.ending {
        case .failed(let laterFailure, let laterMessage):
            let isFinal = claim.job.delivery == .atMostOnce && laterFailure.leavesDoubt
            var report = isFinal ? second : self
            let start = cause.last == "." ? String(cause.dropLast()) : cause
            report.ending = .failed(
                isFinal ? laterFailure : failure, message: "\(start); the fallback failed too: \(laterMessage)")
            report.fallback = .init(cause: cause, failure: laterMessage.clipped(to: 2048))
            return report
        default:
            var report = second
            report.fallback = .init(cause: cause)
            return report
        }
    }
}
