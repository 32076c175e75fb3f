import Foundation
import RotaCore
import RotaHTTP
import RotaRetry
import RotaStore

/// The result of an attempt before retries are decided, and the parts of the response to keep.
struct AttemptReport: Sendable {
    /// The ways in which an attempt can end.
    enum Ending: Sendable {
        case succeeded
        case failed(AttemptFailure, message: String)
        /// The attempt was canceled because the scheduler stops. It does not count.
        case interrupted
        /// The handler waits for an external completion, until a date if there is one.
        case waiting(until: Date?)
        /// The attempt did not begin: the execution was canceled, or the lease ran out.
        case unbegun
        /// The handler is not registered here, but one with a similar name may be.
        case unhandled(String, similar: String?)
    }

    /// A handler's request that overrides the retry policy.
    enum Retrying: Sendable, Hashable {
        case after(Duration)
        case never
    }

    var ending: Ending
    var retrying: Retrying?
    /// The text of the error of a canceled handler, if the attempt was interrupted.
    var interruptionMessage: String?
    var output: JSONPayload?
    var statusCode: Int?
    var bodyPreview: String?
    var bodyWasTruncated = false
    var responseHeaders: [String: String] = [:]
    /// The timings of the HTTP exchange, if there was one.
    var timings: HTTPTimings?
    /// The address that the request was sent to.
    var peer: IPAddress?
    /// The redirects that the transport followed.
    var redirects: [FollowedRedirect] = []
    /// How often the transport sent a request again by itself.
    var resends = 0
    /// The timeout of the attempt if it follows earlier ones.
    var adaptiveTimeout: Duration?
    /// The use of the request's fallback, if it was tried.
    var fallback: ExecutionTrace.Fallback?

    static let succeeded = AttemptReport(.succeeded)

    static func failed(_ failure: AttemptFailure, _ message: String) -> AttemptReport {
        AttemptReport(.failed(failure, message: message))
    }

    /// Whether there is anything to tell about a request.
    var wasSent: Bool { timings != nil || peer != nil || !redirects.isEmpty || resends > 0 || fallback != nil }

    /// Whether the attempt did not begin.
    var isUnbegun: Bool {
        if case .unbegun = ending { true } else { false }
    }

    init(_ ending: Ending) {
        self.ending = ending
    }

    /// Cuts a failure's message to the length that is stored.
    mutating func limitMessage() {
        guard case .failed(let failure, let message) = ending else { return }
        ending = .failed(failure, message: message.clipped())
    }

    /// Fails an attempt whose output is larger than the limit.
    mutating func limitOutput(to maximum: Int) {
        guard let size = output?.json.count, size > maximum else { return }
        output = nil
        ending = .failed(
            AttemptFailure(.tooLarge),
            message: "The output is \(size) bytes of JSON; at most \(maximum) can be stored. "
                + "Return a reference to it instead, or raise `maximumOutputBytes`.")
    }
}

extension AttemptReport {
    /// Creates the report of a response.
    ///
    /// The parts that are kept are redacted first.
    init(
        _ response: HTTPResponse, to request: HTTPRequest, success: SuccessRule, output mapping: OutputMapping,
        keeping names: Set<String>, receivedAt: Date
    ) {
        let retryAfter = RetryAfter(in: response.headers, receivedAt: receivedAt)
        switch success.evaluate(response, redaction: request.redaction) {
        case .success:
            self.init(.succeeded)
        case .statusNotAccepted(let message):
            self = .failed(
                .http(status: response.status, retryAfter: retryAfter), request.redaction.scrub(message))
        case .mismatch(let message):
            self = .failed(
                AttemptFailure(.responseMismatch, status: response.status, retryAfter: retryAfter),
                request.redaction.scrub(message))
        }
        let scrubbed = response.redacted(by: request.redaction)
        let preview = scrubbed.bodyPreview()
        statusCode = response.status
        bodyPreview = preview.text
        bodyWasTruncated = preview.isTruncated
        timings = response.timings
        peer = response.peer
        redirects = response.redirects
        resends = response.resends
        keep(names, of: scrubbed.headers)
        guard case .succeeded = ending else { return }
        output = mapping.output(of: scrubbed).map { JSONPayload(trusted: Data($0.text.utf8)) }
    }

    /// Keeps the header fields of the given names.
    private mutating func keep(_ names: Set<String>, of headers: HTTPHeaders) {
        for name in names {
            let values = headers.values(name)
            if !values.isEmpty { responseHeaders[name.lowercased()] = values.joined(separator: ", ") }
        }
    }

