public import Foundation

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
