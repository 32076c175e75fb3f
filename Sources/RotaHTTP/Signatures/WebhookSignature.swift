public import Foundation
import RotaCore

/// A key that signs webhooks.
///
/// It can be used, but not printed, dumped or encoded by accident.
public struct WebhookSecret: Sendable, Hashable {
    let key: [UInt8]

    private static let prefix = "whsec_"

    /// Parses a secret of Standard Webhooks.
    ///
    /// - Parameter text: `whsec_` followed by the key in Base64, and nothing else: no blanks, quotes or version.
    /// - Throws: ``HTTPRequestError`` with `badSignature` for any other text. It would make signatures that no receiver
    ///   expects, so it is never used as a key itself: see ``init(utf8:)``.
    public init(_ text: String) throws(HTTPRequestError) {
        guard text.hasPrefix(Self.prefix) else {
            throw Self.error(
                text.isEmpty
                    ? "a webhook's secret cannot be empty; it is whsec_ followed by a key in Base64"
                    : text.contains(Self.prefix)
                        ? "remove what precedes whsec_ in the secret, such as a blank, a quote or a version"
                        : "a webhook's secret is whsec_ followed by a key in Base64, and this text is not")
        }
        guard let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))), !data.isEmpty else {
            throw Self.error("whsec_ must be followed by a key in Base64, and nothing else")
        }
        key = Array(data)
    }

    /// Creates a secret whose key is a text, for schemes other than Standard Webhooks.
    ///
    /// - Parameter text: The text, whose UTF-8 bytes are the key.
    /// - Throws: ``HTTPRequestError`` with `badSignature` if the text is empty, or if it looks like a secret of
    ///   Standard Webhooks or one that was copied with blanks or quotes around it.
    public init(utf8 text: String) throws(HTTPRequestError) {
        guard !text.isEmpty else { throw Self.error("a webhook's secret cannot be empty") }
        guard !text.lowercased().contains(Self.prefix) else {
            throw Self.error("whsec_ begins a secret of Standard Webhooks, whose key is not its own text")
        }
        guard text.first?.isWhitespace == false, text.last?.isWhitespace == false,
            !["\"", "'"].contains(where: { text.hasPrefix($0) || text.hasSuffix($0) })
        else { throw Self.error("remove the blanks or quotes around the secret") }
        key = Array(text.utf8)
    }

    private static func error(_ message: String) -> HTTPRequestError {
        HTTPRequestError(.badSignature, field: "secret", message)
    }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[redacted]`.
    public var description: String { "[redacted]" }
    /// Always `[redacted]`.
    public var debugDescription: String { "[redacted]" }
    /// A mirror without the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A scheme for signing webhooks and verifying their signatures.
///
/// ```swift
/// let secret = try WebhookSecret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
/// let body = Data(#"{"status": "done"}"#.utf8)
/// let headers = try WebhookSignature.standard.sign(body: body, id: "msg_1", at: Date(), with: [secret])
/// try WebhookSignature.standard.verify(headers: headers, body: body, at: Date(), with: [secret])
/// ```
public struct WebhookSignature: Sendable, Hashable {
    private enum Scheme: Hashable {
        case standard
        case hexadecimal(timestampField: String, signatureField: String)
    }

    private let scheme: Scheme

    /// The Standard Webhooks scheme: `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,…` over
    /// `id.timestamp.body`.
    ///
    /// Source: standard-webhooks/spec, "Signature scheme". The signatures are HMAC-SHA256 in Base64, separated by
    /// spaces.
    public static let standard = WebhookSignature(scheme: .standard)

    /// A scheme of two fields: the timestamp, and `v1=…` in hex over `timestamp.body`.
    package static func hexadecimal(timestampField: String, signatureField: String) -> WebhookSignature {
        WebhookSignature(scheme: .hexadecimal(timestampField: timestampField, signatureField: signatureField))
    }

    /// Parses a secret in the form that belongs to the scheme.
    ///
    /// - Throws: ``HTTPRequestError`` with `badSignature` if it has another form.
    package func secret(_ text: String) throws(HTTPRequestError) -> WebhookSecret {
        switch scheme {
        case .standard: try WebhookSecret(text)
        case .hexadecimal: try WebhookSecret(utf8: text)
        }
    }

    /// The largest allowed difference between a timestamp and the receiver's clock: five minutes.
    public static let tolerance: Duration = .seconds(300)

    /// Returns the header fields that sign a message.
    ///
    /// - Parameters:
    ///   - body: The body exactly as it is sent.
    ///   - id: The message's id, the same on every attempt. Schemes without an id ignore it.
    ///   - instant: The date the message is sent. Fractions of a second are dropped.
    ///   - secrets: The keys to sign with: one, or the new and the old one during a rotation.
    /// - Throws: ``HTTPRequestError`` with `badSignature` if there is no secret, or if the id is empty or contains a
    ///   dot or anything but printable ASCII.
    public func sign(
        body: Data, id: String, at instant: Date, with secrets: [WebhookSecret]
    ) throws(HTTPRequestError) -> HTTPHeaders {
        guard !secrets.isEmpty else {
            throw HTTPRequestError(.badSignature, field: "secrets", "there is no secret to sign with")
        }
        let timestamp = String(Self.seconds(instant))
        switch scheme {
        case .standard:
            // With a dot in the id, one message could be taken for another with a longer id.
            try Self.check(id: id)
            let codes = secrets.map { "v1," + Data(Self.code($0, [id, timestamp], body)).base64EncodedString() }
            return [
                "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": codes.joined(separator: " "),
            ]
        case .hexadecimal(let timestampField, let signatureField):
            let codes = secrets.map { "v1=" + Self.code($0, [timestamp], body).hexadecimal }
            return HTTPHeaders([
                .init(timestampField, timestamp), .init(signatureField, codes.joined(separator: ",")),
            ])
        }
    }

