/// What carries requests: URLSession, a script for tests, or another client.
///
/// A transport honours `request.timeout` as the limit of the whole exchange, returns every response whatever its
/// status, and returns soon after its task is canceled. The transport contract in `RotaTesting` checks one.
public protocol HTTPTransport: Sendable {
    /// Sends a request and waits for the whole response.
    ///
    /// - Parameter request: what to send.
    /// - Returns: the response, its body cut at the transport's limit.
    /// - Throws: ``TransportError`` if no complete response came back; `canceled` if the task was canceled.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse
}
