public import Foundation
import RotaCore

extension RetryAfter {
    /// Parses a `Retry-After` header: seconds, or a date in any of the three formats of HTTP.
    ///
    /// A field that was sent several times is one value with commas. Of several values the longest delay counts, so
    /// that none of them is broken. Returns `nil` if a value is malformed. Dates in the past are valid.
    ///
    /// A date is a time of the server's clock, which may differ from this machine's. With the response's own date, the
    /// result is the delay between the two, independent of this machine's clock.
    ///
    /// - Parameters:
    ///   - value: The header's value. Surrounding spaces and tabs, and empty elements of a list, are ignored.
    ///   - now: The date on which the response arrived. It stands in for a missing response date, and decides the
    ///     century of a two-digit year (RFC 9110 §5.6.7).
    ///   - responseDate: The value of the response's `Date` header. One that is malformed counts as missing.
    /// - Complexity: O(*n*) in the length of the value.
    public init?(_ value: String, receivedAt now: Date, responseDate: String? = nil) {
        self.init(parsing: value, receivedAt: now, responseDate: responseDate)
    }

    /// Parses a header like ``init(_:receivedAt:responseDate:)``.
    ///
    /// Without either date, a two-digit year has no century and is malformed.
    init?(parsing value: String, receivedAt now: Date?, responseDate: String?) {
        let sent = responseDate.flatMap { Self.date(Self.trimmed(Substring($0).utf8), near: now) }
        let reference = now ?? sent
        let text = Substring(value).utf8
        if let only = Self.element(Self.trimmed(text), near: reference) {
            self = only.counted(from: sent)
            return
        }
        var longest: RetryAfter?
        var rest = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)[...]
        while let first = rest.popFirst() {
            guard !Self.trimmed(first).isEmpty else { continue }
            var found = Self.element(Self.trimmed(first), near: reference)
            // The comma of a date stands between the name of its day and the rest.
            if found == nil, let second = rest.popFirst() {
                found = Self.element(Self.trimmed(text[first.startIndex..<second.endIndex]), near: reference)
            }
            guard let next = found?.counted(from: sent) else { return nil }
            guard let known = longest else {
                longest = next
                continue
            }
            let start = reference ?? .distantPast
            if next.nanoseconds(from: start) > known.nanoseconds(from: start) { longest = next }
        }
        guard let longest else { return nil }
        self = longest
    }

    private static func element(_ text: Substring.UTF8View, near now: Date?) -> RetryAfter? {
        seconds(text).map { .delay(.seconds($0)) } ?? date(text, near: now).map { .date($0) }
    }

    private static func date(_ text: Substring.UTF8View, near now: Date?) -> Date? {
        HTTPDate(text, now: now?.timeIntervalSince1970).map { Date(wholeSeconds: $0.secondsSince1970) }
    }

    /// Returns a date as the delay from the response's date, if that is known.
    private func counted(from sent: Date?) -> RetryAfter {
        guard case .date = self, let sent else { return self }
        return .delay(delay(from: sent))
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var text = text
        while let first = text.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { text.removeFirst() }
        while let last = text.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { text.removeLast() }
        return text
    }

    /// Parses one or more digits as a number, clamped to 292 years however many there are.
    private static func seconds(_ text: Substring.UTF8View) -> Int64? {
        guard !text.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = min(value * 10 + Int64(byte - UInt8(ascii: "0")), longestSeconds)
        }
        return value
    }
}
