import Foundation
import RotaHTTP
import RotaRetry
import RotaStore

extension AttemptReport {
    /// Judges a response; what is kept of it is scrubbed of secrets first.
    init(
        _ response: HTTPResponse, to request: HTTPRequest, success: SuccessRule, output mapping: OutputMapping,
        keeping names: Set<String>, receivedAt: Date
    ) {
        let retryAfter = response.headers["retry-after"].flatMap { RetryAfter($0, receivedAt: receivedAt) }
        switch success.evaluate(response, redaction: request.redaction) {
        case .success:
            self.init(.succeeded)
        case .statusNotAccepted(let message):
            self = .failed(
                .http(status: response.status, retryAfter: retryAfter), request.redaction.scrub(message))
        case .mismatch(let message):
            self = .failed(
                AttemptFailure(.responseMismatch, status: response.status), request.redaction.scrub(message))
        }
        let scrubbed = response.redacted(by: request.redaction)
        let preview = scrubbed.bodyPreview()
        statusCode = response.status
        bodyPreview = preview.text
        bodyWasTruncated = preview.isTruncated
        timings = response.timings
        for name in names {
            if let value = scrubbed.headers[name] { responseHeaders[name.lowercased()] = value }
        }
        guard case .succeeded = ending else { return }
        output = mapping.output(of: scrubbed).map { JSONPayload(trusted: Data($0.text.utf8)) }
    }

    /// Reports a request that could not be made or got no answer.
    init(_ error: any Error, redaction: Redaction) {
        if Task.isCancelled {
            self.init(.interrupted)
            return
        }
        let message = redaction.scrub("\(error)")
        switch error {
        case let error as TransportError: self = .failed(AttemptFailure(error.failureKind), message)
        case let error as HTTPRequestError:
            let kind: FailureKind = error.code == .missingSecret ? .missingSecret : .invalidRequest
            self = .failed(AttemptFailure(kind), message)
        default: self = .failed(AttemptFailure(.unknown), message)
        }
    }
}

extension TransportError {
    /// The kind of failure on which a retry policy decides.
    fileprivate var failureKind: FailureKind {
        switch code {
        case .timeout: .timeout
        case .dns: .dns
        case .connectionRefused, .connectionReset, .connectionFailed, .closed: .connection
        case .tls: .tls
        case .tooLarge: .tooLarge
        case .forbiddenAddress: .forbiddenAddress
        case .redirect: .redirect
        case .canceled: .canceled
        case .badRequest: .invalidRequest
        default: .unknown
        }
    }
}
