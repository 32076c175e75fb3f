public import Foundation
public import RotaHTTP

/// A request as the loopback server received it.
public struct LoopbackRequest: Sendable, Hashable {
    /// The method as received.
    public let method: String
    /// Path and query as received, such as `/report?day=1`.
    public let target: String
    /// The header fields as received.
    public let headers: HTTPHeaders
    /// The body.
    public let body: Data
    /// The number of the connection it came on, from 0: equal numbers mean that a connection was reused.
    public let connection: Int

    /// The path, without the query.
    public var path: String { String(target.prefix { $0 != "?" }) }

    /// The body as text; bytes that are no UTF-8 become U+FFFD.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
