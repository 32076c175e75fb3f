public import Foundation
import RotaCore
public import RotaRetry

/// The record of one attempt at an execution's work.
public struct Attempt: Sendable, Hashable {
    /// The number of the attempt, starting at 1.
    public let number: Int
    /// When it began, by the wall clock.
    public let startedAt: Date
    /// How long it took.
    public let duration: Duration
    /// Why it failed, or `nil` if it succeeded.
    public let failure: ExecutionFailure?
    /// The status of the HTTP response, if there was one.
    public let statusCode: Int?
    /// The start of the response body or of the handler's output, at most 64 KiB.
    public let bodyPreview: String?
    /// Whether the body was longer than the preview.
    public let bodyWasTruncated: Bool
    /// The selected response headers, with lowercase names.
    public let responseHeaders: [String: String]
    private let traceBox: Boxed<ExecutionTrace>?

    /// The largest size of ``bodyPreview`` in bytes of UTF-8: 64 KiB.
    public static let maximumPreviewBytes = 65_536

    /// Creates the record of an attempt.
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
        traceBox = trace.map { Boxed($0) }
    }

    /// Where the attempt's time went, as far as known.
    public var trace: ExecutionTrace? { traceBox?.value }

    /// The attempt with the number of its place, so that it cannot replace another attempt.
    func numbered(_ place: Int) -> Attempt {
        guard number != place else { return self }
        return Attempt(
            number: place, startedAt: startedAt, duration: duration, failure: failure, statusCode: statusCode,
            bodyPreview: bodyPreview, bodyWasTruncated: bodyWasTruncated, responseHeaders: responseHeaders, trace: trace
        )
    }

    /// The attempt with another date on which it began.
    package func began(at date: Date) -> Attempt {
        guard startedAt != date else { return self }
        return Attempt(
            number: number, startedAt: date, duration: duration, failure: failure, statusCode: statusCode,
            bodyPreview: bodyPreview, bodyWasTruncated: bodyWasTruncated, responseHeaders: responseHeaders, trace: trace
        )
    }

    /// Whether the attempt succeeded.
    public var succeeded: Bool { failure == nil }

    /// Whether the scheduler stopped in good order before the attempt ended.
    ///
    /// Such an attempt does not count toward the retry policy's `maxAttempts`.
    public var wasInterrupted: Bool { failure?.kind == .interrupted }
}

extension Execution {
    /// How often the execution was released during an attempt, because its scheduler stopped.
    public var interruptionCount: Int { attempts.count(where: \.wasInterrupted) }
}

/// Where an attempt's time went.
///
/// Unknown parts are `nil`.
public struct ExecutionTrace: Sendable, Hashable, Codable {
    /// From the execution's due time until it was claimed.
    public var queueWait: Duration?
    /// From the claim until a worker started.
    public var dequeue: Duration?
    /// The time to resolve the host's name, a part of ``connect``.
    public var resolve: Duration?
    /// The time for the TLS handshake, a part of ``connect``.
    public var handshake: Duration?
    /// The time to establish the connection.
    public var connect: Duration?
    /// From sending the request to the first byte of the response.
    public var firstByte: Duration?
    /// From the first byte of the response to the last.
    public var transfer: Duration?
    /// From the due time to the end of the attempt.
    public var total: Duration?
    /// The address that the request was sent to, such as `203.0.113.7` or `2001:db8::1`.
    public var peer: String?
    /// The redirects that were followed, in order, each with the fields that stayed behind, such as
    /// `302: GET https://example.org/ without Authorization (another origin)`, or `nil` if there were none.
    public var redirects: [String]?
    /// How often the transport sent a request again by itself, after a kept connection was closed before anything was
    /// answered, or `nil` if it did not.
    public var resends: Int?
    /// The timeout that the attempt got from the job's adaptive timeout, or `nil` if the job has none.
    public var timeout: Duration?
    /// The use of the request's fallback, or `nil` if it was not tried.
    public var fallback: Fallback?

    /// The use of a request's fallback in an attempt.
    public struct Fallback: Sendable, Hashable, Codable {
        /// Why the request to its own URL failed.
        public var cause: String
        /// Why the fallback failed too, or `nil` if it answered: the attempt's status, preview and timings are then its
        /// own, and otherwise those of the first request.
        public var failure: String?

        /// Creates a record of a fallback.
        public init(cause: String, failure: String? = nil) {
            self.cause = cause
            self.failure = failure
        }
    }

    /// Creates a trace in which nothing is known.
    public init() {}

    /// The total time of the request (connect, first byte and transfer), or `nil` if no part is known.
    public var dispatch: Duration? {
        let parts = [connect, firstByte, transfer].compactMap(\.self)
        return parts.isEmpty ? nil : parts.reduce(.zero, +)
    }
}

/// Why an attempt or a whole execution failed.
public struct ExecutionFailure: Sendable, Hashable, Codable {
    /// The kind of failure, which the retry policy acts on.
    public let kind: FailureKind
    /// A description of the failure in actionable words.
    ///
    /// Never contains a secret.
    public let message: String

    /// Creates a failure.
    public init(kind: FailureKind, message: String) {
        self.kind = kind
        self.message = message
    }
}

extension Attempt: Codable {
    private enum CodingKeys: String, CodingKey {
        case number, startedAt, duration, failure, statusCode, bodyPreview, bodyWasTruncated, responseHeaders, trace
        /// The name of the trace in the first format.
        case box
    }

    /// Decodes an attempt.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            number: try container.decode(Int.self, forKey: .number),
            startedAt: try container.decode(Date.self, forKey: .startedAt),
            duration: try container.decode(Duration.self, forKey: .duration),
            failure: try container.decodeIfPresent(ExecutionFailure.self, forKey: .failure),
            statusCode: try container.decodeIfPresent(Int.self, forKey: .statusCode),
            bodyPreview: try container.decodeIfPresent(String.self, forKey: .bodyPreview),
            bodyWasTruncated: try container.decode(Bool.self, forKey: .bodyWasTruncated),
            responseHeaders: try container.decode([String: String].self, forKey: .responseHeaders),
            trace: try container.decodeIfPresent(ExecutionTrace.self, forKey: .trace)
                ?? container.decodeIfPresent(ExecutionTrace.self, forKey: .box))
    }

    /// Encodes the attempt.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(number, forKey: .number)
        try container.encode(startedAt, forKey: .startedAt)
        try container.encode(duration, forKey: .duration)
        try container.encodeIfPresent(failure, forKey: .failure)
        try container.encodeIfPresent(statusCode, forKey: .statusCode)
        try container.encodeIfPresent(bodyPreview, forKey: .bodyPreview)
        try container.encode(bodyWasTruncated, forKey: .bodyWasTruncated)
        try container.encode(responseHeaders, forKey: .responseHeaders)
        try container.encodeIfPresent(trace, forKey: .trace)
    }
}
