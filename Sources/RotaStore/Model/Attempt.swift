public import Foundation
public import RotaRetry

/// One try at an execution's work, as it is remembered once it is over (T-83 to T-89).
public struct Attempt: Sendable, Hashable, Codable {
    /// 1 for the first.
    public let number: Int
    /// When it began, by the wall clock.
    public let startedAt: Date
    /// How long it took.
    public let duration: Duration
    /// Why it failed, or `nil` if it succeeded.
    public let failure: ExecutionFailure?
    /// The status of the HTTP response, if there was one.
    public let statusCode: Int?
    /// The beginning of the response's body or of the handler's output, at most 64 KiB (T-87).
    public let bodyPreview: String?
    /// Whether the body was longer than the preview.
    public let bodyWasTruncated: Bool
    /// The response headers that were chosen to be kept, with names in lower case (T-88).
    public let responseHeaders: [String: String]
    private let box: Boxed<ExecutionTrace>?

    /// The largest preview of a body, in bytes of UTF-8 (T-87).
    public static let maximumPreviewBytes = 65_536

    /// Makes the record of an attempt.
    public init(
        number: Int,
        startedAt: Date,
        duration: Duration,
        failure: ExecutionFailure? = nil,
        statusCode: Int? = nil,
        bodyPreview: String? = nil,
        bodyWasTruncated: Bool = false,
        responseHeaders: [String: String] = [:],
        trace: ExecutionTrace? = nil
    ) {
        self.number = number
        self.startedAt = startedAt
        self.duration = duration
        self.failure = failure
        self.statusCode = statusCode
        self.bodyPreview = bodyPreview
        self.bodyWasTruncated = bodyWasTruncated
        self.responseHeaders = responseHeaders
        box = trace.map { Boxed($0) }
    }

    /// Where its time went, as far as it is known.
    public var trace: ExecutionTrace? { box?.value }

    /// The attempt under the number that its place gives it, so that it takes no other's place.
    func numbered(_ place: Int) -> Attempt {
        guard number != place else { return self }
        return Attempt(
            number: place, startedAt: startedAt, duration: duration, failure: failure, statusCode: statusCode,
            bodyPreview: bodyPreview, bodyWasTruncated: bodyWasTruncated, responseHeaders: responseHeaders, trace: trace
        )
    }

    /// Whether the attempt succeeded.
    public var succeeded: Bool { failure == nil }
}

/// Where an attempt's time went (S-78 to S-84); a part that is not known is `nil`.
public struct ExecutionTrace: Sendable, Hashable, Codable {
    /// From the execution's due time until it was claimed.
    public var queueWait: Duration?
    /// From the claim until a worker began.
    public var dequeue: Duration?
    /// Until the connection stood.
    public var connect: Duration?
    /// From the request until the first byte of the answer.
    public var firstByte: Duration?
    /// From the first byte to the last.
    public var transfer: Duration?
    /// From the due time until the end.
    public var total: Duration?

    /// Makes a trace.
    public init(
        queueWait: Duration? = nil, dequeue: Duration? = nil, connect: Duration? = nil, firstByte: Duration? = nil,
        transfer: Duration? = nil, total: Duration? = nil
    ) {
        self.queueWait = queueWait
        self.dequeue = dequeue
        self.connect = connect
        self.firstByte = firstByte
        self.transfer = transfer
        self.total = total
    }

    /// The parts of the delivery together (S-84), or `nil` if none is known.
    public var dispatch: Duration? {
        let parts = [connect, firstByte, transfer].compactMap(\.self)
        return parts.isEmpty ? nil : parts.reduce(.zero, +)
    }
}

/// Why an attempt or a whole execution failed.
public struct ExecutionFailure: Sendable, Hashable, Codable {
    /// The kind of failure, on which the retry policy decides.
    public let kind: FailureKind
    /// What happened, in words that a person can act on; it never contains a secret.
    public let message: String

    /// Makes a failure.
    public init(kind: FailureKind, message: String) {
        self.kind = kind
        self.message = message
    }
}
