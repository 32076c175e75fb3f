public import Foundation
import RotaCore

/// The execution behind a request, which lets the receiver detect repeats and trace them.
public struct ExecutionIdentity: Sendable, Hashable {
    /// The execution's id, the same on every attempt.
    public var executionID: String
    /// The job's id.
    public var jobID: String
    /// The nominal date of the occurrence, before smoothing.
    public var scheduledFor: Date
    /// The number of the attempt, starting at 1.
    public var attempt: Int
    /// A key that is the same on every attempt, for receivers that act once per key.
    public var idempotencyKey: String

    /// Creates an identity.
    ///
    /// - Parameters:
    ///   - executionID: The execution's id.
    ///   - jobID: The job's id.
    ///   - scheduledFor: The nominal date of the occurrence, before smoothing.
    ///   - attempt: The number of the attempt, starting at 1.
    ///   - idempotencyKey: The idempotency key, by default the execution's id.
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

/// The names of the header fields that carry an ``ExecutionIdentity``.
///
/// `nil` leaves a field out.
///
/// They are added last and replace fields of the same name, so a job can neither drop nor forge them.
public struct IdentityHeaders: Sendable, Hashable {
    /// The field for the execution's id, by default `X-Cron-Service-Execution-Id`.
    public var executionID: String?
    /// The field for the job's id, by default `X-Cron-Service-Job-Id`.
    public var jobID: String?
    /// The field for the nominal date of the occurrence in ISO 8601, by default `X-Cron-Service-Scheduled-For`.
    public var scheduledFor: String?
    /// The field for the number of the attempt, by default `X-Cron-Service-Attempt`.
    public var attempt: String?
    /// The field for the idempotency key, by default `Idempotency-Key`.
    public var idempotencyKey: String?

    /// The default names.
    public static let `default` = IdentityHeaders()

    /// Creates a choice of names.
    ///
    /// - Parameters:
    ///   - executionID: The field for the execution's id.
    ///   - jobID: The field for the job's id.
    ///   - scheduledFor: The field for the nominal date of the occurrence.
    ///   - attempt: The field for the number of the attempt.
    ///   - idempotencyKey: The field for the idempotency key.
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
    /// Returns the request with the fields that identify its execution.
    ///
    /// Fields of the same names are replaced.
    ///
    /// - Parameters:
    ///   - identity: The execution behind the request.
    ///   - names: The names of the fields.
    /// - Throws: ``HTTPRequestError`` if a name or value is not allowed in a header.
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
