public import Foundation

/// What a request carries: nothing, bytes as they are, text, or a JSON value (row C-20).
public enum HTTPBody: Sendable, Hashable {
    /// No body.
    case none
    /// Bytes sent as they are; variables inside are not replaced.
    case bytes(Data)
    /// Text sent as UTF-8, byte for byte (row T-34).
    case text(String)
    /// A JSON value, encoded once.
    case json(JSONValue)

    /// The most bytes a body may have: 16 MiB.
    public static let longest = 16 * 1024 * 1024

    /// The bytes that are sent; nil if there is no body.
    public var data: Data? {
        switch self {
        case .none: nil
        case .bytes(let data): data
        case .text(let text): Data(text.utf8)
        case .json(let value): Data(value.text.utf8)
        }
    }

    /// The `Content-Type` a request gets if its headers name none; nil for no body and for bytes.
    public var contentType: String? {
        switch self {
        case .none, .bytes: nil
        case .text: "text/plain; charset=utf-8"
        case .json: "application/json"
        }
    }
}

extension HTTPBody: CustomStringConvertible {
    /// The kind and size, never the content.
    public var description: String {
        switch self {
        case .none: "no body"
        case .bytes(let data): "\(data.count) bytes"
        case .text(let text): "text of \(text.utf8.count) bytes"
        case .json(let value): "JSON of \(value.text.utf8.count) bytes"
        }
    }
}

extension HTTPBody {
    /// Refuses a body that the method cannot carry, or that is too large or too deep.
    package func check(method: HTTPMethod) throws(HTTPRequestError) {
        if case .none = self { return }
        guard method.allowsBody else {
            throw HTTPRequestError(
                .badBody, field: "body", "\(method) carries no body; use POST, PUT or PATCH, or a query in the URL")
        }
        if case .json(let value) = self, !value.isNested(within: JSONValue.deepest) {
            throw HTTPRequestError(
                .badJSON, field: "body", "JSON may nest \(JSONValue.deepest) levels deep, this nests deeper")
        }
        let count =
            switch self {
            case .bytes(let data): data.count
            case .text(let text): text.utf8.count
            default: data?.count ?? 0
            }
        guard count <= Self.longest else {
            throw HTTPRequestError(
                .tooLarge, field: "body", "a body may have \(Self.longest) bytes, this one has \(count)")
        }
    }
}

extension HTTPBody: Codable {
    private enum Key: String, CodingKey {
        case text, json, base64
    }

    /// Decodes null, or an object with one of `text`, `json` (the JSON as text) and `base64`.
    ///
    /// - Parameter decoder: where the body is read from.
    /// - Throws: `DecodingError` for anything else, ``HTTPRequestError`` for text that is no JSON.
    public init(from decoder: any Decoder) throws {
        if try decoder.singleValueContainer().decodeNil() {
            self = .none
            return
        }
        let container = try decoder.container(keyedBy: Key.self)
        if let text = try container.decodeIfPresent(String.self, forKey: .text) {
            self = .text(text)
        } else if let json = try container.decodeIfPresent(String.self, forKey: .json) {
            self = .json(try JSONValue(parsing: json))
        } else {
            let base64 = try container.decode(String.self, forKey: .base64)
            guard let data = Data(base64Encoded: base64) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .base64, in: container, debugDescription: "These are no bytes in Base64.")
            }
            self = .bytes(data)
        }
    }

    /// Encodes null, or an object with one of `text`, `json` (the JSON as text, which keeps its order) and `base64`.
    ///
    /// - Parameter encoder: where the body is written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        if case .none = self {
            var container = encoder.singleValueContainer()
            try container.encodeNil()
            return
        }
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .none: break
        case .text(let text): try container.encode(text, forKey: .text)
        case .json(let value): try container.encode(value.text, forKey: .json)
        case .bytes(let data): try container.encode(data.base64EncodedString(), forKey: .base64)
        }
    }
}
