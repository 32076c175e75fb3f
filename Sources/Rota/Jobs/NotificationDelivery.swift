import Foundation
import RotaHTTP
public import RotaRetry
import RotaStore

/// How a notice is put into a webhook's request.
struct NotificationDelivery: Sendable {
    let url: String
    /// A reference such as `secret://hook`, or `nil` if the request is not signed.
    let secret: String?
    let signature: WebhookSignature

    /// How long an attempt to deliver a notice may take.
    static let timeout = Duration.seconds(30)

    /// Makes the request, with the secret looked up and the body signed at the last moment.
    ///
    /// - Throws: `HTTPRequestError`, before anything is sent, if the URL is bad or the secret is missing.
    func request(for notification: Execution, secrets: any SecretProvider, at now: Date) async throws -> HTTPRequest {
        let body = notification.payload?.json ?? Data()
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        var redaction = Redaction()
        if let secret {
            let value = try await look(secret, secrets)
            redaction = Redaction([value])
            let signed = try signature.sign(
                body: body, id: notification.id.description, at: now, with: [WebhookSecret(value.value)])
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
                .missingSecret, field: "secret", "there is no secret of this name, so no notification was sent",
                value: name)
        }
        return secret
    }

    /// Checks what can be checked when a job is made.
    func validate() throws {
        _ = try RequestURL(parsing: url)
        if let secret { _ = try Self.name(in: secret) }
    }

    /// The name in a reference that is nothing but a reference.
    private static func name(in reference: String) throws(HTTPRequestError) -> String {
        let pieces = try SecretReference(parsing: reference, field: "secret").pieces
        guard pieces.count == 1, case .secret(let name)? = pieces.first else {
            throw HTTPRequestError(
                .badSecret, field: "secret",
                "a webhook's secret is named by a reference, such as secret://hook; its value never stands in a job")
        }
        return name
    }
}

extension RetryPolicy {
    /// How hard a notice is tried, whatever its job's policy: three times, after 1 s and 5 s more (SX-16).
    ///
    /// What will not pass, such as an answer of 404, is not tried again.
    public static let notifications = RetryPolicy(
        maxAttempts: 3, backoff: .delays([.seconds(1), .seconds(5)]), jitter: .none,
        retrying: FailureSet(statuses: .transient, kinds: .retryable.inserting(.handlerError)))
}
