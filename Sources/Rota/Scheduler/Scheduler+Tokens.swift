public import Foundation
import RotaCore
public import RotaHTTP
public import RotaRetry
public import RotaStore

// Calls of workers outside the process, about an execution that waits for them. The app passes them on, such as those
// of an HTTP endpoint; the token proves that the worker was given the execution.

extension Scheduler {
    /// Returns a token with which a worker outside the process may complete an execution.
    ///
    /// It names the execution and its own end, and is signed with ``SchedulerConfiguration/tokenSecret``; the store
    /// keeps nothing of it. A request hands one out by the variable `{{execution_token}}`.
    ///
    /// - Parameters:
    ///   - id: The execution.
    ///   - duration: How long the token is valid, more than zero and at most 366 days.
    /// - Throws: ``SchedulerError`` with code `executionNotFound`, `invalidRequest`, or `invalidConfiguration` if the
    ///   configuration has no secret; or the store's error.
    public func token(for id: ExecutionID, validFor duration: Duration) async throws -> SecretValue {
        try FieldCheck(code: .invalidRequest).span(duration, "The time for which a token is valid")
        return try await token(for: id, expiresAt: context.clock.now.advanced(by: duration))
    }

    /// Returns a token with which a worker outside the process may complete an execution before a date.
    ///
    /// - Parameters:
    ///   - id: The execution.
    ///   - date: When the token expires, in the years 1 to 9999.
    /// - Throws: ``SchedulerError`` with code `executionNotFound`, `invalidRequest`, or `invalidConfiguration` if the
    ///   configuration has no secret; or the store's error.
    public func token(for id: ExecutionID, expiresAt date: Date) async throws -> SecretValue {
        let secret = try tokenSecret()
        try FieldCheck(code: .invalidRequest).date(date, "The end of a token")
        _ = try await execution(id)
        return try ExecutionToken.make(for: id, expiresAt: date, secret: secret)
    }

    /// Completes the waiting execution of a token with success.
    ///
    /// - Parameters:
    ///   - token: The token, as the worker got it.
    ///   - output: The output of the execution, up to 5 MiB.
    /// - Returns: The execution after the completion.
    /// - Throws: ``SchedulerError`` with code `invalidToken`, `expiredToken`, `executionNotFound`, `illegalState` if
    ///   the execution is not waiting (a worker that is faster than its own answer to the request tries again), or
    ///   `invalidRequest`; or the store's error.
    @discardableResult
    public func complete(token: SecretValue, output: JSONPayload? = nil) async throws -> Execution {
        try await complete(holder(of: token), as: .succeeded, output: output)
    }

    /// Fails the waiting execution of a token, with no attempts left.
    ///
    /// - Parameters:
    ///   - token: The token, as the worker got it.
    ///   - message: Why, from 1 to 2,000 characters, without secrets.
    ///   - kind: The kind of failure.
    /// - Returns: The execution after the completion.
    /// - Throws: The errors of ``complete(token:output:)``.
    @discardableResult
    public func fail(
        token: SecretValue, message: String, kind: FailureKind = .handlerError
    ) async throws -> Execution {
        let id = try holder(of: token)
        try FieldCheck(code: .invalidRequest).length(of: message, "The message of a failure", 1...2000)
        return try await complete(id, as: .failed(ExecutionFailure(kind: kind, message: message)))
    }

    /// Records that the worker of a token is alive, and how far it is.
    ///
    /// Both are durable: `heartbeatAt` and `report` of the execution. Neither the token nor the
    /// execution's wait is prolonged by it.
    ///
    /// - Parameters:
    ///   - token: The token, as the worker got it.
    ///   - fraction: The completed part, from 0 to 1, if known.
    ///   - message: A description of the current step, up to 2,000 characters.
    /// - Returns: The execution, which still waits.
    /// - Throws: The errors of ``complete(token:output:)``.
    @discardableResult
    public func heartbeat(
        token: SecretValue, _ fraction: Double? = nil, _ message: String? = nil
    ) async throws -> Execution {
        let id = try holder(of: token)
        try FieldCheck(code: .invalidRequest).length(of: message, "The message of a progress report", 0...2000)
        let hasReport = fraction != nil || message != nil
        return try await complete(
            id, as: .waiting(hasReport ? ProgressReport(fraction: fraction, message: message) : nil))
    }

    private func holder(of token: SecretValue) throws(SchedulerError) -> ExecutionID {
        try ExecutionToken.verify(token, secret: tokenSecret(), at: context.clock.now)
    }

    private func tokenSecret() throws(SchedulerError) -> SecretValue {
        guard let secret = configuration.tokenSecret else {
            throw SchedulerError(
                .invalidConfiguration,
                "The scheduler issues and accepts no tokens. Set `tokenSecret` in its configuration, to the same value in "
                    + "all schedulers of the store.")
        }
        return secret
    }
}
