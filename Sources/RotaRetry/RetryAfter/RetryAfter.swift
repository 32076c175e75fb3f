public import Foundation
import RotaCore

/// The value of a `Retry-After` header: when a server asks to be called again (RFC 9110 §10.2.3).
///
/// ```swift
/// let now = Date()
/// print(RetryAfter("120", receivedAt: now)?.delay(from: now) ?? .zero)  // 120.0 seconds
/// print(RetryAfter("Wed, 21 Oct 2015 07:28:00 GMT", receivedAt: now)?.delay(from: now) ?? .zero)  // 0.0 seconds
/// print(RetryAfter("soon", receivedAt: now) == nil)  // true
/// ```
public enum RetryAfter: Hashable, Sendable {
    /// After a delay, counted from the response.
    case delay(Duration)
    /// At a date.
    case date(Date)

    /// Returns the delay from a date, between 0 (for dates in the past) and 366 days.
    public func delay(from now: Date) -> Duration {
        Nanoseconds.duration(nanoseconds(from: now))
    }

    /// Returns the delay in nanoseconds, rounded up so that it never ends before the date.
    func nanoseconds(from now: Date) -> Int64 {
        switch self {
        case .delay(let delay):
            return min(max(0, Nanoseconds.from(delay)), Nanoseconds.longest)
        case .date(let date):
            let seconds = date.timeIntervalSince(now)
            guard seconds > 0 else { return 0 }
            guard seconds < Double(Nanoseconds.longest) / 1e9 else { return Nanoseconds.longest }
            // Convert whole seconds separately. Rounding in the product could lose the nanosecond to round up.
            let whole = seconds.rounded(.down)
            return Int64(whole) * Nanoseconds.perSecond + Int64(((seconds - whole) * 1e9).rounded(.up))
        }
    }
}

extension RetryAfter {
    /// Parses a `Retry-After` header: seconds, or a date in any of the three formats of HTTP.
    ///
    /// Returns `nil` if the value is malformed. Dates in the past are valid.
    ///
    /// - Parameters:
    ///   - value: The header's value. Surrounding spaces and tabs are ignored.
    ///   - now: The date of the response, which decides the century of a two-digit year (RFC 9110 §5.6.7).
    /// - Complexity: O(*n*) in the length of the value, without allocating.
    public init?(_ value: String, receivedAt now: Date) {
        var text = Substring(value).utf8
        while let first = text.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { text.removeFirst() }
        while let last = text.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { text.removeLast() }
        if let seconds = Self.seconds(text) {
            self = .delay(.seconds(seconds))
        } else if let date = HTTPDate(text, now: now.timeIntervalSince1970)?.secondsSince1970 {
            self = .date(Date(wholeSeconds: date))
        } else {
            return nil
        }
    }

    /// Parses one or more digits as a number, clamped to 366 days however many there are.
    private static func seconds(_ text: Substring.UTF8View) -> Int64? {
        guard !text.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = min(value * 10 + Int64(byte - UInt8(ascii: "0")), 366 * 86_400)
        }
        return value
    }
}

extension RetryAfter: Codable {
    private enum CodingKeys: String, CodingKey {
        case delay
        case date
    }

    /// Decodes `{"delay": seconds}` or `{"date": …}`.
    ///
    /// The decoder's strategy decides the format of the date.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let delay = try container.decodeIfPresent(SecondsCoding.self, forKey: .delay) {
            self = .delay(Nanoseconds.duration(delay.nanoseconds))
        } else {
            self = .date(try container.decode(Date.self, forKey: .date))
        }
    }

    /// Encodes the delay in seconds, or the date.
    ///
    /// The encoder's strategy decides the format of the date.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .delay(let delay): try container.encode(SecondsCoding(Nanoseconds.from(delay)), forKey: .delay)
        case .date(let date): try container.encode(date, forKey: .date)
        }
    }
}
