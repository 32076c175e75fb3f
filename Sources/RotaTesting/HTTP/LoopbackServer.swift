public import Foundation
public import RotaHTTP
import Synchronization

/// A small HTTP server on 127.0.0.1 for tests and examples: real sockets, a thread of its own, no URLSession.
///
/// ```swift
/// let server = try await LoopbackServer { request in .status(200, text: "hello") }
/// // … send something to server.url("/report") …
/// await server.stop()
/// ```
public final class LoopbackServer: Sendable {
    /// The port it listens on, chosen by the system.
    public let port: Int

    private let loop: LoopbackLoop

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - isRecording: whether ``requests`` keeps every request; leave it out where there are very many.
    ///   - handler: answers each request; it may run for several requests at once.
    /// - Throws: ``LoopbackError`` if no socket can be opened.
    public init(
        recording isRecording: Bool = true,
        _ handler: @escaping @Sendable (LoopbackRequest) async -> LoopbackResponse
    ) async throws {
        let listener = try LoopbackSocket.listen()
        port = try LoopbackSocket.port(of: listener)
        loop = try LoopbackLoop(listener: listener, isRecording: isRecording, handler: handler)
        loop.start()
    }

    deinit {
        loop.requestStop()
    }

    /// The URL of a path on this server.
    ///
    /// - Parameter path: path and query, such as `/report?day=1`.
    /// - Returns: the URL; that of `/` if the path cannot stand in one.
    public func url(_ path: String = "/") -> URL {
        URL(string: address(path)) ?? URL(filePath: "/")
    }

    /// The text of the URL of a path on this server, for a template.
    ///
    /// - Parameter path: path and query, such as `/report?day=1`.
    /// - Returns: the text.
    public func address(_ path: String = "/") -> String {
        "http://127.0.0.1:\(port)" + (path.hasPrefix("/") ? "" : "/") + path
    }

    /// Every request so far, in the order in which they were complete.
    public var requests: [LoopbackRequest] { loop.requests }

    /// How many connections were accepted so far; fewer than requests if connections were reused.
    public var connectionCount: Int { loop.connectionCount }

    /// How many connections are open now.
    public var openConnectionCount: Int { loop.openConnectionCount }

    /// Whether new connections are reset as soon as they are accepted.
    ///
    /// - Parameter resets: true to reset them, false to serve them.
    public func resetNewConnections(_ resets: Bool = true) {
        loop.resetNewConnections(resets)
    }

    /// Cuts all connections and waits until thread, sockets and handlers are gone; calling it again does nothing.
    public func stop() async {
        await loop.stop()
    }

    /// An address on this machine where nobody listens: a port that was free a moment ago.
    ///
    /// - Returns: the URL.
    /// - Throws: ``LoopbackError`` if no socket can be opened.
    public static func refusingAddress() throws -> String {
        let listener = try LoopbackSocket.listen()
        defer { LoopbackSocket.close(listener) }
        return "http://127.0.0.1:\(try LoopbackSocket.port(of: listener))/"
    }
}

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

/// Why the loopback server could not be started.
public struct LoopbackError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system call that failed.
    public let call: String
    /// The error number it gave.
    public let errno: Int32

    /// One line that names the call and the error.
    public var description: String { "\(call) failed: \(String(cString: strerror(errno))) (\(errno))" }
}
