public import Foundation

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
