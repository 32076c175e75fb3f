public import Foundation
import RotaCore

/// A response: status, header fields, and the body up to the transport's limit.
public struct HTTPResponse: Sendable, Hashable {
    /// The status code, such as 200.
    public let status: Int
    /// The header fields, without blanks around their values (RFC 9110 § 5.5).
    public let headers: HTTPHeaders
    /// The body after decompression, cut at the transport's limit.
    public let body: Data
    /// Whether the server sent more than ``body`` holds.
    public let bodyIsTruncated: Bool
    /// The durations of the parts of the exchange, as far as the transport knows them.
    public let timings: HTTPTimings
    /// The address that answered, if the transport knows it: the proxy's behind a proxy.
    public package(set) var peer: IPAddress?
    /// The redirects that led to this response.
    package var redirects: [FollowedRedirect] = []
    /// How often the transport sent a request again by itself.
    package var resends = 0

    /// Creates a response.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields.
    ///   - body: The decoded body.
    ///   - bodyIsTruncated: Whether the body was cut.
    ///   - timings: The durations of the exchange.
    public init(
        status: Int, headers: HTTPHeaders = [:], body: Data = Data(), bodyIsTruncated: Bool = false,
        timings: HTTPTimings = HTTPTimings()
    ) {
        self.status = status
        self.headers = headers.trimmed
        self.body = body
        self.bodyIsTruncated = bodyIsTruncated
        self.timings = timings
    }

    /// Returns the beginning of the body as text, for a record.
    ///
    /// - Parameter limit: The most bytes of text to return. Zero or less returns none.
    /// - Returns: The text, cut between characters, and whether anything is missing after it. Invalid UTF-8 becomes
    ///   U+FFFD, which counts three bytes.
    /// - Complexity: O(`limit`).
    public func bodyPreview(limit: Int = 65_536) -> (text: String, isTruncated: Bool) {
        let limit = max(0, limit)
        // Decode one scalar more than fits, so that the cut itself never produces a replacement character.
        var head = body.prefix(limit &+ 4 > limit ? limit &+ 4 : limit)
        let isAll = head.count == body.count
        if isAll, bodyIsTruncated { head = head.droppingCutCharacter }
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
        return (decoded, bodyIsTruncated || !isAll)
    }
}

extension HTTPResponse {
    /// Returns the response with every secret replaced in header values and body.
    ///
    /// Only this may be recorded.
    ///
    /// Redact before making a preview: a secret that was cut is no longer found.
    ///
    /// - Parameter redaction: The secrets of the request that was answered.
    public func redacted(by redaction: Redaction) -> HTTPResponse {
        guard !redaction.isEmpty else { return self }
        let fields = headers.fields.map {
            HTTPHeaders.Field(redaction.scrub($0.name), redaction.scrub($0.value), isSensitive: $0.isSensitive)
        }
        var scrubbed = HTTPResponse(
            status: status, headers: HTTPHeaders(fields),
            body: Data(redaction.scrub(Array(body), isCut: bodyIsTruncated)),
            bodyIsTruncated: bodyIsTruncated, timings: timings)
        scrubbed.redirects = redirects
        scrubbed.peer = peer
        scrubbed.resends = resends
        return scrubbed
    }
}

/// The durations of the parts of an exchange.
///
/// A part that the transport cannot measure is `nil`.
public struct HTTPTimings: Sendable, Hashable, Codable {
    /// The name resolution, which is a part of ``connect``.
    public var resolve: Duration?
    /// The TLS handshake, which is a part of ``connect``.
    public var handshake: Duration?
    /// From the start until the connection is open, including name resolution and TLS handshake.
    ///
    /// Little more than nothing if a connection was kept open.
    public var connect: Duration?
    /// From the open connection, or from the start if ``connect`` is `nil`, until the response's header.
    public var firstByte: Duration?
    /// From the response's header until the end of the body.
    public var transfer: Duration?
    /// From the start to the end.
    public var total: Duration?

    /// Creates timings.
    ///
    /// - Parameters:
    ///   - resolve: The time for the name resolution.
    ///   - handshake: The time for the TLS handshake.
    ///   - connect: The time until the connection is open.
    ///   - firstByte: The time from there until the response's header.
    ///   - transfer: The time from there until the end of the body.
    ///   - total: The time from start to end.
    public init(
        resolve: Duration? = nil, handshake: Duration? = nil, connect: Duration? = nil, firstByte: Duration? = nil,
        transfer: Duration? = nil, total: Duration? = nil
    ) {
        self.resolve = resolve
        self.handshake = handshake
        self.connect = connect
        self.firstByte = firstByte
        self.transfer = transfer
        self.total = total
    }

    /// The sum of the known parts: connecting, waiting and receiving.
    public var dispatch: Duration? {
        let parts = [connect, firstByte, transfer].compactMap { $0 }
        return parts.isEmpty ? nil : parts.reduce(.zero, +)
    }
}

/// A redirect that a transport followed.
package struct FollowedRedirect: Sendable, Hashable, CustomStringConvertible {
    /// The status that asked for it.
    package let status: Int
    /// The method of the request that followed.
    package let method: HTTPMethod
    /// The URL that was asked next, without the values of its query.
    package let target: String
    /// The names of the fields with credentials or secrets that were left out, because the target is another origin.
    package let withheldFields: [String]

    /// The redirect on one line, such as `302: GET https://example.org/ without Authorization (another origin)`.
    package var description: String {
        let loss = withheldFields.isEmpty ? "" : " without \(withheldFields.joined(separator: ", ")) (another origin)"
        return "\(status): \(method) \(target)\(loss)"
    }
}
