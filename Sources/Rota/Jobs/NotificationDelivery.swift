import Foundation
import RotaHTTP
public import RotaRetry
import RotaStore

/// Delivers a notification as a webhook request.
struct NotificationDelivery: Sendable {
    let url: String
    /// A reference such as `secret://hook`, or `nil` if the request is not signed.
    let secret: String?
    let signature: WebhookSignature

    /// The timeout of an attempt to deliver a notification.
    static let timeout = Duration.seconds(30)

    /// Creates the request.
    ///
    /// The secret is looked up and the body signed at the last moment.
    ///
    /// - Throws: `HTTPRequestError`, before anything is sent, if the URL is invalid or the secret is missing.
    func request(for notification: Execution, secrets: any SecretProvider, at now: Date) async throws -> HTTPRequest {
        let body = notification.payload?.json ?? Data()
        let request = try HTTPRequest(
            method: .post, address: RequestURL(parsing: url), headers: ["Content-Type": "application/json"],
            body: .bytes(body), timeout: Self.timeout, redaction: Redaction())
        guard let secret else { return request }
        return try await request.signed(
            by: secret, signature, id: notification.id.description, at: now, secrets: secrets)
    }

    /// Checks what can be checked when a job is created.
    func validate() throws {
        _ = try RequestURL(parsing: url)
        if let secret { _ = try SecretReference.name(in: secret, field: "secret") }
    }
}

extension RetryPolicy {
    /// The retry policy of notifications, instead of the job's own: three attempts, with delays of 1 and 5 seconds.
    ///
    /// Permanent failures, such as status 404, are not retried.
    public static let notifications = RetryPolicy(
        maxAttempts: 3, backoff: .delays([.seconds(1), .seconds(5)]), jitter: .none,
        retrying: FailureSet(statuses: .transient, kinds: .retryable.inserting(.handlerError)))
}
