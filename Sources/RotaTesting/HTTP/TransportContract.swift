import Foundation
public import RotaHTTP
import Synchronization

/// The requirements on a transport, as checks to run in your tests.
///
/// ```
/// @Test(arguments: TransportContract.checks)
/// func contract(_ check: TransportContract.Check) async throws {
///     try await check.run { MyTransport() }
/// }
/// ```
///
/// Outside a test, run them in a loop:
///
/// ```swift
/// let known = Set(KnownFailure.urlSession.map(\.check))
/// for check in TransportContract.checks where !known.contains(check.name) {
///     try await check.run { URLSessionTransport(addressPolicy: .unrestricted) }
/// }
/// ```
///
/// Run ``redirectChecks`` and ``tlsChecks(trusting:)`` too, with transports made for them. Most checks send the
/// requests of another job beside their own, which must all be answered.
///
/// Each check starts its own ``LoopbackServer``, so the transport must be allowed to connect to 127.0.0.1.
public enum TransportContract {
    /// The timeout of checks that are not about deadlines: long enough for a busy machine, but a hang still ends.
    static let patience = Duration.seconds(300)

    /// One requirement on a transport.
    public struct Check: Sendable, CustomStringConvertible {
        /// A short, unique name.
        public let name: String
        /// Why a transport must meet it: a rule of HTTP, or the harm that a failure does.
        public let reason: String
        let body: @Sendable (any HTTPTransport) async throws -> Void

        init(
            _ name: String, because reason: String, _ body: @escaping @Sendable (any HTTPTransport) async throws -> Void
        ) {
            self.name = name
            self.reason = reason
            self.body = body
        }

        /// The name.
        public var description: String { name }

        /// Runs the check.
        ///
        /// - Parameter makeTransport: Creates the transport to check.
        /// - Throws: ``ContractViolation`` if the transport fails the check, and ``LoopbackError`` if no server can be
        ///   started.
        public func run(_ makeTransport: @Sendable () async throws -> any HTTPTransport) async throws {
            try await body(makeTransport())
        }
    }

    /// All checks of a transport that follows no redirects.
    public static let checks: [Check] = delivery + requests + answers + failures + limits + hostile
}

extension TransportContract {
    /// Runs a body against a server, and stops the server in any case.
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

    /// Requires that a request fails with one of the codes, and returns the error.
    @discardableResult
    static func requireFailure(
        _ codes: [TransportError.Code], _ request: HTTPRequest, _ transport: any HTTPTransport
    ) async throws -> TransportError {
        do {
            let response = try await transport.send(request)
            throw ContractViolation("expected one of \(codes), got status \(response.status)")
        } catch let error as TransportError {
            try ContractViolation.require(codes.contains(error.code), "expected one of \(codes), got \(error)")
            return error
        }
    }

    /// Runs a body beside another job's requests to another server, which must all be answered.
    ///
    /// - Parameter body: Gets a function that returns how many of these requests were answered so far.
    static func besideNeighbor(
        _ transport: any HTTPTransport, _ body: (@Sendable () -> Int) async throws -> Void
    ) async throws {
        let pace = NeighborPace()
        try await withServer({ _ in .status(200, text: "neighbor") }) { neighbor in
            let request = try HTTPRequest(url: neighbor.url(), timeout: patience)
            let asking = Task {
                while !pace.isDone {
                    let response = try await transport.send(request)
                    try ContractViolation.require(
                        response.status == 200 && response.body == Data("neighbor".utf8),
                        "a request of another job got \(response.status) \(response.bodyPreview().text)")
                    pace.count()
                }
            }
            let result: Result<Void, any Error>
            do { result = .success(try await body { pace.answered }) } catch { result = .failure(error) }
            pace.end()
            try await asking.value
            try result.get()
        }
    }
}

/// How many requests of another job were answered, and whether there were enough.
private final class NeighborPace: Sendable {
    private let state = Mutex((answered: 0, isOver: false))

    var answered: Int { state.withLock(\.answered) }
    var isDone: Bool { state.withLock { $0.isOver && $0.answered >= 3 } }
    func count() { state.withLock { $0.answered += 1 } }
    func end() { state.withLock { $0.isOver = true } }
}
