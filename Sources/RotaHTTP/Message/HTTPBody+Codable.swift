import Foundation

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
