import Foundation

extension KeyedDecodingContainer {
    /// Reads a duration such as `"15m"`, or a number of seconds.
    func duration(_ key: Key) throws -> Duration {
        if let seconds = try? decode(Double.self, forKey: key), abs(seconds) < 1e10 {
            return .milliseconds(Int64((seconds * 1_000).rounded()))
        }
        let text = try decode(String.self, forKey: key)
        guard let duration = DurationText.parse(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription: "\"\(text)\" is not a duration; write one such as 90s, 15m or 1h30m.")
        }
        return duration
    }

    /// Reads an ISO 8601 instant.
    func instant(_ key: Key) throws -> Date {
        let text = try decode(String.self, forKey: key)
        guard let instant = InstantText.parse(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription: "\"\(text)\" is not an ISO 8601 instant; write one such as 2026-03-15T10:00:00Z.")
        }
        return instant
    }

    /// Reads an ISO 8601 instant if there is one.
    func instantIfPresent(_ key: Key) throws -> Date? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try instant(key)
    }
}

extension KeyedEncodingContainer {
    /// Writes a duration such as `"15m"`.
    mutating func encode(_ duration: Duration, _ key: Key) throws {
        guard let text = DurationText.text(duration) else {
            throw EncodingError.invalidValue(
                duration,
                .init(codingPath: codingPath + [key], debugDescription: "\(duration) is not of whole milliseconds."))
        }
        try encode(text, forKey: key)
    }

    /// Writes an ISO 8601 instant.
    mutating func encode(_ instant: Date, _ key: Key) throws {
        guard let text = InstantText.text(instant) else {
            throw EncodingError.invalidValue(
                instant,
                .init(codingPath: codingPath + [key], debugDescription: "The instant lies outside the years 1–9999."))
        }
        try encode(text, forKey: key)
    }
}
