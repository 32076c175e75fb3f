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
