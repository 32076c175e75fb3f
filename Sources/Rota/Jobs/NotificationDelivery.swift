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
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        var redaction = Redaction()
        if let secret {
            let value = try await look(secret, secrets)
            redaction = Redaction([value])
            let signed = try signature.sign(
                body: body, id: notification.id.description, at: now, with: [signature.secret(value.value)])
            for field in signed.fields { headers.set(field) }
        }
        return try HTTPRequest(
            method: .post, address: RequestURL(parsing: url), headers: headers, body: .bytes(body),
            timeout: Self.timeout, redaction: redaction)
    }

    private func look(_ reference: String, _ secrets: any SecretProvider) async throws -> SecretValue {
        let name = try Self.name(in: reference)
        guard let secret = try await secrets.secret(named: name) else {
            throw HTTPRequestError(
                .missingSecret, field: "secret", "no secret has this name, so the notification was not sent",
                value: name)
        }
        return secret
    }

    /// Checks what can be checked when a job is created.
    func validate() throws {
        _ = try RequestURL(parsing: url)
        if let secret { _ = try Self.name(in: secret) }
    }

    /// Returns the name in a text that is a secret reference and nothing else.
    private static func name(in reference: String) throws(HTTPRequestError) -> String {
        let pieces = try SecretReference(parsing: reference, field: "secret").pieces
        guard pieces.count == 1, case .secret(let name)? = pieces.first else {
            throw HTTPRequestError(
                .badSecret, field: "secret",
                "a webhook's secret must be a reference, such as secret://hook; its value must not be stored in a job")
        }
        return name
    }
}

extension RetryPolicy {
    /// The retry policy of notifications, whatever the job's own: three attempts, with delays of 1 and 5 seconds.
    ///
    /// Permanent failures, such as status 404, are not retried.
    public static let notifications = RetryPolicy(
        maxAttempts: 3, backoff: .delays([.seconds(1), .seconds(5)]), jitter: .none,
        retrying: FailureSet(statuses: .transient, kinds: .retryable.inserting(.handlerError)))
}
