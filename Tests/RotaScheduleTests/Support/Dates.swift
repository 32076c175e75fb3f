import Foundation

/// Returns the date of an ISO 8601 text, as read by Foundation.
func utc(_ text: String) -> Date {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions =
        text.contains(".") ? [.withInternetDateTime, .withFractionalSeconds] : .withInternetDateTime
    return formatter.date(from: text) ?? .distantPast
}

/// Returns a date as ISO 8601 text in UTC, as written by Foundation.
func text(_ date: Date?) -> String {
    date.map { ISO8601DateFormatter().string(from: $0) } ?? "nil"
}

/// Returns a date in whole seconds since 1970.
func seconds(_ date: Date?) -> Int? {
    date.map { Int($0.timeIntervalSince1970) }
}
