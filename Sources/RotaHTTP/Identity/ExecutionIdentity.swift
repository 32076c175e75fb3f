public import Foundation
import RotaCore

/// Who asks: the execution behind a request, for the receiver to recognise repeats and to trace back (rows T-94, TX-9).
public struct ExecutionIdentity: Sendable, Hashable {
    /// The execution's id, the same on every attempt.
    public var executionID: String
    /// The job's id.
    public var jobID: String
    /// The instant the execution was due.
    public var scheduledFor: Date
    /// The number of the attempt, from 1.
    public var attempt: Int
    /// A key that is the same on every attempt of one execution, for a receiver that acts once per key.
    public var idempotencyKey: String

    /// Makes an identity.
    ///
    /// - Parameters:
    ///   - executionID: the execution's id.
    ///   - jobID: the job's id.
    ///   - scheduledFor: the instant the execution was due.
    ///   - attempt: the number of the attempt, from 1.
    ///   - idempotencyKey: the key; the execution's id if nil.
    public init(
        executionID: String, jobID: String, scheduledFor: Date, attempt: Int, idempotencyKey: String? = nil
    ) {
        self.executionID = executionID
        self.jobID = jobID
        self.scheduledFor = scheduledFor
        self.attempt = attempt
        self.idempotencyKey = idempotencyKey ?? executionID
    }
}

/// The names of the header fields that tell the receiver who asks; nil leaves one out.
///
/// They are put in last and replace what the job itself set under the same name, so that no job can drop or fake them.
public struct IdentityHeaders: Sendable, Hashable {
    /// The execution's id: `X-Cron-Service-Execution-Id` by default (row T-94).
    public var executionID: String?
    /// The job's id: `X-Cron-Service-Job-Id` by default.
    public var jobID: String?
    /// The instant the execution was due, ISO 8601: `X-Cron-Service-Scheduled-For` by default.
    public var scheduledFor: String?
    /// The number of the attempt: `X-Cron-Service-Attempt` by default.
    public var attempt: String?
    /// The idempotency key: `Idempotency-Key` by default.
    public var idempotencyKey: String?

    /// The names that TrigRun uses, and `Idempotency-Key`.
    public static let `default` = IdentityHeaders()

    /// Chooses the names.
    ///
    /// - Parameters:
    ///   - executionID: for the execution's id.
    ///   - jobID: for the job's id.
    ///   - scheduledFor: for the instant the execution was due.
    ///   - attempt: for the number of the attempt.
    ///   - idempotencyKey: for the idempotency key.
    public init(
        executionID: String? = "X-Cron-Service-Execution-Id", jobID: String? = "X-Cron-Service-Job-Id",
        scheduledFor: String? = "X-Cron-Service-Scheduled-For", attempt: String? = "X-Cron-Service-Attempt",
        idempotencyKey: String? = "Idempotency-Key"
    ) {
        self.executionID = executionID
        self.jobID = jobID
        self.scheduledFor = scheduledFor
        self.attempt = attempt
        self.idempotencyKey = idempotencyKey
    }
}

extension HTTPRequest {
    /// The same request with the fields that tell the receiver who asks.
    ///
    /// - Parameters:
    ///   - identity: the execution behind the request.
    ///   - names: the names of the fields.
    /// - Returns: the request to send; fields of the same names are replaced.
    /// - Throws: ``HTTPRequestError`` if a name is no header name or a value cannot stand in a header.
    public func identified(
        by identity: ExecutionIdentity, names: IdentityHeaders = .default
    ) throws(HTTPRequestError) -> HTTPRequest {
        var headers = headers
        let fields: [(String?, String)] = [
            (names.executionID, identity.executionID), (names.jobID, identity.jobID),
            (names.scheduledFor, ISO8601.milliseconds(identity.scheduledFor)),
            (names.attempt, String(identity.attempt)), (names.idempotencyKey, identity.idempotencyKey),
        ]
        for case (let name?, let value) in fields {
            headers.set(.init(name, value, isSensitive: false))
        }
        return try replacing(headers: headers)
    }
}
