public import Foundation
import RotaServer
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
        let listener = try LoopbackError.of { () throws(SocketError) in try SystemSocket.listen() }
        scheme = tls == nil ? "http" : "https"
        port = try LoopbackError.of { () throws(SocketError) in try SystemSocket.port(of: listener) }
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
        "http://127.0.0.1:\(try LoopbackError.of { () throws(SocketError) in try SystemSocket.port(of: refusing.get()) })/"
    }

    private static let refusing = Result { () throws(SocketError) in try SystemSocket.bound() }
}
