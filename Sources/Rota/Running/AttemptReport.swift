import Foundation
import RotaHTTP
import RotaRetry

/// How an attempt ended, and what is kept of the answer.
struct AttemptReport: Sendable {
    /// How an attempt ended.
    enum Ending: Sendable {
        case succeeded
        case failed(AttemptFailure, message: String)
        /// It was canceled because the scheduler stops: it does not count.
        case interrupted
    }

    let ending: Ending
    var statusCode: Int?
    var bodyPreview: String?
    var bodyWasTruncated = false
    var responseHeaders: [String: String] = [:]

    static let succeeded = AttemptReport(ending: .succeeded)

    static func failed(_ failure: AttemptFailure, _ message: String) -> AttemptReport {
        AttemptReport(ending: .failed(failure, message: message))
    }

    private init(ending: Ending) {
        self.ending = ending
    }

    /// Judges a response; what is kept of it is scrubbed of secrets first.
    init(
        _ response: HTTPResponse, to request: HTTPRequest, success: SuccessRule, keeping names: Set<String>,
        receivedAt: Date
    ) {
        let retryAfter = response.headers["retry-after"].flatMap { RetryAfter($0, receivedAt: receivedAt) }
        switch success.evaluate(response, redaction: request.redaction) {
        case .success:
            ending = .succeeded
        case .statusNotAccepted(let message):
            ending = .failed(
                .http(status: response.status, retryAfter: retryAfter), message: request.redaction.scrub(message))
        case .mismatch(let message):
            ending = .failed(
                AttemptFailure(.responseMismatch, status: response.status),
                message: request.redaction.scrub(message))
        }
        let scrubbed = response.redacted(by: request.redaction)
        let preview = scrubbed.bodyPreview()
        statusCode = response.status
        bodyPreview = preview.text
        bodyWasTruncated = preview.isTruncated
        for name in names {
            if let value = scrubbed.headers[name] { responseHeaders[name.lowercased()] = value }
        }
    }

    /// Reports a request that could not be made or got no answer.
    init(_ error: any Error, redaction: Redaction) {
        if Task.isCancelled {
            ending = .interrupted
            return
        }
        let message = redaction.scrub("\(error)")
        switch error {
        case let error as TransportError: ending = .failed(AttemptFailure(error.failureKind), message: message)
        case let error as HTTPRequestError:
            let kind: FailureKind = error.code == .missingSecret ? .missingSecret : .invalidRequest
            ending = .failed(AttemptFailure(kind), message: message)
        default: ending = .failed(AttemptFailure(.unknown), message: message)
        }
    }

    private static func failure(of handlerError: any Error) -> AttemptFailure {
        switch handlerError {
        case let failure as AttemptFailure: failure
        case is PayloadError: AttemptFailure(.invalidRequest)
        default: AttemptFailure(.handlerError)
        }
    }

    /// Reports a handler that threw.
    init(handlerError error: any Error) {
        ending =
            Task.isCancelled
            ? .interrupted
            : .failed(Self.failure(of: error), message: "\(error)")
    }
}

/// A run's payload cannot be used by its handler; another attempt would find the same.
struct PayloadError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
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

extension FailureKind {
    /// No handler is registered under the name that the job calls.
    public static let unknownHandler = FailureKind(rawValue: "unknown_handler")
}
