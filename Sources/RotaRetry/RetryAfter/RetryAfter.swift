public import Foundation

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

    /// Returns the delay from a date, between 0 (for dates in the past) and 292 years.
    public func delay(from now: Date) -> Duration {
        Nanoseconds.duration(nanoseconds(from: now))
    }

    /// Returns the delay in nanoseconds, rounded up so that it never ends before the date.
    func nanoseconds(from now: Date) -> Int64 {
        switch self {
        case .delay(let delay):
            let whole = max(0, Nanoseconds.from(delay))
            return whole < .max && Nanoseconds.duration(whole) < delay ? whole + 1 : whole
        case .date(let date):
            let seconds = date.timeIntervalSince(now)
            guard seconds > 0 else { return 0 }
            guard seconds < Double(Self.longestSeconds) else { return .max }
            // Convert whole seconds separately. Rounding in the product could lose the nanosecond to round up.
            let whole = seconds.rounded(.down)
            return Int64(whole) * Nanoseconds.perSecond + Int64(((seconds - whole) * 1e9).rounded(.up))
        }
    }

    /// The longest delay, 292 years: its nanoseconds still fit 64 bits.
    static let longestSeconds = Int64.max / Nanoseconds.perSecond
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
