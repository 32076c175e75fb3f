import Foundation
import RotaRetry

/// Returns a date from seconds since 1970.
func at(_ seconds: Double) -> Date {
    Date(timeIntervalSince1970: seconds)
}

/// Sunday, 6 November 1994, 08:49:37 GMT: the date of RFC 9110's examples.
let rfcDate = at(784_111_777)

func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}

func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}

func decode<Value: Decodable>(_ text: String) throws -> Value {
    try decode(Value.self, text)
}

func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
}

/// The `RetryPolicyError` inside a `DecodingError`, if there is one.
func policyError(_ error: any Error) -> RetryPolicyError? {
    guard case .dataCorrupted(let context)? = error as? DecodingError else { return nil }
    return context.underlyingError as? RetryPolicyError
}

extension RandomNumberGenerator {
    /// Returns a random number from 0 to below a limit.
    mutating func below(_ limit: Int) -> Int {
        Int.random(in: 0..<limit, using: &self)
    }

    /// Returns `true` with a probability.
    mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < probability
    }
}