    /// Creates the report of a request that could not be made, so that nothing was sent.
    init(preparationError error: any Error, redaction: Redaction) {
        guard !Task.isCancelled else {
            self.init(.interrupted)
            return
        }
        var failure = AttemptFailure(classifying: error).uncanceled(as: .unknown)
        if let error = error as? HTTPRequestError {
            failure.kind = error.code == .missingSecret ? .missingSecret : .invalidRequest
        } else if failure.kind == .handlerError {
            // A provider of secrets failed in its own way.
            failure.kind = .unknown
        }
        failure.mayHaveBeenSent = false
        self = .failed(failure, redaction.scrub("\(error)"))
    }

    /// Creates the report of a request that got no complete response.
    ///
    /// The status of a response that broke off is kept, and decides if the job does not accept it.
    init(
        transportError error: any Error, of request: HTTPRequest, success: SuccessRule, keeping names: Set<String>,
        receivedAt: Date
    ) {
        guard !Task.isCancelled else {
            self.init(.interrupted)
            return
        }
        let redaction = request.redaction
        // The attempt was not canceled, so the transport gave up for reasons of its own.
        var failure = AttemptFailure(classifying: error).uncanceled(as: .connection)
        if failure.kind == .handlerError { failure.kind = .unknown }
        guard let error = error as? TransportError else {
            if error is HTTPRequestError { failure.kind = .invalidRequest }
            failure.mayHaveBeenSent = failure.mayHaveBeenSent ?? !Self.precludesSending(failure.kind)
            self = .failed(failure, redaction.scrub("\(error)"))
            return
        }
        if error.code != .canceled {
            failure.kind = FailureKind(rawValue: error.failureName(accepting: success.statuses.contains))
        }
        failure.retryAfter = RetryAfter(in: error.headers, receivedAt: receivedAt)
        self = .failed(failure, redaction.scrub("\(error)"))
        timings = error.timings
        peer = error.peer
        redirects = error.redirects
        resends = error.resends
        guard let status = error.status else { return }
        statusCode = status
        keep(names, of: HTTPResponse(status: status, headers: error.headers).redacted(by: redaction).headers)
    }

    private static func precludesSending(_ kind: FailureKind) -> Bool {
        [.dns, .tls, .proxy, .forbiddenAddress, .invalidRequest, .missingSecret].contains(kind)
    }
}

extension RetryAfter {
    /// Reads the `Retry-After` of a response, relative to the response's own date.
    fileprivate init?(in headers: HTTPHeaders, receivedAt: Date) {
        let values = headers.values("Retry-After")
        guard !values.isEmpty else { return nil }
        self.init(values.joined(separator: ", "), receivedAt: receivedAt, responseDate: headers["Date"])
    }
}

extension AttemptFailure {
    /// Whether the server may have acted on a request without an answer.
    var leavesDoubt: Bool { mayHaveBeenSent == true && kind != .httpStatus }

    /// Returns the failure of an attempt that was not canceled: a cancellation becomes another kind.
    fileprivate func uncanceled(as kind: FailureKind) -> AttemptFailure {
        guard self.kind == .canceled else { return self }
        var failure = self
        failure.kind = kind
        return failure
    }
}

extension AttemptReport {
    /// Creates the report of a handler that returned.
    init(handlerOutput output: JSONPayload?) {
        ending = .succeeded
        guard let output else { return }
        self.output = output
        let preview = output.json.prefix(Attempt.maximumPreviewBytes)
        bodyWasTruncated = preview.count < output.json.count
        bodyPreview = String(decoding: bodyWasTruncated ? preview.droppingCutCharacter : preview, as: UTF8.self)
    }

    /// Keeps a canceled handler's error text and preview.
    mutating func addDetails(of error: any Error) {
        guard error is any DetailedFailure else { return }
        keepDetails(of: error)
        switch ending {
        case .failed(let failure, let message): ending = .failed(failure, message: "\(message) \(error)")
        case .interrupted: interruptionMessage = "\(error)".clipped()
        case .succeeded, .waiting, .unbegun, .unhandled: break
        }
    }

    /// Keeps what a handler that failed has to show.
    private mutating func keepDetails(of error: any Error) {
        guard let text = (error as? any DetailedFailure)?.preview else { return }
        let preview = Array(text.utf8.prefix(Attempt.maximumPreviewBytes))
        bodyWasTruncated = preview.count < text.utf8.count
        bodyPreview = String(decoding: bodyWasTruncated ? preview.droppingCutCharacter : preview[...], as: UTF8.self)
    }

