package import Foundation
import RotaCore

/// Turns the values on the lines of an export into JSON and back.
package struct ExchangeCoder: Sendable {
    private let encoder: JSONEncoder
    private let decoder: JSONDecoder

    /// Makes a coder.
    package init() {
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(ISO8601.exact(date))
        }
        decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = ISO8601.exactDate(text) else {
                throw DecodingError.dataCorruptedError(
                    in: container,
                    debugDescription: "“\(text)” is no instant such as 2026-01-31T23:59:59.000Z")
            }
            return date
        }
    }

    /// A value as JSON, without a line break within or behind it.
    package func text(_ value: some Encodable) throws -> Data { try encoder.encode(value) }

    /// Reads a value.
    package func value<Value: Decodable>(_ text: Data, as type: Value.Type = Value.self) throws -> Value {
        try decoder.decode(type, from: text)
    }
}
