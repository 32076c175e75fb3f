import Foundation

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