    /// Creates the report of a handler that threw.
    init(handlerError error: any Error) {
        guard !Task.isCancelled else {
            self.init(.interrupted)
            addDetails(of: error)
            return
        }
        switch error {
        case let request as WaitForCompletion:
            do {
                try FieldCheck(code: .invalidRequest).date(request.deadline, "The deadline of an external completion")
                self.init(.waiting(until: request.deadline))
            } catch {
                self = .failed(AttemptFailure(.invalidRequest), "\(error)")
            }
        case let request as RetryLater:
            self = .failed(AttemptFailure(.handlerError), request.reason)
            retrying = .after(max(.zero, request.delay))
        case let request as DoNotRetry:
            self = .failed(AttemptFailure(.handlerError), request.reason)
            retrying = .never
        case let failure as any AttemptFailureConvertible:
            self = .failed(failure.attemptFailure, "\(error)")
            guard let detailed = error as? any DetailedFailure else { break }
            if detailed.isFinal { retrying = .never }
            keepDetails(of: detailed)
        case is PayloadError:
            self = .failed(AttemptFailure(.invalidRequest), "\(error)")
        default:
            // The handler was not canceled, so a cancellation is that of something it waited for.
            self = .failed(AttemptFailure(classifying: error).uncanceled(as: .handlerError), "\(error)")
        }
    }
}

/// A payload that a handler cannot use.
///
/// Another attempt would fail the same way.
struct PayloadError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension ExecutionTrace {
    /// Creates the trace of an attempt from the dates on its way.
    fileprivate init(
        of work: ClaimedWork, startedAt: Date, duration: Duration, report: borrowing AttemptReport
    ) {
        let dueAt = work.claim.execution.progress.dueAt
        let claimedAt = work.claim.execution.progress.attemptStartedAt ?? startedAt
        // If the wall clock was set back in between, the span is unknown.
        let queueWait = claimedAt >= dueAt ? claimedAt.elapsed(since: dueAt) : nil
        let dequeue = startedAt >= claimedAt ? startedAt.elapsed(since: claimedAt) : nil
        self.init()
        self.queueWait = queueWait
        self.dequeue = dequeue
        total = queueWait.flatMap { wait in dequeue.map { wait + $0 + duration } }
        timeout = report.adaptiveTimeout
        // A handler sends nothing.
        if report.wasSent { addRequest(of: report) }
    }

    private mutating func addRequest(of report: borrowing AttemptReport) {
        if let timings = report.timings {
            (resolve, handshake, connect) = (timings.resolve, timings.handshake, timings.connect)
            (firstByte, transfer) = (timings.firstByte, timings.transfer)
        }
        peer = report.peer?.description
        redirects = report.redirects.isEmpty ? nil : report.redirects.map { $0.description.clipped(to: 2048) }
        resends = report.resends > 0 ? report.resends : nil
        fallback = report.fallback
    }
}

/// The result of an attempt, before it is decided what follows.
struct AttemptResult: Sendable {
    let work: ClaimedWork
    let startedAt: Date
    let duration: Duration
    private let shared: SharedReport
    /// The reason this one attempt was canceled, if it was.
    var canceledBecause: AttemptCancellation?
    /// Whether this is no result but the end of an abandoned handler, which frees its slot.
    let isLate: Bool

    // The report is large, and the result changes hands several times. The trace is made by the worker, because the
    // driver's thread has the most to do.
    private final class SharedReport: Sendable {
        let report: AttemptReport
        let trace: ExecutionTrace

        init(_ report: consuming AttemptReport, trace: consuming ExecutionTrace) {
            (self.report, self.trace) = (report, trace)
        }
    }

    init(
        work: ClaimedWork, startedAt: Date, duration: Duration, report: consuming AttemptReport, isLate: Bool = false
    ) {
        (self.work, self.startedAt, self.duration, self.isLate) = (work, startedAt, duration, isLate)
        let trace = ExecutionTrace(of: work, startedAt: startedAt, duration: duration, report: report)
        shared = SharedReport(report, trace: trace)
    }

    /// Where the time of the attempt went.
    var trace: ExecutionTrace { shared.trace }

    // Inlined, so that reading one member does not copy the others.
    var report: AttemptReport {
        @inline(__always)
        get { shared.report }
    }
}
