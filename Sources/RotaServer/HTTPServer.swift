import Foundation

/// A small HTTP/1.1 server on a socket of its own.
///
/// It bounds what it takes from clients in size, time and number, and reads requests strictly. It speaks no TLS: put a
/// proxy in front of it that does.
package final class HTTPServer: Sendable {
    /// The address at which it listens, with its port.
    package let address: SocketAddress
    private let loop: ServerLoop

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - address: Where to listen. With port 0, the system chooses one.
    ///   - limits: The bounds of requests and connections.
    ///   - refusing: Returns the response to a request that the server refuses itself. It is called on the server's
    ///     thread and must not block.
    ///   - handler: Returns the response to a request. It may run concurrently, and is canceled if the client leaves.
    /// - Throws: ``SocketError`` if the address cannot be used.
    package init(
        on address: SocketAddress, limits: ServerLimits = ServerLimits(),
        refusing: @escaping @Sendable (ServerRefusal) -> ServerResponse = { $0.response },
        _ handler: @escaping @Sendable (ServerRequest) async -> ServerResponse
    ) throws(SocketError) {
        let listener = try SystemSocket.listen(on: address)
        let port: Int
        do {
            port = try SystemSocket.port(of: listener)
        } catch {
            SystemSocket.close(listener)
            throw error
        }
        self.address = address.with(port: port)
        loop = try ServerLoop(listener: listener, limits: limits, refusing: refusing, handler: handler)
        loop.start()
    }

    deinit {
        loop.requestStop(grace: .zero)
    }

    /// Stops accepting, finishes what is being answered, and waits until all is gone.
    ///
    /// Requests that only read are canceled after at most a second, since some of them wait for what may not come.
    ///
    /// - Parameter grace: After this time connections are cut. Handlers are canceled then, and waited for.
    package func stop(grace: Duration = .seconds(5)) async {
        loop.requestStop(grace: grace)
        await loop.ended()
    }
}
