public import Foundation
import RotaCore
import RotaHTTP

/// A JSON value: what a job passes to its Swift handler, or what an execution produced.
///
/// ```swift
/// struct Order: Codable {
///     var id: Int
/// }
/// let payload = try JSONPayload(Order(id: 7))
/// print(String(decoding: payload.json, as: UTF8.self))  // {"id":7}
/// print(try payload.decode(Order.self).id)  // 7
/// ```
public struct JSONPayload: Sendable, Hashable, Codable {
    /// The JSON text, in UTF-8.
    public let json: Data

    /// The size limit of a payload, an output or a checkpoint: 5 MiB.
    package static let longest = 5 * 1024 * 1024

    /// Encodes a value as JSON with sorted keys.
    ///
    /// A payload is taken as it is, and a `JSONValue` keeps the digits of its numbers.
    ///
    /// - Throws: The encoder's error if the value cannot be encoded; `EncodingError.invalidValue` for a `JSONValue`
    ///   that nests deeper than 128 levels, which no reader of JSON need accept.
    public init(_ value: some Encodable) throws {
        if let payload = value as? JSONPayload {
            self = payload
            return
        }
        if let value = value as? JSONValue {
            guard value.isNested(within: JSONValue.deepest) else {
                throw EncodingError.invalidValue(
                    value,
                    .init(
                        codingPath: [],
                        debugDescription: "JSON may be nested at most \(JSONValue.deepest) levels deep."))
            }
            json = Data(value.withSortedMembers.text.utf8)
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        json = try encoder.encode(value)
    }

    /// Creates a payload from JSON text, which is kept byte for byte.
    ///
    /// - Throws: `DecodingError.dataCorrupted` if the text is not JSON in UTF-8 (RFC 8259 §8.1).
    public init(json: Data) throws {
        // Foundation also accepts UTF-16, where every other byte of ASCII text is zero. JSON in UTF-8 has no zero
        // bytes.
        guard !json.contains(0), String(data: json, encoding: .utf8) != nil else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "The payload is not text in UTF-8."))
        }
        do {
            _ = try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "The payload is not JSON.", underlyingError: error))
        }
        self.json = json
    }

    /// Creates a payload from JSON text that a store wrote earlier, without checking it again.
    package init(trusted json: Data) {
        self.json = json
    }

    /// Decodes the payload.
    ///
    /// - Parameter type: The type to decode.
    /// - Throws: `DecodingError` if the payload does not represent a value of the type.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: json)
    }

    /// Decodes a payload from a string that contains JSON text.
    ///
    /// Text from a store's own files is taken as it is. A parser with other limits than those that held when it was
    /// written would make all records unreadable.
    public init(from decoder: any Decoder) throws {
        let json = Data(try decoder.singleValueContainer().decode(String.self).utf8)
        if Self.trust.map({ decoder.userInfo[$0] as? Bool == true }) ?? false {
            self.init(trusted: json)
        } else {
            try self.init(json: json)
        }
    }

    /// The key under which `true` tells a decoder that it reads text that a checksum has proved to be a store's own.
    static let trust = CodingUserInfoKey(rawValue: "rota.trustsPayloads")

    /// Encodes the payload as a string that contains its JSON text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: json, as: UTF8.self))
    }
}

extension JSONValue {
    /// The value with the members of all objects in the order of their names, of equal names the last one.
    ///
    /// Names are equal if their bytes are.
    fileprivate var withSortedMembers: JSONValue {
        switch self {
        case .object(let members):
            let values = Dictionary(members.map { (Array($0.name.utf8), $0) }) { $1 }
            let sorted = values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
            return .object(sorted.map { Member($0.name, $0.value.withSortedMembers) })
        case .array(let elements): return .array(elements.map(\.withSortedMembers))
        default: return self
        }
    }
}
