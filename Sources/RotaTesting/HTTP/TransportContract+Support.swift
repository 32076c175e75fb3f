import RotaHTTP

extension TransportContract {
    /// Runs a body against a server and stops the server whatever happens.
    static func withServer<T: Sendable>(
        _ handler: @escaping @Sendable (LoopbackRequest) async -> LoopbackResponse,
        _ body: (LoopbackServer) async throws -> T
    ) async throws -> T {
        let server = try await LoopbackServer(handler)
        do {
            let value = try await body(server)
            await server.stop()
            return value
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Requires that a request ends with one of some errors.
    static func requireFailure(
        _ codes: [TransportError.Code], _ request: HTTPRequest, _ transport: any HTTPTransport
    ) async throws {
        do {
            let response = try await transport.send(request)
            throw ContractViolation("expected one of \(codes), got status \(response.status)")
        } catch let error as TransportError {
            try ContractViolation.require(codes.contains(error.code), "expected one of \(codes), got \(error)")
        }
    }
}
