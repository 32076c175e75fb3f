public import Foundation
public import RotaHTTP
import Synchronization

/// A small HTTP server on 127.0.0.1 for tests and examples, with real sockets and a thread of its own.
///
/// ```swift
/// let server = try await LoopbackServer { request in .status(200, text: "hello from \(request.path)") }
/// let transport = URLSessionTransport(addressPolicy: .unrestricted)
/// let response = try await transport.send(HTTPRequest(url: server.url("/report")))
/// print(response.bodyPreview().text)  // hello from /report
/// print(server.requests.count)  // 1
/// await server.stop()
/// ```
public final class LoopbackServer: Sendable {
    /// The port, chosen by the system.
    public let port: Int

    private let loop: LoopbackLoop
    private let scheme: String

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - certificate: The certificate of a server that speaks HTTPS.
    ///   - isRecording: Whether ``requests`` keeps every request. Turn it off for very many requests.
    ///   - handler: Returns the response to a request. It may run concurrently.
    /// - Throws: ``LoopbackError`` if no socket can be opened, or if there is no OpenSSL for a certificate.
    public init(
        certificate: LoopbackCertificate? = nil, recording isRecording: Bool = true,
        _ handler: @escaping @Sendable (LoopbackRequest) async -> LoopbackResponse
    ) async throws {
        let tls = try certificate.map(LoopbackTLS.init)
        let listener = try LoopbackSocket.listen()
        scheme = tls == nil ? "http" : "https"
        port = try LoopbackSocket.port(of: listener)
        loop = try LoopbackLoop(listener: listener, isRecording: isRecording, tls: tls, handler: handler)
        loop.start()
    }

    deinit {
        loop.requestStop()
    }

    /// Returns the URL of a path on this server.
    ///
    /// - Parameter path: Path and query, such as `/report?day=1`.
    public func url(_ path: String = "/") -> URL {
        URL(string: address(path)) ?? URL(filePath: "/")
    }

    /// Returns the URL of a path on this server as text, for a template.
    ///
    /// - Parameter path: Path and query, such as `/report?day=1`.
    public func address(_ path: String = "/") -> String {
        "\(scheme)://127.0.0.1:\(port)" + (path.hasPrefix("/") ? "" : "/") + path
    }

    /// All requests so far, in the order in which they were complete.
    public var requests: [LoopbackRequest] { loop.requests }

    /// The number of connections accepted so far.
    ///
    /// It is below the number of requests if connections were reused.
    public var connectionCount: Int { loop.connectionCount }

    /// The number of open connections.
    public var openConnectionCount: Int { loop.openConnectionCount }

    /// Sets whether new connections are reset as soon as they are accepted.
    public func resetNewConnections(_ resets: Bool = true) {
        loop.resetNewConnections(resets)
    }

    /// Stops reading: connections are still accepted, but what arrives on them stays in the system's buffers.
    func stopReading() {
        loop.stopReading()
    }

    /// Closes all connections, and waits until the thread, sockets and handlers are gone.
    ///
    /// Repeated calls do nothing.
    public func stop() async {
        await loop.stop()
    }

    /// Returns a URL on this machine that refuses connections.
    ///
    /// It is the same in every call, and no server of this machine gets its port while the process lives.
    ///
    /// - Throws: ``LoopbackError`` if no socket can be opened.
    public static func refusingAddress() throws -> String {
        "http://127.0.0.1:\(try LoopbackSocket.port(of: refusing.get()))/"
    }

    private static let refusing = Result { try LoopbackSocket.bound() }
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
    /// The number of its connection, starting at 0.
    ///
    /// Equal numbers mean that a connection was reused.
    public let connection: Int

    /// The path without the query.
    public var path: String { String(target.prefix { $0 != "?" }) }

    /// The body as text.
    ///
    /// Invalid UTF-8 becomes U+FFFD.
    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// A failure to start the loopback server, or to make its certificate.
public struct LoopbackError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system call that failed.
    public let call: String
    /// The error number.
    public let errno: Int32
    /// Advice, if there is any.
    private let hint: String?

    package init(call: String, errno: Int32, hint: String? = nil) {
        self.call = call
        self.errno = errno
        self.hint = hint
    }

    /// The call and the error on one line.
    public var description: String {
        "\(call) failed: \(String(cString: strerror(errno))) (\(errno))" + (hint.map { "; \($0)" } ?? "")
    }
}

extension LoopbackError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}
