public import Foundation

/// When a server asks to be called again: the value of a `Retry-After` header (RFC 9110 §10.2.3).
public enum RetryAfter: Hashable, Sendable {
    /// After so much time from when the response came.
    case delay(Duration)
    /// At this instant.
    case date(Date)

    /// How long to wait, seen from an instant.
    ///
    /// - Parameter now: The instant from which to wait.
    /// - Returns: The delay, from zero (a date that is past) to 366 days.
    public func delay(from now: Date) -> Duration {
        Nanoseconds.duration(nanoseconds(from: now))
    }

    /// The delay in nanoseconds, rounded up so that nobody comes back before the date.
    func nanoseconds(from now: Date) -> Int64 {
        switch self {
        case .delay(let delay):
            return min(max(0, Nanoseconds.from(delay)), Nanoseconds.longest)
        case .date(let date):
            let seconds = date.timeIntervalSince(now)
            guard seconds > 0 else { return 0 }
            guard seconds < 366 * 86_400 else { return Nanoseconds.longest }
            // Whole seconds apart, or the product would round away what is to be rounded up.
            let whole = seconds.rounded(.down)
            return Int64(whole) * Nanoseconds.perSecond + Int64(((seconds - whole) * 1e9).rounded(.up))
        }
    }
}

extension RetryAfter: Codable {
    private enum CodingKeys: String, CodingKey {
        case delay
        case date
    }

    /// Reads `{"delay": seconds}` or `{"date": …}`, the date in the decoder's own form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let delay = try container.decodeIfPresent(SecondsCoding.self, forKey: .delay) {
            self = .delay(Nanoseconds.duration(delay.nanoseconds))
        } else {
            self = .date(try container.decode(Date.self, forKey: .date))
        }
    }

    /// Writes the delay in seconds, or the date in the encoder's own form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .delay(let delay): try container.encode(SecondsCoding(Nanoseconds.from(delay)), forKey: .delay)
        case .date(let date): try container.encode(date, forKey: .date)
        }
    }
}

extension RetryAfter {
    /// Reads the value of a `Retry-After` header: seconds, or any of the three forms of an HTTP date.
    ///
    /// What is malformed gives nil, which a policy takes as no header at all. A date that is past is kept: it
    /// means "now".
    ///
    /// - Parameters:
    ///   - value: The header's value; spaces and tabs around it do not count.
    ///   - now: When the response came; it decides the century of a two-digit year (RFC 9110 §5.6.7).
    /// - Complexity: O(*n*) in the length of the value, without allocating.
    public init?(_ value: String, receivedAt now: Date) {
        var text = Substring(value).utf8
        while let first = text.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { text.removeFirst() }
        while let last = text.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { text.removeLast() }
        if let seconds = Self.seconds(text) {
            self = .delay(.seconds(seconds))
        } else if let date = HTTPDate(text, now: now.timeIntervalSince1970)?.secondsSince1970 {
            self = .date(Date(timeIntervalSince1970: Double(date)))
        } else {
            return nil
        }
    }

    /// One or more digits as a number, held at 366 days however many there are.
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
