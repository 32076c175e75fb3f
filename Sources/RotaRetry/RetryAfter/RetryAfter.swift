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
