public import RotaHTTP

/// What every transport must do, as checks to run yours through.
///
/// ```swift
/// @Test(arguments: TransportContract.checks)
/// func contract(_ check: TransportContract.Check) async throws {
///     try await check.run { MyTransport() }
/// }
/// ```
///
/// Each check starts a ``LoopbackServer`` of its own, so the transport must be allowed to reach 127.0.0.1.
public enum TransportContract {
    /// The deadline of requests whose check is not about deadlines: a busy machine may take long, but a hang must end.
    static let patience = Duration.seconds(300)

    /// One thing that a transport must do.
    public struct Check: Sendable, CustomStringConvertible {
        /// What is checked, in a few words; it is unique.
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
        /// - Parameter makeTransport: makes the transport to check.
        /// - Throws: ``ContractViolation`` if the transport fails the check; ``LoopbackError`` if no server can be started.
        public func run(_ makeTransport: @Sendable () async throws -> any HTTPTransport) async throws {
            try await body(makeTransport())
        }
    }

    /// Every check.
    public static let checks: [Check] = delivery + failures + limits
}

/// How a transport broke its contract.
public struct ContractViolation: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was expected, and what happened.
    public let description: String

    /// Makes a violation.
    ///
    /// - Parameter description: what was expected, and what happened.
    public init(_ description: String) {
        self.description = description
    }

    static func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
        guard condition else { throw ContractViolation(description()) }
    }
}

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
