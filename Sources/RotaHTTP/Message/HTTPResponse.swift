public import Foundation

/// What came back: status, header fields, and the body up to the transport's limit.
public struct HTTPResponse: Sendable, Hashable {
    /// The status code, such as 200.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    /// The body after decompression, at most as long as the transport's limit.
    public let body: Data
    /// Whether the server sent more than is in ``body``.
    public let bodyIsTruncated: Bool
    /// How long the parts of the exchange took, as far as the transport can tell.
    public let timings: HTTPTimings

    /// Makes a response.
    ///
    /// - Parameters:
    ///   - status: the status code.
    ///   - headers: the header fields.
    ///   - body: the decoded body.
    ///   - bodyIsTruncated: whether the body was cut.
    ///   - timings: how long the exchange took.
    public init(
        status: Int, headers: HTTPHeaders = [:], body: Data = Data(), bodyIsTruncated: Bool = false,
        timings: HTTPTimings = HTTPTimings()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.bodyIsTruncated = bodyIsTruncated
        self.timings = timings
    }

    /// The beginning of the body as text, for a record (rows T-87, K-25).
    ///
    /// - Parameter limit: the most bytes to return; 65,536 by default. Nothing is returned for a negative limit.
    /// - Returns: the text, cut on a character's boundary, and whether anything is missing behind it. Bytes that are
    ///   no UTF-8 are shown as U+FFFD, and count as the three bytes those take.
    /// - Complexity: O(`limit`).
    public func bodyPreview(limit: Int = 65_536) -> (text: String, isTruncated: Bool) {
        let limit = max(0, limit)
        // One scalar more than fits is decoded, so that a cut never makes a replacement character of its own.
        let head = body.prefix(limit &+ 4 > limit ? limit &+ 4 : limit)
        let decoded = String(decoding: head, as: UTF8.self)
        var count = 0
        var end = decoded.unicodeScalars.startIndex
        for index in decoded.unicodeScalars.indices {
            let width = UTF8.width(decoded.unicodeScalars[index])
            guard count + width <= limit else {
                return (String(decoded.unicodeScalars[..<end]), true)
            }
            count += width
            end = decoded.unicodeScalars.index(after: index)
        }
        return (decoded, bodyIsTruncated || head.count < body.count)
    }
}

extension HTTPResponse {
    /// The response with every secret replaced in header values and body: what may be kept of it (goal S3).
    ///
    /// Make a preview of the result, not of the response itself: a cut through a secret would hide it from the search.
    ///
    /// - Parameter redaction: what to strike out, as the request it answers knows it.
    /// - Returns: the scrubbed response.
    public func redacted(by redaction: Redaction) -> HTTPResponse {
        guard !redaction.isEmpty else { return self }
        let fields = headers.fields.map {
            HTTPHeaders.Field(redaction.scrub($0.name), redaction.scrub($0.value), isSensitive: $0.isSensitive)
        }
        return HTTPResponse(
            status: status, headers: HTTPHeaders(fields),
            body: Data(redaction.scrub(Array(body), isCut: bodyIsTruncated)),
            bodyIsTruncated: bodyIsTruncated, timings: timings)
    }
}

/// How long the parts of an exchange took; a part the transport cannot tell is nil (rows T-86, S-78 to S-84).
public struct HTTPTimings: Sendable, Hashable, Codable {
    /// From the start to an open connection, name resolution included.
    public var connect: Duration?
    /// From the open connection (or the start, if `connect` is unknown) to the response's header.
    public var firstByte: Duration?
    /// From the response's header to the end of its body.
    public var transfer: Duration?
    /// From the start to the end.
    public var total: Duration?

    /// Makes timings of what is known.
    ///
    /// - Parameters:
    ///   - connect: time to an open connection.
    ///   - firstByte: time from there to the response's header.
    ///   - transfer: time from there to the end of the body.
    ///   - total: time from start to end.
    public init(
        connect: Duration? = nil, firstByte: Duration? = nil, transfer: Duration? = nil, total: Duration? = nil
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.transfer = transfer
        self.total = total
    }

    /// Connecting, waiting and receiving together: the sum of the parts that are known (row S-84).
    public var dispatch: Duration? {
        let parts = [connect, firstByte, transfer].compactMap { $0 }
        return parts.isEmpty ? nil : parts.reduce(.zero, +)
    }
}
