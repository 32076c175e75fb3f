public import Foundation
public import RotaHTTP

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
/// for check in TransportContract.checks where check.name != TransportContract.brokenHeaderCheck {
///     try await check.run { URLSessionTransport(addressPolicy: .unrestricted) }
/// }
/// ```
///
/// Each check starts its own ``LoopbackServer``, so the transport must be allowed to connect to 127.0.0.1.
public enum TransportContract {
    /// The timeout of checks that are not about deadlines: long enough for a busy machine, but a hang still ends.
    static let patience = Duration.seconds(300)

    /// One requirement on a transport.
    public struct Check: Sendable, CustomStringConvertible {
        /// A short, unique name.
        public let name: String
        let body: @Sendable (any HTTPTransport) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (any HTTPTransport) async throws -> Void) {
            self.name = name
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

    /// All checks.
    public static let checks: [Check] = delivery + failures + limits
}

/// A requirement that a transport failed to meet.
public struct ContractViolation: Error, Sendable, Hashable, CustomStringConvertible {
    /// The expectation and what happened instead.
    public let description: String

    /// Creates a violation.
    ///
    /// - Parameter description: The expectation and what happened instead.
    public init(_ description: String) {
        self.description = description
    }

    static func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
        guard condition else { throw ContractViolation(description()) }
    }
}

extension ContractViolation: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
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

    /// Requires that a request fails with one of the codes.
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