    /// Throws if a received message has no valid signature.
    ///
    /// - Parameters:
    ///   - headers: The message's header fields.
    ///   - body: The body exactly as it was received.
    ///   - instant: The receiver's time. The message's time may differ by up to ``tolerance``.
    ///   - secrets: The accepted keys. One of them must fit.
    /// - Throws: ``HTTPRequestError`` with `badSignature`, which names what is missing or wrong but never the expected
    ///   value.
    /// - Complexity: O(*n*) in the body for each secret. Signatures are compared in constant time.
    public func verify(
        headers: HTTPHeaders, body: Data, at instant: Date, with secrets: [WebhookSecret]
    ) throws(HTTPRequestError) {
        let timestamp = try Self.field(timestampField, headers)
        guard let sent = Int64(timestamp), timestamp == String(sent) else {
            throw HTTPRequestError(
                .badSignature, field: "timestamp", "expected seconds since 1970", value: timestamp)
        }
        let (age, overflow) = Self.seconds(instant).subtractingReportingOverflow(sent)
        guard !overflow, age.magnitude <= Self.tolerance.components.seconds.magnitude else {
            throw HTTPRequestError(
                .badSignature, field: "timestamp", "the message is more than five minutes from this clock",
                value: timestamp)
        }
        let given: [[UInt8]]
        let parts: [String]
        switch scheme {
        case .standard:
            let id = try Self.field("webhook-id", headers)
            try Self.check(id: id)
            parts = [id, timestamp]
            given = try Self.field("webhook-signature", headers).split(separator: " ").compactMap(Self.base64Code)
        case .hexadecimal(_, let signatureField):
            parts = [timestamp]
            given = try Self.field(signatureField, headers).split(separator: ",").compactMap(Self.hexCode)
        }
        var fits = false
        for secret in secrets {
            let code = Self.code(secret, parts, body)
            for candidate in given where MessageCode.isEqual(candidate, code) { fits = true }
        }
        guard fits else {
            throw HTTPRequestError(
                .badSignature, field: "signature", "no signature matches the body and a known secret")
        }
    }
}

extension WebhookSignature {
    private var timestampField: String {
        switch scheme {
        case .standard: "webhook-timestamp"
        case .hexadecimal(let timestampField, _): timestampField
        }
    }

    /// Returns the whole seconds since 1970, clamped to 64 bits.
    private static func seconds(_ instant: Date) -> Int64 {
        let seconds = instant.timeIntervalSince1970.rounded(.down)
        return seconds.isNaN ? 0 : Int64(min(max(seconds, -1e15), 1e15))
    }

    private static func check(id: String) throws(HTTPRequestError) {
        guard !id.isEmpty, id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ".") }) else {
            throw HTTPRequestError(
                .badSignature, field: "id", "a webhook's id must consist of printable ASCII without dots", value: id)
        }
    }

    private static func code(_ secret: WebhookSecret, _ parts: [String], _ body: Data) -> [UInt8] {
        let prefix = parts.joined(separator: ".") + "."
        return MessageCode.hmacSHA256(key: secret.key, message: Array(prefix.utf8) + body)
    }

    private static func field(_ name: String, _ headers: HTTPHeaders) throws(HTTPRequestError) -> String {
        let values = headers.values(name)
        guard values.count == 1, let value = values.first else {
            throw HTTPRequestError(
                .badSignature, field: name,
                values.isEmpty ? "the header is missing" : "the header occurs more than once")
        }
        return value
    }

    private static func base64Code(_ text: Substring) -> [UInt8]? {
        guard text.hasPrefix("v1,") else { return nil }
        return Data(base64Encoded: String(text.dropFirst(3))).map { Array($0) }
    }

    private static func hexCode(_ text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard text.hasPrefix("v1="), digits.count == 67 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 3, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index...(index + 1)], as: UTF8.self)
            guard !pair.contains("+"), !pair.contains("-"), let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}

extension HTTPRequest {
    /// Returns the request with the header fields that sign it as a webhook.
    ///
    /// - Parameters:
    ///   - reference: The secret's name, as in `secret://hook`.
    ///   - signature: The scheme.
    ///   - id: The message's id, the same on every attempt.
    ///   - date: The date the request is sent.
    ///   - secrets: The provider of the secret's value.
    /// - Throws: ``HTTPRequestError`` with `missingSecret`, `badSecret` or `badSignature`; or the provider's own error.
    package func signed(
        by reference: String, _ signature: WebhookSignature, id: String, at date: Date, secrets: any SecretProvider
    ) async throws -> HTTPRequest {
        let name = try SecretReference.name(in: reference, field: "signature")
        guard let secret = try await secrets.secret(named: name) else {
            throw HTTPRequestError(
                .missingSecret, field: "signature",
                "there is no secret with this name, so nothing was sent; add it to the provider passed as `secrets:`",
                value: name)
        }
        let fields = try signature.sign(
            body: body.data ?? Data(), id: id, at: date, with: [signature.secret(secret.value)])
        var headers = headers
        for field in fields.fields { headers.set(field) }
        return try replacing(headers: headers, redaction: redaction.adding(secret))
    }
}
