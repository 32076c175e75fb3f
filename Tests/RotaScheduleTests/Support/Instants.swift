import Foundation

/// An instant from its ISO 8601 text, read by Foundation.
func instant(_ text: String) -> Date {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions =
        text.contains(".") ? [.withInternetDateTime, .withFractionalSeconds] : .withInternetDateTime
    return formatter.date(from: text) ?? .distantPast
}

/// An instant as ISO 8601 text in UTC, written by Foundation.
func text(_ date: Date?) -> String {
    date.map { ISO8601DateFormatter().string(from: $0) } ?? "nil"
}

/// Whole seconds since 1970.
func seconds(_ date: Date?) -> Int? {
    date.map { Int($0.timeIntervalSince1970) }
}
