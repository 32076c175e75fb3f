public import Foundation

/// What a job hands to its Swift handler: a value that was encoded as JSON.
public struct Payload: Sendable, Hashable, Codable {
    /// The JSON text, in UTF-8.
    public let json: Data

    /// Encodes a value.
    ///
    /// - Throws: The encoder's error if the value cannot be written as JSON.
    public init(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        json = try encoder.encode(value)
    }

    /// Takes JSON text as it is.
    ///
    /// - Throws: `DecodingError.dataCorrupted` if the text is not JSON.
    public init(json: Data) throws {
        do {
            _ = try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "The payload is not JSON.", underlyingError: error))
        }
        self.json = json
    }

    /// Takes JSON text that a store wrote before.
    package init(trusted json: Data) {
        self.json = json
    }

    /// Decodes the value.
    ///
    /// - Parameter type: The type that the handler expects.
    /// - Throws: `DecodingError` if the payload is not such a value.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: json)
    }

    /// Decodes a payload that was encoded as a string of JSON text.
    public init(from decoder: any Decoder) throws {
        try self.init(json: Data(decoder.singleValueContainer().decode(String.self).utf8))
    }

    /// Encodes the payload as a string of JSON text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: json, as: UTF8.self))
    }
}
