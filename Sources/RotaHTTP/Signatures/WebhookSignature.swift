public import Foundation

/// The key that signs webhooks; it can be used, but not printed, dumped or encoded by accident (row S-42).
public struct WebhookSecret: Sendable, Hashable {
    let key: [UInt8]

    /// Reads a secret.
    ///
    /// - Parameter text: `whsec_` and Base64, as Standard Webhooks writes it; any other text is used as its UTF-8 bytes.
    /// - Throws: ``HTTPRequestError`` with `badSignature` if it is empty, or what follows `whsec_` is no Base64.
    public init(_ text: String) throws(HTTPRequestError) {
        if text.hasPrefix("whsec_") {
            guard let data = Data(base64Encoded: String(text.dropFirst(6))), !data.isEmpty else {
                throw HTTPRequestError(.badSignature, field: "secret", "after whsec_ comes a key in Base64")
            }
            key = Array(data)
        } else {
            guard !text.isEmpty else {
                throw HTTPRequestError(.badSignature, field: "secret", "a webhook's secret cannot be empty")
            }
            key = Array(text.utf8)
        }
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

/// A way of signing webhooks: which header fields carry what (goal S4).
public struct WebhookSignature: Sendable, Hashable {
    private enum Scheme {
        case standard, strait
    }

    private let scheme: Scheme

    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, and `webhook-signature: v1,…` over `id.timestamp.body`.
    ///
    /// Source: standard-webhooks/spec, "Signature scheme". Signatures are HMAC-SHA256 in Base64, several parted by spaces.
    public static let standard = WebhookSignature(scheme: .standard)

    /// Strait's: `X-Strait-Timestamp`, and `X-Strait-Signature: v1=…` in hex over `timestamp.body` (row SX-16).
    public static let strait = WebhookSignature(scheme: .strait)

    /// How far a timestamp may lie from the receiver's clock: five minutes.
    public static let tolerance: Duration = .seconds(300)

    /// Signs a message.
    ///
    /// - Parameters:
    ///   - body: the body, byte for byte as it is sent.
    ///   - id: the message's id, the same on every attempt; Strait's scheme does not use it.
    ///   - instant: when the message is sent; whole seconds count.
    ///   - secrets: the keys to sign with: one, or while a key is being replaced the new one and the old one.
    /// - Returns: the header fields to add.
    /// - Throws: ``HTTPRequestError`` with `badSignature` if there is no secret, or the id is empty or has a dot or a
    ///   character outside printable ASCII.
    public func sign(
        body: Data, id: String, at instant: Date, with secrets: [WebhookSecret]
    ) throws(HTTPRequestError) -> HTTPHeaders {
        guard !secrets.isEmpty else {
            throw HTTPRequestError(.badSignature, field: "secrets", "there is no secret to sign with")
        }
        let timestamp = String(Self.seconds(instant))
        switch scheme {
        case .standard:
            // A dot would let one message be taken for another with a longer id.
            try Self.check(id: id)
            let codes = secrets.map { "v1," + Data(Self.code($0, [id, timestamp], body)).base64EncodedString() }
            return [
                "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": codes.joined(separator: " "),
            ]
        case .strait:
            let codes = secrets.map { "v1=" + Self.hex(Self.code($0, [timestamp], body)) }
            return ["X-Strait-Timestamp": timestamp, "X-Strait-Signature": codes.joined(separator: ",")]
        }
    }

    /// Checks a message that was received.
    ///
    /// - Parameters:
    ///   - headers: the message's header fields.
    ///   - body: the body, byte for byte as it was received.
    ///   - instant: the receiver's time; the message's may lie up to ``tolerance`` before or after it.
    ///   - secrets: the keys of which one must fit.
    /// - Throws: ``HTTPRequestError`` with `badSignature` that says what is missing or wrong, never what would be right.
    /// - Complexity: O(n) in the body for each secret; every signature is compared in constant time.
    public func verify(
        headers: HTTPHeaders, body: Data, at instant: Date, with secrets: [WebhookSecret]
    ) throws(HTTPRequestError) {
        let timestamp = try Self.field(scheme == .standard ? "webhook-timestamp" : "X-Strait-Timestamp", headers)
        guard let sent = Int64(timestamp), timestamp == String(sent) else {
            throw HTTPRequestError(
                .badSignature, field: "timestamp", "seconds since 1970 were expected", value: timestamp)
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
        case .strait:
            parts = [timestamp]
            given = try Self.field("X-Strait-Signature", headers).split(separator: ",").compactMap(Self.hexCode)
        }
        var fits = false
        for secret in secrets {
            let code = Self.code(secret, parts, body)
            for candidate in given where MessageCode.isEqual(candidate, code) { fits = true }
        }
        guard fits else {
            throw HTTPRequestError(.badSignature, field: "signature", "no signature fits the body and a known secret")
        }
    }
}

extension WebhookSignature {
    /// Whole seconds since 1970, within what 64 bits hold.
    private static func seconds(_ instant: Date) -> Int64 {
        let seconds = instant.timeIntervalSince1970.rounded(.down)
        return seconds.isNaN ? 0 : Int64(min(max(seconds, -1e15), 1e15))
    }

    private static func check(id: String) throws(HTTPRequestError) {
        guard !id.isEmpty, id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ".") }) else {
            throw HTTPRequestError(
                .badSignature, field: "id", "a webhook's id has printable ASCII and no dot", value: id)
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
                .badSignature, field: name, values.isEmpty ? "the header is missing" : "the header is there twice")
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

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}
